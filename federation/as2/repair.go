package as2

import "maps"

// activityTypes are the activities that mean something here, if only that they are
// ignored.
var activityTypes = set(
	"Create", "Update", "Delete", "Announce", "Follow", "Accept", "Reject", "Undo", "Block", "Flag",
	"Like", "Dislike", "EmojiReact", "Join", "Leave", "Ignore", "Add", "Remove", "Move", "Invite",
	"Offer", "TentativeAccept", "TentativeReject", "View", "Read",
)

// knownTypes are the types that mean something here, for choosing among several.
var knownTypes = func() map[string]bool {
	known := set(
		"Event", "Article", "Page", "Note", "Tombstone",
		"Application", "Group", "Organization", "Person", "Service",
		"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage",
	)
	maps.Copy(known, activityTypes)
	return known
}()

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[name] = true
	}
	return out
}

// typeOf is the type of an object in its short form: of a list, the first that
// is known, else the first.
func typeOf(m fields) string {
	fallback := ""
	for _, v := range all(m["type"]) {
		name, ok := v.(string)
		if !ok {
			continue
		}
		name = shortName(name)
		if knownTypes[name] {
			return name
		}
		if fallback == "" {
			fallback = name
		}
	}
	return fallback
}

// times are the members that are read through the vocabulary as they are.
var times = []string{"startTime", "endTime", "published", "updated", "deleted"}

// repaired is what go-fed needs of a document to read its times and its place:
// one type, the one context it knows, and nothing else, so that no stranger's
// odd or huge member costs or breaks anything there.
func repaired(m fields, typeName string) map[string]any {
	out := map[string]any{"@context": activityStreams, "type": typeName}
	for _, key := range times {
		if s, ok := first(m[key]).(string); ok {
			out[key] = rfc3339(s, placeOfTime(m, key))
		}
	}
	if p := physical(m); p != nil {
		place := map[string]any{"type": "Place"}
		for _, key := range []string{"latitude", "longitude"} {
			if degrees, ok := p.number(key); ok {
				place[key] = degrees
			}
		}
		out["location"] = place
	}
	return out
}

// physical is the first location that is not an online one. Gancio sends a list
// as soon as there is more than one; an "online" place has no position.
func physical(m fields) fields {
	for _, location := range m.objects("location", maxArray) {
		if typeOf(location) != "VirtualLocation" {
			return location
		}
	}
	return nil
}
