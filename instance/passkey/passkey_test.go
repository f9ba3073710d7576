package passkey_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/passkey"
)

// authenticator is one in software: a key on the curve P-256, no attestation.
type authenticator struct {
	*testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte // whose passkey it is
	origin  string
	rp      string
	flags   byte
	counter uint32
}

// The flags of authenticator data: present, verified, attested data included.
const present, verified, attested = 0x01, 0x04, 0x40

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{T: t, key: key, id: []byte("an identifier of a key"), origin: "https://a.example", rp: "a.example", flags: present | verified}
}

// options are what the node asks, as far as the authenticator reads it.
type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
		UserVerification string `json:"userVerification"`
	} `json:"publicKey"`
}

func (a *authenticator) read(asked any) options {
	a.Helper()
	data, err := json.Marshal(asked)
	var o options
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	if err != nil {
		a.Fatal(err)
	}
	return o
}

var b64 = base64.RawURLEncoding

func (a *authenticator) clientData(kind string, o options) []byte {
	data, _ := json.Marshal(map[string]any{"type": kind, "challenge": o.PublicKey.Challenge, "origin": a.origin, "crossOrigin": false})
	return data
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	a.counter++
	return binary.BigEndian.AppendUint32(append(rp[:], flags), a.counter)
}

// cborBytes and cborText write the two kinds of strings there are here (RFC 8949).
func cborBytes(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0x59}, uint16(len(b))), b...)
}

func cborText(s string) []byte { return append([]byte{0x60 | byte(len(s))}, s...) }

// create answers a registration.
func (a *authenticator) create(asked any) *http.Request {
	a.Helper()
	o := a.read(asked)
	a.handle, _ = b64.DecodeString(o.PublicKey.User.ID)
	public, err := a.key.PublicKey.ECDH()
	if err != nil {
		a.Fatal(err)
	}
	point := public.Bytes() // 4, x, y
	cose := bytes.Join([][]byte{{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32}, point[1:33], {0x22, 0x58, 32}, point[33:]}, nil)
	data := append(a.data(a.flags|attested), make([]byte, 16)...) // no model
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...)
	object := bytes.Join([][]byte{
		{0xa3}, cborText("fmt"), cborText("none"), cborText("attStmt"), {0xa0}, cborText("authData"), cborBytes(append(data, cose...)),
	}, nil)
	return a.answer(map[string]any{"clientDataJSON": b64.EncodeToString(a.clientData("webauthn.create", o)), "attestationObject": b64.EncodeToString(object)})
}

// get answers a sign-in.
func (a *authenticator) get(asked any) *http.Request {
	a.Helper()
	o := a.read(asked)
	if o.PublicKey.UserVerification != "required" {
		a.Errorf("asked with verification %q", o.PublicKey.UserVerification)
	}
	client, data := a.clientData("webauthn.get", o), a.data(a.flags)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(bytes.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(a.handle),
	})
}

func (a *authenticator) answer(response map[string]any) *http.Request {
	id := b64.EncodeToString(a.id)
	body, _ := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	return httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", bytes.NewReader(body))
}

// registered is an account with a passkey, and the ceremonies of its node.
func registered(t *testing.T) (*passkey.Ceremonies, *instance.Account, *authenticator) {
	t.Helper()
	c, err := passkey.New("https://a.example", "Tiriad")
	if err != nil {
		t.Fatal(err)
	}
	lou, device := &instance.Account{ID: "lou", Email: "lou@exemple.org", Name: "Lou"}, newAuthenticator(t)
	asked, challenge, err := c.BeginRegistration(lou)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.FinishRegistration(lou, challenge, device.create(asked))
	if err != nil {
		t.Fatal(err)
	}
	p.Label = "Téléphone"
	lou.Passkeys = append(lou.Passkeys, *p)
	return c, lou, device
}

func finder(accounts ...*instance.Account) func(string) (*instance.Account, error) {
	return func(id string) (*instance.Account, error) {
		for _, a := range accounts {
			if a.ID == id {
				return a, nil
			}
		}
		return nil, instance.ErrNotFound
	}
}

func TestAPasskeySignsIn(t *testing.T) {
	t.Parallel()
	c, lou, device := registered(t)
	for range 2 {
		asked, challenge, err := c.BeginSignIn()
		if err != nil {
			t.Fatal(err)
		}
		a, used, err := c.FinishSignIn(challenge, device.get(asked), finder(lou))
		if err != nil {
			t.Fatal(err)
		}
		if a != lou || used.ID != lou.Passkeys[0].ID {
			t.Errorf("signed in %+v with %s", a, used.ID)
		}
		lou.Passkeys[0].Credential = used.Credential
	}
}

func TestPasskeysThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*instance.Account, *authenticator){
		"another site":       func(_ *instance.Account, a *authenticator) { a.origin = "https://evil.example" },
		"another party":      func(_ *instance.Account, a *authenticator) { a.rp = "evil.example" },
		"not verified":       func(_ *instance.Account, a *authenticator) { a.flags = present },
		"another's key":      func(_ *instance.Account, a *authenticator) { a.key = newAuthenticator(a.T).key },
		"nobody":             func(_ *instance.Account, a *authenticator) { a.handle = []byte("max") },
		"taken away since":   func(lou *instance.Account, _ *authenticator) { lou.Passkeys = nil },
		"a copy left behind": func(_ *instance.Account, a *authenticator) { a.counter = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, lou, device := registered(t)
			for range 3 { // the counter goes on
				asked, challenge, err := c.BeginSignIn()
				if err != nil {
					t.Fatal(err)
				}
				_, used, err := c.FinishSignIn(challenge, device.get(asked), finder(lou))
				if err != nil {
					t.Fatal(err)
				}
				lou.Passkeys[0].Credential = used.Credential
			}
			spoil(lou, device)
			asked, challenge, err := c.BeginSignIn()
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.FinishSignIn(challenge, device.get(asked), finder(lou)); !errors.Is(err, instance.ErrForbidden) {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("an answer to another question", func(t *testing.T) {
		t.Parallel()
		c, lou, device := registered(t)
		asked, _, err := c.BeginSignIn()
		if err != nil {
			t.Fatal(err)
		}
		_, other, err := c.BeginSignIn()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.FinishSignIn(other, device.get(asked), finder(lou)); !errors.Is(err, instance.ErrForbidden) {
			t.Errorf("error %v", err)
		}
	})
}

func TestWhereBrowsersOfferPasskeys(t *testing.T) {
	t.Parallel()
	for address, offered := range map[string]bool{
		"https://a.example": true, "https://a.example:8443": true, "http://localhost:8080": true,
		"http://a.example": false, "http://127.0.0.1:8080": false, "https://192.0.2.1": false,
	} {
		if _, err := passkey.New(address, "A"); (err == nil) != offered || err != nil && !errors.Is(err, passkey.ErrInsecure) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
