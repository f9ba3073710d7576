package as2

import (
	"strings"

	"github.com/maillage/maillage/instance"
)

// schemaNames are the terms of schema.org that are read, and what they are called here.
var schemaNames = map[string]string{
	"name": "name", "description": "content", "url": "url", "image": "image", "location": "location", "inLanguage": "inLanguage",
	"startDate": "startTime", "endDate": "endTime", "latitude": "latitude", "longitude": "longitude", "address": "address",
	"streetAddress": "streetAddress", "postalCode": "postalCode", "addressLocality": "addressLocality",
	"addressRegion": "addressRegion", "addressCountry": "addressCountry", "value": "value",
	"maximumAttendeeCapacity": "maximumAttendeeCapacity", "remainingAttendeeCapacity": "remainingAttendeeCapacity",
	"isBasedOn": "basedOn", "supply": "ingredients", "step": "steps", "sameAs": "sameAs", "additionalType": "additionalType",
	"knowsLanguage": "knowsLanguage",
	"Event":         "Event", "Place": "Place", "Organization": "Organization", "Person": "Person",
	"PostalAddress": "PostalAddress", "PropertyValue": "PropertyValue",
}

// namespaces are the vocabularies that are read; a nil map keeps every name as it is.
var namespaces = []struct {
	prefix string
	names  map[string]string
}{
	{asNamespace, nil},
	{"http://schema.org/", schemaNames},
	{"https://schema.org/", schemaNames},
	{"http://schema.org#", schemaNames},
	{"https://schema.org#", schemaNames},
	{"https://w3id.org/fep/8a8e/", nil},
	{"https://joinmobilizon.org/ns#", nil},
	{"http://www.w3.org/2002/12/cal/ical#", nil},
	{"https://w3id.org/security#", nil},
	{"http://joinmastodon.org/ns#", nil},
	{"https://purl.archive.org/socialweb/webfinger#", nil},
	{"http://www.w3.org/ns/ldp#", map[string]string{"inbox": "inbox"}},
	{"http://purl.org/dc/terms/", map[string]string{"license": "license", "subject": "theme", "identifier": "identifier"}},
	{"http://litepub.social/ns#", map[string]string{"EmojiReact": "EmojiReact"}},
}

// meaning is the name by which what an IRI stands for is read here; "" for the rest.
func meaning(iri string) string {
	if own, ok := strings.CutPrefix(iri, instance.Namespace); ok && own != "" {
		return "maillage:" + own
	}
	for _, space := range namespaces {
		name, ok := strings.CutPrefix(iri, space.prefix)
		if !ok {
			continue
		}
		if strings.HasPrefix(name, "@") {
			return "" // no keyword
		}
		if space.names != nil {
			return space.names[name]
		}
		return name
	}
	return ""
}
