package instance

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
)

// Vectors of draft-msporny-base58-03 §5 and of FEP-521a.
func TestMultibase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"z2NEpo7TZRRrLZSi2U": "Hello World!",
		"z11233QC4":          "\x00\x00\x28\x7f\xb4\xcd",
		"z":                  "",
		"z1":                 "\x00",
	} {
		if got, err := DecodeMultibase(text); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
		if got := EncodeMultibase([]byte(want)); got != text {
			t.Errorf("%q: %s, want %s", want, got, text)
		}
	}
	for _, bad := range []string{"", "2NEpo7", "zO", "z0", "zl", "z I", "mSGVsbG8", "z" + strings.Repeat("1", 200), "zé"} {
		if _, err := DecodeMultibase(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMultikey(t *testing.T) {
	t.Parallel()
	const alice = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2" // of FEP-521a
	key, err := ParseMultikey(alice)
	if err != nil || len(key) != ed25519.PublicKeySize || EncodeMultikey(key) != alice {
		t.Errorf("%x, %v", key, err)
	}
	for name, data := range map[string][]byte{
		"an X25519 key": append([]byte{0xec, 0x01}, key...), "too short": append([]byte{0xed, 0x01}, key[1:]...), "nothing": {},
	} {
		if _, err := ParseMultikey(EncodeMultibase(data)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzMultibase(f *testing.F) {
	f.Add("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
	f.Add("z11233QC4")
	f.Fuzz(func(t *testing.T, text string) {
		data, err := DecodeMultibase(text)
		if err != nil {
			return
		}
		if again := EncodeMultibase(data); again != text {
			t.Errorf("%q became %q", text, again)
		}
		if back, err := DecodeMultibase(EncodeMultibase(data)); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%x, %v", back, err)
		}
	})
}
