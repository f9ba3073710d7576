package federation

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/maillage/maillage/instance"
)

// This file is integrity proofs (FEP-8b32, cryptosuite eddsa-jcs-2022): a signature
// inside a document, which vouches for it whoever passes it on.

const (
	proofContext = "https://w3id.org/security/data-integrity/v1" // Fedify sees no proof without it
	proofSuite   = "eddsa-jcs-2022"
	maxProofs    = 3
	maxProven    = 64<<10 - 1 // bytes of a document with its proof: what fits in every inbox
)

var errProof = errors.New("integrity proof refused")

func badProof(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errProof, fmt.Sprintf(format, args...))
}

// members of a JSON object, with the exact case of their names.
type object = map[string]json.RawMessage

// A proof is one that a document carries.
type proof struct {
	options object // all of it but its value
	method  string // id of the key
	value   []byte // Ed25519 signature
}

// prove adds a proof by an actor of ours to an activity. One that would not fit in
// the smallest inboxes with it stays as it is.
func (f *Federation) prove(ctx context.Context, actorID string, body []byte) ([]byte, error) {
	actor, keys, err := f.ownKeys(ctx, actorID)
	if err != nil {
		return nil, err
	}
	proven, err := addProof(body, actor.Ed25519ID(), keys.Ed25519, f.node.Now())
	if err != nil {
		return nil, fmt.Errorf("prove as %s: %w", actorID, err)
	}
	if len(proven) > maxProven {
		return body, nil
	}
	return proven, nil
}

// addProof signs a document, whose @context then names the terms of proofs too.
func addProof(body []byte, keyID string, key ed25519.PrivateKey, now time.Time) ([]byte, error) {
	var doc object
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, err
	}
	doc["@context"] = withProofContext(doc["@context"])
	options := object{
		"@context": doc["@context"], "type": quoted("DataIntegrityProof"), "cryptosuite": quoted(proofSuite), "proofPurpose": quoted("assertionMethod"),
		"verificationMethod": quoted(keyID), "created": quoted(now.UTC().Format(time.RFC3339)),
	}
	sum, err := canonicalSum(doc)
	if err != nil {
		return nil, err
	}
	data, err := proofData(options, sum)
	if err != nil {
		return nil, err
	}
	options["proofValue"] = quoted(instance.EncodeMultibase(ed25519.Sign(key, data)))
	if doc["proof"], err = marshal(options); err != nil {
		return nil, err
	}
	return marshal(doc)
}

// withProofContext adds the context of proofs to another, at its end.
func withProofContext(context json.RawMessage) json.RawMessage {
	context = bytes.TrimSpace(context)
	name := quoted(proofContext)
	switch {
	case len(context) == 0:
		return name
	case bytes.Contains(context, name):
		return context
	case context[0] == '[':
		return slices.Concat(context[:len(context)-1], []byte(","), name, []byte("]"))
	}
	return slices.Concat([]byte("["), context, []byte(","), name, []byte("]"))
}

// proofData is what is signed: the digests of the proof's options and of the document
// without its proof.
func proofData(options object, document []byte) ([]byte, error) {
	sum, err := canonicalSum(options)
	return append(sum, document...), err
}

