package instance

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// Role is what somebody may do on this node beyond writing for their organisations.
type Role string

// The roles. A contributor writes in the names of the organisations they were
// invited to; a moderator also answers proposals and reports; the host does everything.
const (
	RoleContributor Role = "contributor"
	RoleModerator   Role = "moderator"
	RoleHost        Role = "host"
)

// Roles are all of them, from what may do least.
var Roles = []Role{RoleContributor, RoleModerator, RoleHost}

// Account is somebody who signs in here. It is not an actor: nobody sees it from
// outside, and it may write in the names of several organisations.
type Account struct {
	ID            string    `json:"id"`
	Email         string    `json:"email"`               // lower case; what they sign in with
	NewEmail      string    `json:"new_email,omitempty"` // asked for, until its link is followed
	Name          string    `json:"name"`                // what the others who write here call them
	Role          Role      `json:"role"`
	Organisations []string  `json:"organisations,omitempty"` // IRIs of the actors of ours they write for
	Person        string    `json:"person,omitempty"`        // IRI of their public Person actor, if they chose to have one
	Password      string    `json:"password,omitempty"`      // argon2id, PHC string format; "" when they have none
	Passkeys      []Passkey `json:"passkeys,omitempty"`
	Language      string    `json:"language,omitempty"` // of the pages and messages: "fr", "en"
	Created       time.Time `json:"created"`
	LastSeen      time.Time `json:"last_seen,omitzero"`
	Closed        time.Time `json:"closed,omitzero"` // may not sign in since
	Token         string    `json:"-"`               // hash of the token by which it works; "" in a browser
}

// Passkey is a WebAuthn credential of an account.
type Passkey struct {
	ID         string    `json:"id"` // base64url of the credential's identifier
	Label      string    `json:"label"`
	Credential []byte    `json:"credential"` // JSON, as the library keeps it
	Created    time.Time `json:"created"`
	Used       time.Time `json:"used,omitzero"`
}

// AccountReader reads accounts and what lets them in.
type AccountReader interface {
	Account(ctx context.Context, id string) (*Account, error)
	AccountByEmail(ctx context.Context, email string) (*Account, error)
	Accounts(ctx context.Context) ([]*Account, error) // by e-mail, closed ones too
	Session(ctx context.Context, hash string) (*Session, error)
	Sessions(ctx context.Context, account string) ([]Session, error) // last seen first
	Ticket(ctx context.Context, hash string) (*Ticket, error)
	Tickets(ctx context.Context, purpose Purpose) ([]Ticket, error) // soonest to expire last
	Token(ctx context.Context, hash string) (*Token, error)
	Tokens(ctx context.Context, account string) ([]Token, error)         // newest first
	RevisionsBy(ctx context.Context, account string) ([]Revision, error) // oldest first
}

// AccountTx keeps them.
type AccountTx interface {
	SaveAccount(ctx context.Context, a *Account) error  // ErrConflict: another account has the e-mail
	DeleteAccount(ctx context.Context, id string) error // with its sessions, drafts, tokens and its name in history
	SaveSession(ctx context.Context, s Session) error
	TouchSession(ctx context.Context, hash string, seen, expires time.Time) error // none is no error
	DeleteSession(ctx context.Context, hash string) error
	DeleteSessions(ctx context.Context, account, except string) error // all of an account's, but one hash
	SaveTicket(ctx context.Context, t Ticket) error
	DeleteTicket(ctx context.Context, hash string) error
	DeleteRevisions(ctx context.Context, object string) error
	SaveToken(ctx context.Context, t Token) error
	TouchToken(ctx context.Context, hash string, used time.Time) error // none is no error
	DeleteToken(ctx context.Context, hash string) error
}

// Lock is what is locked while the account changes, see Tx.Lock.
func (a *Account) Lock() string { return accountLock(a.ID) }

func accountLock(id string) string { return "account " + id }

// Moderates says that the account may answer proposals and reports.
func (a *Account) Moderates() bool { return a.Role == RoleModerator || a.Role == RoleHost }

// Hosts says that the account runs the node.
func (a *Account) Hosts() bool { return a.Role == RoleHost }

// WritesFor says whether the account may publish in the name of an actor of ours.
func (a *Account) WritesFor(actor string) bool {
	return a.Closed.IsZero() && (a.Hosts() || slices.Contains(a.Organisations, actor) || actor != "" && actor == a.Person)
}

