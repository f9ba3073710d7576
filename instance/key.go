package instance

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Keys are the private keys of an actor of ours.
type Keys struct {
	RSA      *rsa.PrivateKey    // signs requests
	Ed25519  ed25519.PrivateKey // signs integrity proofs; nil for an actor opened before there were any
	Previous *rsa.PrivateKey    // the RSA key before this one: signs the news of the change only; may be nil
}

// newKeys makes a pair of each. RSA of 2048 bits, not 4096: what every peer
// accepts, and seven times cheaper to sign with.
func newKeys() (Keys, error) {
	var k Keys
	var err error
	if k.RSA, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return k, err
	}
	_, k.Ed25519, err = ed25519.GenerateKey(rand.Reader)
	return k, err
}

// PEM writes the keys as the store holds them: one PKCS#8 block each, the RSA key
// first and the previous one last.
func (k Keys) PEM() (string, error) {
	list := []any{k.RSA}
	if k.Ed25519 != nil {
		list = append(list, k.Ed25519)
	}
	if k.Previous != nil {
		list = append(list, k.Previous)
	}
	var out strings.Builder
	for _, key := range list {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return "", err
		}
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	return out.String(), nil
}

// ParseKeys reads what Keys.PEM wrote.
func ParseKeys(text string) (Keys, error) {
	var k Keys
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return k, fmt.Errorf("private key: %w", err)
		}
		switch key := key.(type) {
		case ed25519.PrivateKey:
			k.Ed25519 = key
		case *rsa.PrivateKey:
			if k.RSA != nil {
				k.Previous = key
			} else {
				k.RSA = key
			}
		default:
			return k, fmt.Errorf("private key: %T is not one of ours", key)
		}
	}
	if k.RSA == nil {
		return k, errors.New("private key: no RSA key")
	}
	return k, nil
}

// public writes the public keys as actors show them: SPKI and publicKeyMultibase.
func (k Keys) public() (rsaPEM, multikey string, err error) {
	der, err := x509.MarshalPKIXPublicKey(&k.RSA.PublicKey)
	if err != nil {
		return "", "", err
	}
	rsaPEM = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if k.Ed25519 != nil {
		multikey = EncodeMultikey(k.Ed25519.Public().(ed25519.PublicKey))
	}
	return rsaPEM, multikey, nil
}

// Ed25519ID is the id of the actor's Ed25519 key: named after the key itself, so that
// no peer takes a new one for the old.
func (a *Actor) Ed25519ID() string { return a.ID + "#" + a.Ed25519 }

// Keys loads an actor of ours, even one that is gone, with its private keys. One that
// was opened before actors had an Ed25519 key gets it here. ErrNotFound: not ours.
func (n *Node) Keys(ctx context.Context, actorID string) (*Actor, Keys, error) {
	a, keys, err := loadKeys(ctx, n, actorID)
	if err != nil || keys.Ed25519 != nil {
		return a, keys, err
	}
	_, fresh, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, keys, err
	}
	err = n.changeKeys(ctx, actorID, func(tx Tx, locked *Actor, k *Keys) error {
		if a = locked; k.Ed25519 == nil { // nobody was quicker
			k.Ed25519 = fresh
		}
		keys = *k
		return nil
	})
	return a, keys, err
}

// RotateKey replaces the keys of an actor of ours. Its followers are told by an Update
// that the old key signs, so that they take the newcomer for the same actor; all else
// is signed with the new one, whose id is another, so that no cache mixes them up.
//
// ErrForbidden: it is not ours; ErrGone.
func (n *Node) RotateKey(ctx context.Context, actorID string) error {
	if _, err := n.localActor(ctx, actorID); err != nil {
		return err
	}
	next, err := newKeys()
	if err != nil {
		return err
	}
	return n.changeKeys(ctx, actorID, func(tx Tx, a *Actor, k *Keys) error {
		next.Previous = k.RSA
		*k = next
		a.PreviousKeyID, a.KeyID = a.KeyID, nextKeyID(a)
		a.Updated = later(n.clock(), a.Updated)
		a.Rotated = a.Updated
		return tx.Enqueue(ctx, NewJob(JobAnnounce, AnnounceArgs{Verb: VerbUpdate, ID: a.ID}))
	})
}

// nextKeyID numbers keys: #main-key, #key-2, #key-3.
func nextKeyID(a *Actor) string {
	_, number, _ := strings.Cut(a.KeyID, "#key-")
	last, err := strconv.Atoi(number)
	if err != nil {
		last = 1
	}
	return a.ID + "#key-" + strconv.Itoa(last+1)
}

// changeKeys saves what change makes of an actor's keys, and shows the public ones.
func (n *Node) changeKeys(ctx context.Context, actorID string, change func(Tx, *Actor, *Keys) error) error {
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, actorID); err != nil {
			return err
		}
		a, keys, err := loadKeys(ctx, tx, actorID)
		if err != nil {
			return err
		}
		if err := change(tx, a, &keys); err != nil {
			return err
		}
		if a.KeyPEM, a.Ed25519, err = keys.public(); err != nil {
			return err
		}
		private, err := keys.PEM()
		if err != nil {
			return err
		}
		return errors.Join(tx.SaveActor(ctx, a), tx.SavePrivateKey(ctx, actorID, private))
	})
}

func loadKeys(ctx context.Context, r Reader, actorID string) (*Actor, Keys, error) {
	a, err := r.Actor(ctx, actorID)
	if err != nil {
		return nil, Keys{}, err
	}
	text, err := r.PrivateKey(ctx, actorID)
	if err != nil {
		return nil, Keys{}, err
	}
	keys, err := ParseKeys(text)
	return a, keys, err
}
