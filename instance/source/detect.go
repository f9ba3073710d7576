package source

import (
	"path"
	"regexp"
	"strings"
)

// Detect recognises the format of a file by its first bytes, and by its name or
// address when they do not tell. "" when nothing does.
func Detect(name string, head []byte) Format {
	text := strings.TrimSpace(decode(head[:min(len(head), 8192)]))
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "begin:vcalendar"):
		return ICal
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		if format := detectJSON(text); format != "" {
			return format
		}
	case xmlFeed.MatchString(lower):
		return Feed
	case xmlMap.MatchString(lower):
		return KML
	case strings.HasPrefix(lower, "<!doctype html"), strings.Contains(lower, "<html"), strings.Contains(lower, "<head"):
		return HTML
	}
	return byName(name)
}

var (
	xmlFeed   = regexp.MustCompile(`^(?:<\?xml[^>]*\?>\s*)?(?:<\?[^>]*\?>\s*|<!--.*?-->\s*)*<(?:rss|feed|rdf:rdf)[\s>]`)
	xmlMap    = regexp.MustCompile(`^(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<kml[\s>]`)
	geoTypes  = regexp.MustCompile(`"type"\s*:\s*"(?:FeatureCollection|Feature|umap)"`)
	osmTypes  = regexp.MustCompile(`"(?:osm3s|generator)"\s*:|"type"\s*:\s*"(?:node|way|relation)"`)
	gogoTypes = regexp.MustCompile(`"(?:ontology|sourceKey|openHours|gogo\w*|mapping)"\s*:|"geo"\s*:\s*\{\s*"latitude"`)
)

func detectJSON(text string) Format {
	switch {
	case geoTypes.MatchString(text):
		return GeoJSON
	case osmTypes.MatchString(text):
		return Overpass
	case gogoTypes.MatchString(text):
		return GoGoCarto
	}
	return ""
}

func byName(name string) Format {
	name, _, _ = strings.Cut(strings.ToLower(name), "?")
	switch path.Ext(name) {
	case ".ics", ".ical", ".ifb", ".icalendar":
		return ICal
	case ".geojson", ".umap":
		return GeoJSON
	case ".csv", ".tsv", ".txt", ".tab":
		return CSV
	case ".kml":
		return KML
	case ".html", ".htm":
		return HTML
	case ".atom", ".rss", ".xml":
		return Feed
	case ".json":
		return GoGoCarto
	}
	return ""
}
