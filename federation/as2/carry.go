package as2

import (
	"maps"
	"reflect"
	"strings"
	"sync"
)

// Carry writes again, on a document of ours, what an earlier version of it said in
// terms that mean nothing here: what another program, or a later version of this one,
// had put there outlives an edit. The proof and the signature of the earlier version
// are left out. ErrMalformed: either is not a document.
func Carry(doc, was []byte) ([]byte, error) {
	now, err := decode(doc)
	if err != nil {
		return nil, err
	}
	before, err := decode(was)
	if err != nil {
		return nil, err
	}
	out, extra := maps.Clone(now.raw), map[string]any{}
	defined, definitions := inline(now.fields), inline(before.fields)
	for key, raw := range before.raw {
		if writtenHere()[key] || strings.HasPrefix(key, "@") || now.raw[key] != nil {
			continue
		}
		out[key] = raw
		for name := key; ; { // its own definition, else that of its prefix, then that definition's prefix
			definition, ok := definitions[name]
			if prefix, _, compact := strings.Cut(name, ":"); !ok && compact {
				name = prefix
				definition, ok = definitions[name]
			}
			if _, twice := extra[name]; !ok || twice || defined[name] != nil {
				break
			}
			extra[name] = definition
			name = definedAs(definition)
		}
	}
	if len(extra) > 0 {
		if out["@context"], err = encode(append(all(now.fields["@context"]), extra)); err != nil {
			return nil, err
		}
	}
	return encode(out)
}

// inline are the terms that a document defines for all of itself.
func inline(m fields) map[string]any {
	terms := map[string]any{}
	for _, entry := range all(m["@context"]) {
		if definitions, ok := entry.(map[string]any); ok {
			maps.Copy(terms, definitions)
		}
	}
	return terms
}

// writtenHere are the members that documents of ours may have: one that is missing
// was left out by the author. Nor is what vouched for the old version kept.
var writtenHere = sync.OnceValue(func() map[string]bool {
	names := set("proof", "signature", "actor", "previousStartTime", "ical:status")
	for _, wire := range []any{event{}, recipe{}, sheet{}, note{}, actor{}, tombstone{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(wire)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			names[name] = true
		}
	}
	for _, name := range texts {
		names[name+"Map"] = true
	}
	return names
})
