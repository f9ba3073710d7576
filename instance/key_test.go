package instance_test

import (
	"crypto/ed25519"
	"sync"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, keys, err := w.node.Keys(t.Context(), w.org.ID)
	w.must(err)
	public, err := instance.ParseMultikey(a.Ed25519)
	w.must(err)
	if !public.Equal(keys.Ed25519.Public()) || a.Ed25519ID() != w.org.ID+"#"+a.Ed25519 || keys.Previous != nil {
		t.Errorf("%+v", a)
	}
	_, _, err = w.node.Keys(t.Context(), "https://b.example/u")
	w.wants(err, instance.ErrNotFound)
}

// An actor of a database from before there were Ed25519 keys gets one when it is first
// needed, and keeps it, whoever asks first.
func TestKeysOfAnOlderActor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, keys, err := w.node.Keys(t.Context(), w.org.ID)
	w.must(err)
	old := instance.Keys{RSA: keys.RSA}
	text, err := old.PEM()
	w.must(err)
	w.must(w.store.Write(t.Context(), func(tx instance.Tx) error {
		before := *w.org
		before.Ed25519 = ""
		if err := tx.SaveActor(t.Context(), &before); err != nil {
			return err
		}
		return tx.SavePrivateKey(t.Context(), w.org.ID, text)
	}))
	var group sync.WaitGroup
	got := make([]ed25519.PrivateKey, 4)
	for i := range got {
		group.Go(func() {
			_, keys, err := w.node.Keys(t.Context(), w.org.ID)
			if err != nil {
				t.Error(err)
			}
			got[i] = keys.Ed25519
		})
	}
	group.Wait()
	a, err := w.node.Actor(t.Context(), w.org.ID)
	w.must(err)
	for _, key := range got {
		if key == nil || instance.EncodeMultikey(key.Public().(ed25519.PublicKey)) != a.Ed25519 {
			t.Errorf("%v is not the key of %s", key, a.Ed25519)
		}
	}
	if a.KeyPEM != w.org.KeyPEM || a.KeyID != w.org.KeyID {
		t.Error("its RSA key changed")
	}
}

func TestRotateKey(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, before, err := w.node.Keys(t.Context(), w.org.ID)
	w.must(err)
	jobs := w.jobs()[instance.JobAnnounce]
	w.must(w.node.RotateKey(t.Context(), w.org.ID))
	a, after, err := w.node.Keys(t.Context(), w.org.ID)
	w.must(err)
	switch {
	case a.KeyID != w.org.ID+"#key-2" || a.PreviousKeyID != w.org.ID+"#main-key":
		t.Errorf("the new key is %s, after %s", a.KeyID, a.PreviousKeyID)
	case after.RSA.Equal(before.RSA) || after.Ed25519.Equal(before.Ed25519) || a.KeyPEM == w.org.KeyPEM || a.Ed25519 == w.org.Ed25519:
		t.Error("a key stayed")
	case !after.Previous.Equal(before.RSA):
		t.Error("the old key cannot sign the news")
	case !a.Updated.After(w.org.Updated) || !a.Rotated.Equal(a.Updated):
		t.Errorf("updated %s, rotated %s", a.Updated, a.Rotated)
	case w.jobs()[instance.JobAnnounce] != jobs+1:
		t.Error("nobody is told")
	}
	w.must(w.node.RotateKey(t.Context(), w.org.ID))
	if again, err := w.node.Actor(t.Context(), w.org.ID); err != nil || again.KeyID != w.org.ID+"#key-3" || again.PreviousKeyID != a.KeyID {
		t.Errorf("the third key: %+v, %v", again, err)
	}
	w.wants(w.node.RotateKey(t.Context(), "https://b.example/u"), instance.ErrForbidden)
}

func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := instance.ParseKeys(text); err == nil {
			t.Errorf("%q is no key", text)
		}
	}
}
