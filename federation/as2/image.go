package as2

import (
	"path"
	"strings"

	"github.com/maillage/maillage/instance"
)

// maxAttachments bounds what is looked at of a stranger's attachments.
const maxAttachments = 20

type image struct {
	Type      string `json:"type"` // Image
	MediaType string `json:"mediaType,omitempty"`
	URL       string `json:"url"`
	Name      string `json:"name,omitempty"` // the alternative text
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
}

// wireImage names the image after what it illustrates when it has no alternative
// text: Mobilizon refuses an attachment without a name.
func wireImage(i *instance.Image, title string) *image {
	if i == nil {
		return nil
	}
	out := &image{Type: "Image", MediaType: i.MediaType, URL: i.URL, Name: i.Alt, Width: i.Width, Height: i.Height}
	if out.Name == "" {
		out.Name = title
	}
	return out
}

// attached is the image as an attachment: there a media type is required (Gancio).
func (i *image) attached() image {
	out := *i
	if out.MediaType == "" {
		out.MediaType = mediaTypeOf(i.URL)
	}
	return out
}

// mediaTypeOf guesses from the extension, without the tables of the machine it runs on.
func mediaTypeOf(url string) string {
	switch strings.ToLower(path.Ext(url)) {
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".gif":
		return "image/gif"
	case ".avif":
		return "image/avif"
	case ".svg":
		return "image/svg+xml"
	}
	return "image/jpeg"
}

// link is an attachment that Mobilizon takes for the event's online address: it
// wants this very media type and name.
type link struct {
	Type      string `json:"type"` // Link
	MediaType string `json:"mediaType"`
	Href      string `json:"href"`
	Name      string `json:"name"`
}

func website(href string) link {
	return link{Type: "Link", MediaType: "text/html", Href: href, Name: "Website"}
}

// imageOf reads the picture of an object: its image, else the attachment that
// Mobilizon calls Banner, else the first picture attached.
func imageOf(m fields, title string) *instance.Image {
	if i := pictureOf(m.object("image"), title); i != nil {
		return i
	}
	var found *instance.Image
	for _, a := range m.objects("attachment", maxAttachments) {
		i := pictureOf(a, title)
		if i == nil {
			continue
		}
		if a.line("name") == "Banner" {
			i.Alt = ""
			return i
		}
		if found == nil {
			found = i
		}
	}
	return found
}

// pictureOf reads an Image, or a Document that is one. A name that only repeats the
// title is no alternative text.
func pictureOf(m fields, title string) *instance.Image {
	mediaType := m.line("mediaType")
	switch typeOf(m) {
	case "Image":
	case "Document":
		if !strings.HasPrefix(mediaType, "image/") {
			return nil
		}
	default:
		return nil
	}
	i := &instance.Image{URL: pageOf(m["url"]), MediaType: mediaType, Alt: m.line("summary"), Width: m.count("width"), Height: m.count("height")}
	if i.URL == "" {
		return nil
	}
	if i.Alt == "" {
		i.Alt = m.line("name")
	}
	if i.Alt == title {
		i.Alt = ""
	}
	return i
}

// onlineOf reads where an event takes place online, or its website: the attachment
// that Mobilizon calls Website, an online location, else the first Link attached.
func onlineOf(m fields) string {
	var found string
	for _, a := range m.objects("attachment", maxAttachments) {
		if typeOf(a) != "Link" {
			continue
		}
		if a.line("name") == "Website" {
			return a.iri("href")
		}
		if found == "" {
			found = a.iri("href")
		}
	}
	for _, location := range m.objects("location", maxArray) {
		if typeOf(location) == "VirtualLocation" {
			if url := pageOf(location["url"]); url != "" {
				return url
			}
		}
	}
	return found
}

// pageOf reads a url: an IRI, a Link, or a list of them, HTML first.
func pageOf(v any) string {
	for _, entry := range all(v) {
		if m, ok := entry.(map[string]any); ok && strings.HasPrefix(fields(m).line("mediaType"), "text/html") {
			if s := fields(m).iri("href"); s != "" {
				return s
			}
		}
	}
	for _, s := range iris(v) {
		return s
	}
	return ""
}