// NewAccount opens an account with a password ("" = they will choose one by an
// invitation or a way back in). ErrInvalid; ErrConflict: the e-mail is taken.
func (n *Node) NewAccount(ctx context.Context, a Account, password string) (*Account, error) {
	a.Email, a.Name = typedEmail(a.Email), CleanName(a.Name, 100)
	var c checks
	c.email(a.Email)
	c.require(a.Name != "", "name", "donnez un nom ou un pseudonyme")
	c.role(a.Role)
	if password != "" {
		validatePassword(&c, password, a.Email, a.Name)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	if password != "" {
		a.Password = hashPassword(password)
	}
	a.ID, a.Created = newID(), n.clock()
	return &a, n.store.Write(ctx, func(tx Tx) error { return tx.SaveAccount(ctx, &a) })
}

// typedEmail is an e-mail as it is kept: people type spaces and capitals.
func typedEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func (c *checks) email(email string) {
	address, err := mail.ParseAddress(email)
	valid := err == nil && address.Address == email && len(email) <= 200 && strings.Contains(email, ".")
	c.require(valid, "email", "écrivez une adresse e-mail complète, comme nom@exemple.org")
}

func (c *checks) role(role Role) {
	c.require(slices.Contains(Roles, role), "role", "contributor, moderator ou host")
}

// Check returns the account that an e-mail and a password open. It takes the same
// time whether the account exists or not. ErrForbidden: they do not open any.
func (n *Node) Check(ctx context.Context, email, password string) (*Account, error) {
	a, err := n.AccountByEmail(ctx, typedEmail(email))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	hash := ""
	if err == nil && a.Closed.IsZero() {
		hash = a.Password
	}
	if !checkPassword(hash, password) {
		return nil, fmt.Errorf("sign in: %w", ErrForbidden)
	}
	if strings.HasPrefix(hash, argonSettings) {
		return a, nil
	}
	fresh := hashPassword(password)
	return a, n.changeAccount(ctx, a.ID, func(_ Tx, a *Account) error {
		if a.Password == hash {
			a.Password = fresh
		}
		return nil
	})
}

// ChangePassword gives an account a new password, if whoever asks knows the old one,
// ends its sessions but the one whose hash is given, and drops a change of address that
// was asked for. ErrInvalid.
func (n *Node) ChangePassword(ctx context.Context, id, old, password, keepSession string) error {
	if err := n.Confirm(ctx, id, old); err != nil {
		return err
	}
	hash, err := n.newPassword(ctx, id, password)
	if err != nil {
		return err
	}
	return n.changeAccount(ctx, id, func(tx Tx, a *Account) error {
		a.Password, a.NewEmail = hash, ""
		if err := n.tellPasswordChanged(ctx, tx, a); err != nil {
			return err
		}
		return tx.DeleteSessions(ctx, id, keepSession)
	})
}

// Confirm checks that whoever asks knows the account's password: before what cannot
// be undone, a browser left open is not enough. ErrInvalid: they do not.
func (n *Node) Confirm(ctx context.Context, id, password string) error {
	a, err := n.Account(ctx, id)
	if err != nil {
		return err
	}
	var c checks
	c.require(checkPassword(a.Password, password), "current", "ce n’est pas votre mot de passe actuel")
	return c.err()
}

// newPassword checks and hashes a password for an account: outside of any
// transaction, for it takes a tenth of a second.
func (n *Node) newPassword(ctx context.Context, account, password string) (hash string, err error) {
	a, err := n.Account(ctx, account)
	if err != nil {
		return "", err
	}
	var c checks
	if validatePassword(&c, password, a.Email, a.Name); c.err() != nil {
		return "", c.err()
	}
	return hashPassword(password), nil
}

// EditAccount changes how an account is called and in which language it is spoken to.
// ErrInvalid.
func (n *Node) EditAccount(ctx context.Context, id, name, language string) error {
	name = CleanName(name, 100)
	var c checks
	c.require(name != "", "name", "donnez un nom ou un pseudonyme")
	c.require(slices.Contains([]string{"", "fr", "en"}, language), "language", "fr ou en")
	if c.err() != nil {
		return c.err()
	}
	return n.changeAccount(ctx, id, func(_ Tx, a *Account) error {
		a.Name, a.Language = name, language
		return nil
	})
}

// ChangeEmail changes what an account signs in with: once a link sent there was
// followed, when this node sends mail, or else at once. The address before is told.
//
// It says the same whether another account has the address or not, when a letter is
// to confirm it. ErrInvalid; ErrConflict: taken.
func (n *Node) ChangeEmail(ctx context.Context, id, email string) error {
	email = typedEmail(email)
	var c checks
	if c.email(email); c.err() != nil {
		return c.err()
	}
	return n.changeAccount(ctx, id, func(tx Tx, a *Account) error {
		if email == a.Email {
			a.NewEmail = ""
			return nil
		}
		if !n.Mails() {
			a.Email, a.NewEmail = email, ""
			return nil
		}
		a.NewEmail = email
		return tx.Enqueue(ctx, MailJob(MailArgs{Letter: LetterEmail, Account: id}), MailJob(MailArgs{Letter: LetterEmailAsked, Account: id}))
	})
}

// ConfirmEmail is the answer to the letter that ChangeEmail sent. ErrNotFound: the
// link was used, has expired, or another address was asked for since; ErrConflict: taken.
func (n *Node) ConfirmEmail(ctx context.Context, secret string) (*Account, error) {
	t, err := n.TicketFor(ctx, secret, PurposeEmail)
	if err != nil {
		return nil, err
	}
	var changed *Account
	err = n.changeAccount(ctx, t.Account, func(tx Tx, a *Account) error {
		if err := useTicket(ctx, tx, t); err != nil {
			return err
		}
		if a.NewEmail != t.Email || !a.Closed.IsZero() {
			return fmt.Errorf("confirm e-mail: %w", ErrNotFound)
		}
		a.Email, a.NewEmail, changed = t.Email, "", a
		return nil
	})
	return changed, err
}

// changeAccount loads an account, lets change alter it, and saves it.
func (n *Node) changeAccount(ctx context.Context, id string, change func(Tx, *Account) error) error {
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, accountLock(id)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, id)
		if err != nil {
			return err
		}
		if err := change(tx, a); err != nil {
			return err
		}
		return tx.SaveAccount(ctx, a)
	})
}
