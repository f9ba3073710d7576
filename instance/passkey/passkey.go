// Package passkey holds the WebAuthn ceremonies by which an account registers a
// passkey and signs in with it. It is the only importer of a WebAuthn library, and
// keeps nothing: what a browser is asked is handed to the caller, who hands it back
// with the answer.
package passkey

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/maillage/maillage/instance"
)

// ErrInsecure says that browsers offer no passkeys at that address: it is neither
// https nor this very machine.
var ErrInsecure = errors.New("passkeys need https")

// Ceremonies are those of one node. They are safe for concurrent use.
type Ceremonies struct{ rp *webauthn.WebAuthn }

// New prepares the ceremonies of the node at a public address, shown to people by
// its name. ErrInsecure.
func New(baseURL, name string) (*Ceremonies, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	host := u.Hostname()
	if u.Scheme != "https" && host != "localhost" || net.ParseIP(host) != nil {
		return nil, fmt.Errorf("%s: %w", baseURL, ErrInsecure)
	}
	rp, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation, // which device it is concerns nobody
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, err
	}
	return &Ceremonies{rp}, nil
}

// BeginRegistration asks a browser for a new passkey of the account: options go to
// the browser, the challenge comes back to FinishRegistration.
func (c *Ceremonies) BeginRegistration(a *instance.Account) (options any, challenge []byte, err error) {
	u, err := userOf(a)
	if err != nil {
		return nil, nil, err
	}
	asked, session, err := c.rp.BeginRegistration(u, webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, nil, err
	}
	challenge, err = json.Marshal(session)
	return asked, challenge, err
}

// FinishRegistration reads what the browser answered: a passkey to keep, without its
// name. ErrForbidden: it answers something else, or is not genuine.
func (c *Ceremonies) FinishRegistration(a *instance.Account, challenge []byte, answer *http.Request) (*instance.Passkey, error) {
	u, err := userOf(a)
	if err != nil {
		return nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(challenge, &session); err != nil {
		return nil, err
	}
	credential, err := c.rp.FinishRegistration(u, session, answer)
	if err != nil {
		return nil, forbidden(err)
	}
	return passkeyOf(credential)
}

// BeginSignIn asks a browser for any passkey of this node.
func (c *Ceremonies) BeginSignIn() (options any, challenge []byte, err error) {
	asked, session, err := c.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, err
	}
	challenge, err = json.Marshal(session)
	return asked, challenge, err
}

// FinishSignIn reads whose passkey answered: find loads the account of an identifier.
// The passkey returned is to be kept in the place of the one it was.
// ErrForbidden: it answers something else, is nobody's, is not genuine, or was cloned.
func (c *Ceremonies) FinishSignIn(challenge []byte, answer *http.Request, find func(id string) (*instance.Account, error)) (*instance.Account, *instance.Passkey, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(challenge, &session); err != nil {
		return nil, nil, err
	}
	var found *instance.Account
	handler := func(_, handle []byte) (webauthn.User, error) {
		a, err := find(string(handle))
		if err != nil {
			return nil, err
		}
		found = a
		return userOf(a)
	}
	_, credential, err := c.rp.FinishPasskeyLogin(handler, session, answer)
	if err != nil {
		return nil, nil, forbidden(err)
	}
	if credential.Authenticator.CloneWarning {
		return nil, nil, forbidden(errors.New("its counter went back: it may have been cloned"))
	}
	p, err := passkeyOf(credential)
	return found, p, err
}

func forbidden(err error) error { return fmt.Errorf("passkey: %w: %w", instance.ErrForbidden, err) }

func passkeyOf(credential *webauthn.Credential) (*instance.Passkey, error) {
	data, err := json.Marshal(credential)
	return &instance.Passkey{ID: base64.RawURLEncoding.EncodeToString(credential.ID), Credential: data}, err
}

// user is an account as the library wants it.
type user struct {
	account     *instance.Account
	credentials []webauthn.Credential
}

func userOf(a *instance.Account) (user, error) {
	u := user{account: a, credentials: make([]webauthn.Credential, len(a.Passkeys))}
	for i, p := range a.Passkeys {
		if err := json.Unmarshal(p.Credential, &u.credentials[i]); err != nil {
			return u, fmt.Errorf("passkey %s: %w", p.ID, err)
		}
	}
	return u, nil
}

// WebAuthnID implements webauthn.User.
func (u user) WebAuthnID() []byte { return []byte(u.account.ID) }

// WebAuthnName implements webauthn.User.
func (u user) WebAuthnName() string { return u.account.Email }

// WebAuthnDisplayName implements webauthn.User.
func (u user) WebAuthnDisplayName() string { return u.account.Name }

// WebAuthnCredentials implements webauthn.User.
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }
