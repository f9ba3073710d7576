package federation

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// ownKeys are an actor of ours and its private keys.
func (f *Federation) ownKeys(ctx context.Context, actorID string) (*instance.Actor, instance.Keys, error) {
	actor, err := f.node.Actor(ctx, actorID)
	if err != nil {
		return nil, instance.Keys{}, fmt.Errorf("signing as %s: %w", actorID, err)
	}
	if keys, ok := f.keys.get(actor.KeyID, f.node.Now()); ok {
		return actor, keys, nil
	}
	actor, keys, err := f.node.Keys(ctx, actorID)
	if err != nil {
		return nil, keys, fmt.Errorf("signing as %s: %w", actorID, err)
	}
	f.keys.put(actor.KeyID, keys, f.node.Now().Add(time.Hour))
	return actor, keys, nil
}

// signingKey is the key that an actor of ours signs requests with, and its id.
func (f *Federation) signingKey(ctx context.Context, actorID string) (string, *rsa.PrivateKey, error) {
	actor, keys, err := f.ownKeys(ctx, actorID)
	if err != nil {
		return "", nil, err
	}
	return actor.KeyID, keys.RSA, nil
}

// maxMembers bounds the objects that are read of one list.
const maxMembers = 20

// members reads an object or a list of objects; what is none is left out.
func members(raw json.RawMessage) []map[string]json.RawMessage {
	var list []map[string]json.RawMessage
	var one map[string]json.RawMessage
	if json.Unmarshal(raw, &one) == nil && one != nil {
		return append(list, one)
	}
	var entries []json.RawMessage
	if json.Unmarshal(raw, &entries) != nil {
		return nil
	}
	for _, entry := range entries[:min(len(entries), maxMembers)] {
		var one map[string]json.RawMessage
		if json.Unmarshal(entry, &one) == nil && one != nil {
			list = append(list, one)
		}
	}
	return list
}

// textOf reads a string, "" when it is none.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// holds says that an actor, as we know it, has a key of that id. The actor's own id names
// its key too: Gancio signed so for years.
func holds(a *instance.Actor, keyID string) bool {
	_, known := a.Keys[keyID]
	return known || a.KeyPEM != "" && keyID != "" && (keyID == a.KeyID || keyID == a.ID)
}

// publicKeyOf is an actor's key of that id.
func publicKeyOf(a *instance.Actor, keyID string) (crypto.PublicKey, error) {
	text, known := a.Keys[keyID]
	switch {
	case !holds(a, keyID):
		return nil, fmt.Errorf("%s is no key of %s", keyID, a.ID)
	case !known:
		text = a.KeyPEM
	}
	if strings.HasPrefix(text, "z") {
		return instance.ParseMultikey(text)
	}
	return parsePublicKey(text)
}

// proofKeyOf is the Ed25519 key of that id which an actor lists in assertionMethod.
func proofKeyOf(a *instance.Actor, keyID string) (ed25519.PublicKey, error) {
	text, known := a.Keys[keyID]
	if !known {
		return nil, fmt.Errorf("%s is no assertionMethod of %s", keyID, a.ID)
	}
	return instance.ParseMultikey(text) // a PEM of publicKey is none
}
