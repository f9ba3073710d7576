package instance

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// managed are the fields of an object that no source may set: the node's own, and
// what is derived from another.
var managed = map[string]bool{
	"id": true, "kind": true, "origin": true, "slug": true, "owner": true, "url": true,
	"provenance": true, "published": true, "updated": true, "deleted": true, "content": true,
}

// readable is an object as a source can know it: its fields by JSON name. Content
// counts when it was not rendered from Markdown.
func readable(o Object) map[string]any {
	fields := plain(o)
	content, written := fields["content"], fields["source"] != nil
	maps.DeleteFunc(fields, func(name string, _ any) bool { return managed[name] })
	if !written && content != nil {
		fields["content"] = content
	}
	return fields
}

// digest is a short trace of a field's value.
func digest(v any) string {
	data, _ := json.Marshal(v) // what came from JSON goes back
	return Key(string(data))[:8]
}

// digests are the traces of all that a source says.
func digests(o Object) map[string]string {
	out := map[string]string{}
	for name, v := range readable(o) {
		out[name] = digest(v)
	}
	return out
}

// mergeRow is what is here, brought up to date with what its source now says. A
// field follows the source as long as it is as it was last read; one that an author
// changed here stays, and is listed in kept when the source changed it as well. With
// adopt, nothing was read before: only what is empty here is filled.
func mergeRow(old, row Object, was *Provenance, adopt bool) (merged Object, kept []string, changed bool) {
	here, there := readable(old), readable(row)
	read := map[string]string{}
	if was != nil && !adopt {
		read = was.Read
	}
	names := slices.Sorted(maps.Keys(there))
	for name := range read {
		if _, ok := there[name]; !ok {
			names = append(names, name)
		}
	}
	fields := plain(old)
	for _, name := range names {
		now, ours := here[name]
		then, theirs := there[name]
		before, known := read[name]
		switch {
		case reflect.DeepEqual(now, then):
		case !ours && !known: // never said before: filled
			fields[name], changed = then, true
		case ours && known && digest(now) == before: // as it was read
			changed = true
			if fields[name] = then; !theirs {
				delete(fields, name)
			}
		case theirs && (!known || digest(then) != before) && !adopt: // changed on both sides
			kept = append(kept, name)
		}
	}
	if !changed {
		return CloneObject(old), kept, false
	}
	merged, _ = NewObject(old.Common().Kind) // its kind is that of an object
	data, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(data, merged)
	}
	if err != nil {
		panic("merge: " + err.Error()) // both sides were decoded from these very fields
	}
	return merged, kept, true
}

// editedHere says that an author changed something of what was imported.
func editedHere(o Object, p *Provenance) bool {
	here := digests(o)
	for name, read := range p.Read {
		if here[name] != read {
			return true
		}
	}
	for name := range here {
		if _, ok := p.Read[name]; !ok {
			return true
		}
	}
	return false
}

// says reports whether two readings of a source are the same, but for their time.
func (p *Provenance) says(was *Provenance) bool {
	return p.Source == was.Source && p.Key == was.Key && p.Licence == was.Licence && maps.Equal(p.Read, was.Read)
}
