package as2

import "github.com/maillage/maillage/instance"

// maxKeys bounds the keys that are read of one actor, as Mastodon does.
const maxKeys = 10

// Keys are all the keys that an actor's document says are its own, by id: PEM of
// publicKey, publicKeyMultibase of assertionMethod (FEP-521a), in whatever shape it is
// written. A key must name the actor back, or in publicKey nobody, and live where it
// lives: what a document says of others' keys, or another document of this actor's,
// counts for nothing.
func Keys(raw []byte, actorID string) map[string]string {
	doc, err := parse(raw)
	if err != nil {
		return nil
	}
	keys := map[string]string{}
	add := func(member, value string, theirs func(fields, string) bool) {
		for _, key := range doc.fields.objects(member, 2*maxKeys) {
			id, text := key.iri("id"), key.text(value, maxText)
			if len(keys) < maxKeys && theirs(key, actorID) && instance.SameOrigin(id, actorID) && text != "" {
				keys[id] = text
			}
		}
	}
	add("publicKey", "publicKeyPem", isOwn)
	add("assertionMethod", "publicKeyMultibase", func(key fields, actorID string) bool { return key.iri("controller") == actorID })
	if len(keys) == 0 {
		return nil
	}
	return keys
}

// isOwn says that a publicKey in an actor's document is that actor's: it names it as its
// owner or, as small servers write it, names none.
func isOwn(key fields, actorID string) bool {
	return key["owner"] == nil || key.iri("owner") == actorID
}