// canonicalSum is the SHA-256 of the canonical form of JSON (RFC 8785).
func canonicalSum(o object) ([]byte, error) {
	text, err := marshal(o)
	if err != nil {
		return nil, err
	}
	canonical, err := jcs.Transform(text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(canonical)
	return sum[:], nil
}

// carriesProof says that a document may carry proofs; one that is larger than what any
// peer takes is not worth the work.
func carriesProof(raw []byte) bool {
	return len(raw) <= maxProven && bytes.Contains(raw, []byte(`"proof"`))
}

// unproven is a document without its proofs.
type unproven struct {
	context json.RawMessage
	sum     []byte
}

// readProofs splits a document, which was read strictly before, into its proofs and
// the rest. Proofs of other suites are left out.
//
// Linked Data Signatures are no part of what a proof protects: Fedify adds its own
// after the proof. They mean nothing here.
func readProofs(raw []byte) (unproven, []proof) {
	var doc object
	if !carriesProof(raw) || json.Unmarshal(raw, &doc) != nil {
		return unproven{}, nil
	}
	var proofs []proof
	list := members(doc["proof"])
	delete(doc, "proof")
	delete(doc, "signature")
	for _, options := range list[:min(len(list), maxProofs)] {
		p := proof{options: options, method: textOf(options["verificationMethod"])}
		if textOf(options["type"]) != "DataIntegrityProof" || textOf(options["cryptosuite"]) != proofSuite ||
			textOf(options["proofPurpose"]) != "assertionMethod" || p.method == "" {
			continue
		}
		var err error
		if p.value, err = instance.DecodeMultibase(textOf(options["proofValue"])); err != nil || len(p.value) != ed25519.SignatureSize {
			continue
		}
		delete(options, "proofValue")
		proofs = append(proofs, p)
	}
	if len(proofs) == 0 {
		return unproven{}, nil
	}
	sum, err := canonicalSum(doc)
	if err != nil {
		return unproven{}, nil
	}
	return unproven{doc["@context"], sum}, proofs
}

// verify checks the proof of a document with a key.
func (p proof) verify(doc unproven, key ed25519.PublicKey, now time.Time) error {
	for _, name := range []string{"created", "expires"} {
		text := textOf(p.options[name])
		at, err := time.Parse(time.RFC3339, text)
		switch {
		case text == "" && p.options[name] == nil:
		case err != nil:
			return badProof("%s is not a date", name)
		case name == "created" && at.After(now.Add(maxSignatureAhead)), name == "expires" && now.After(at):
			return badProof("%s %s, it is %s", name, text, now.UTC().Format(time.RFC3339))
		}
	}
	if context, ok := p.options["@context"]; ok && !sameJSON(context, doc.context) {
		return badProof("its @context is not the document's") // the suite lets one be added, to change what the terms mean
	}
	// Fedify signs the context among the options, and does not send it there.
	if p.matches(with(p.options, "@context", doc.context), doc, key) || p.matches(p.options, doc, key) {
		return nil
	}
	return badProof("it does not match the key %s", p.method)
}

func (p proof) matches(options object, doc unproven, key ed25519.PublicKey) bool {
	data, err := proofData(options, doc.sum)
	return err == nil && ed25519.Verify(key, data, p.value)
}

// with is a copy of an object that has the member; an absent one stays absent.
func with(o object, name string, value json.RawMessage) object {
	out := maps.Clone(o)
	if value != nil {
		out[name] = value
	}
	return out
}

func sameJSON(a, b json.RawMessage) bool {
	x, errX := jcs.Transform(a)
	y, errY := jcs.Transform(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// vouched returns an actor once a proof of a document is found to be by it. What it
// vouches for is the document itself: that the document is the actor's to publish is
// for the caller to see. The actor is as known, or as just read and not kept yet.
func (f *Federation) vouched(ctx context.Context, raw []byte, actorID string) (*instance.Actor, error) {
	doc, proofs := readProofs(raw)
	proofs = slices.DeleteFunc(proofs, func(p proof) bool { return !instance.SameOrigin(p.method, actorID) })
	if len(proofs) == 0 {
		return nil, badProof("none by %s", actorID)
	}
	known, err := f.node.Actor(ctx, actorID)
	switch {
	case err == nil && known.Gone.IsZero():
		if err = f.provenBy(known, doc, proofs); err == nil {
			return known, nil
		}
		if ok, _ := f.rekeys.allow(actorID); !ok { // the key may have changed, but not every minute
			return nil, err
		}
	case err != nil && !errors.Is(err, instance.ErrNotFound):
		return nil, err
	default:
		if err := f.mayLookUp(actorID); err != nil {
			return nil, err
		}
	}
	fresh, err := f.lookUp(ctx, actorID)
	if err != nil {
		return nil, err
	}
	return fresh, f.provenBy(fresh, doc, proofs)
}

// provenBy checks that one of the proofs is made with a key of the actor.
func (f *Federation) provenBy(a *instance.Actor, doc unproven, proofs []proof) error {
	err := badProof("none by a key of %s", a.ID)
	for _, p := range proofs {
		key, unknown := proofKeyOf(a, p.method)
		if unknown != nil {
			continue
		}
		if err = p.verify(doc, key, f.node.Now()); err == nil {
			return nil
		}
	}
	return err
}

func quoted(text string) json.RawMessage {
	data, _ := json.Marshal(text) // strings always marshal
	return data
}

// marshal writes JSON without the HTML escapes of encoding/json, which cost bytes.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
