package instance

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/template"
)

// JobMail writes a letter and sends it.
const JobMail = "mail"

// Message is an e-mail: plain text, to one person.
type Message struct {
	To      string // an address
	Subject string
	Text    string
}

// Mailer sends e-mail. An error is tried again later, a Cancel is not: the server
// said that it never will.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// Mails says whether this node sends e-mail: its host chose how.
func (n *Node) Mails() bool { return n.mailer != nil }

// MailArgs name a letter and who or what it is about: the letter, with its secret
// links, is written when the job runs.
type MailArgs struct {
	Letter  string `json:"letter"`
	Account string `json:"account,omitempty"`
	ID      string `json:"id,omitempty"` // of the invitation, or of whatever the letter is about
}

// The letters that accounts need. Each has its text in letters/, in each language.
const (
	LetterInvitation      = "invitation"
	LetterReset           = "reset"
	LetterEmail           = "email"       // follow this link if the address is yours
	LetterEmailAsked      = "email-asked" // to the address before
	LetterPasswordChanged = "password-changed"
)

// MailJob asks for a letter to be written and sent.
func MailJob(args MailArgs) Job {
	job := NewJob(JobMail, args)
	job.Unique = args.Letter + " " + args.Account + " " + args.ID
	return job
}

// letter is what a writer fills a letter's text with, and to whom it goes.
type letter struct {
	To       string
	Language string
	Node     string // its name
	Home     string // its address
	Contact  string // how to reach the host; may be empty
	Name     string // who it is written to; may be empty
	By       string // who caused it
	What     string // what it is about, in words
	Link     string // absolute

	// Of an event, and somebody's place at it.
	When, Where   string
	Page          string // absolute
	State, Status string
}

// letters is the list of all there are: each is filled by its own function.
// ErrNotFound from one means that there is nothing to write any more.
var letters = map[string]func(*Node, context.Context, MailArgs) (letter, error){
	LetterInvitation:      (*Node).writeInvitation,
	LetterReset:           (*Node).writeReset,
	LetterEmail:           (*Node).writeEmail,
	LetterEmailAsked:      (*Node).writeToAccount,
	LetterPasswordChanged: (*Node).writeToAccount,

	LetterConfirmParticipation: (*Node).writeParticipation,
	LetterParticipation:        (*Node).writeParticipation,
	LetterParticipationNews:    (*Node).writeParticipation,

	LetterProposal: (*Node).writeProposal,
}

// afterwards is what is done once a letter of a kind has left.
var afterwards = map[string]func(*Node, context.Context, MailArgs) error{
	LetterProposal: (*Node).forgetProposer,
}

//go:embed letters/*.txt
var letterFiles embed.FS

var letterTexts = template.Must(template.ParseFS(letterFiles, "letters/*.txt"))

// Mail is the job that writes a letter and sends it (JobMail).
func (n *Node) Mail(ctx context.Context, job Job) error {
	var args MailArgs
	if err := json.Unmarshal(job.Args, &args); err != nil {
		return Cancel(err)
	}
	write, ok := letters[args.Letter]
	if !ok || n.mailer == nil {
		return Cancel(fmt.Errorf("letter %q: nobody to write or to send it", args.Letter))
	}
	l, err := write(n, ctx, args)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("letter %s: %w", args.Letter, err)
	}
	message, err := n.message(args.Letter, l)
	if err != nil {
		return Cancel(err)
	}
	if err := n.mailer.Send(ctx, message); err != nil {
		return err
	}
	if then, ok := afterwards[args.Letter]; ok {
		return then(n, ctx, args)
	}
	return nil
}

// message is a letter put into words: the first line of its text is its subject.
func (n *Node) message(name string, l letter) (Message, error) {
	l.Node, l.Home, l.Contact = n.self.Name, n.urls.Base(), n.contact
	if l.Language != "en" {
		l.Language = "fr"
	}
	var out bytes.Buffer
	if err := letterTexts.ExecuteTemplate(&out, name+"."+l.Language+".txt", l); err != nil {
		return Message{}, err
	}
	subject, text, _ := strings.Cut(out.String(), "\n")
	return Message{To: l.To, Subject: CleanName(subject, 200), Text: strings.TrimSpace(text) + "\n"}, nil
}

// secretLink is a page of ours with a ticket's secret.
func (n *Node) secretLink(path, secret string) string {
	return n.urls.IRI(path) + "?" + url.Values{"cle": {secret}}.Encode()
}

// SetupLink is where the first account is opened.
func (n *Node) SetupLink(secret string) string { return n.secretLink("/premiers-pas", secret) }

// InvitationLink is where an invitation is answered.
func (n *Node) InvitationLink(secret string) string { return n.secretLink("/invitation", secret) }

// ResetLink is where a new password is chosen.
func (n *Node) ResetLink(secret string) string { return n.secretLink("/nouveau-mot-de-passe", secret) }

// writeInvitation gives the invitation a new secret, which only its letter has.
func (n *Node) writeInvitation(ctx context.Context, args MailArgs) (letter, error) {
	secret, hash := Secret()
	var t *Ticket
	err := n.store.Write(ctx, func(tx Tx) (err error) {
		if t, err = invitationByID(ctx, tx, args.ID); err != nil {
			return err
		}
		if err := stillInvited(ctx, tx, t); err != nil {
			return err
		}
		if err := tx.DeleteTicket(ctx, t.Hash); err != nil {
			return err
		}
		t.Hash = hash
		return tx.SaveTicket(ctx, *t)
	})
	if err != nil {
		return letter{}, err
	}
	l := letter{To: t.Email, Link: n.InvitationLink(secret)}
	if by, err := n.Account(ctx, t.Account); err == nil {
		l.By, l.Language = by.Name, by.Language
	}
	names := make([]string, 0, len(t.Organisations))
	for _, id := range t.Organisations {
		if org, err := n.Actor(ctx, id); err == nil {
			names = append(names, org.Name)
		}
	}
	l.What = strings.Join(names, ", ")
	return l, nil
}

func (n *Node) writeReset(ctx context.Context, args MailArgs) (letter, error) {
	l, err := n.writeToAccount(ctx, args)
	if err != nil {
		return l, err
	}
	secret, err := n.LetBackIn(ctx, args.Account, ResetByMail)
	l.Link = n.ResetLink(secret)
	return l, err
}

// writeToAccount fills what every letter to an account has. A closed one gets none.
func (n *Node) writeToAccount(ctx context.Context, args MailArgs) (letter, error) {
	a, err := n.Account(ctx, args.Account)
	if err != nil {
		return letter{}, err
	}
	if !a.Closed.IsZero() {
		return letter{}, fmt.Errorf("account %s is closed: %w", a.ID, ErrNotFound)
	}
	return letter{To: a.Email, Language: a.Language, Name: a.Name, What: a.NewEmail}, nil
}

// writeEmail goes to the address that is to be shown to be the account's own.
func (n *Node) writeEmail(ctx context.Context, args MailArgs) (letter, error) {
	l, err := n.writeToAccount(ctx, args)
	if err != nil {
		return l, err
	}
	if l.To = l.What; l.To == "" {
		return l, fmt.Errorf("no new e-mail is asked for: %w", ErrNotFound)
	}
	secret, err := n.replaceTickets(ctx, Ticket{
		Purpose: PurposeEmail, Expires: n.clock().Add(emailAge), Account: args.Account, Email: l.To,
	})
	l.Link = n.secretLink("/compte/adresse", secret)
	return l, err
}

func (n *Node) tellPasswordChanged(ctx context.Context, tx Tx, a *Account) error {
	if !n.Mails() {
		return nil
	}
	return tx.Enqueue(ctx, MailJob(MailArgs{Letter: LetterPasswordChanged, Account: a.ID}))
}

// AskReset sends a way back in to who has an account with that e-mail. For others a
// letter to nobody is asked for: neither the answer nor the time it takes tells
// whoever asks which it was.
func (n *Node) AskReset(ctx context.Context, email string) error {
	if !n.Mails() {
		return nil
	}
	to := newID()
	a, err := n.AccountByEmail(ctx, typedEmail(email))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil {
		to = a.ID
	}
	return n.store.Write(ctx, func(tx Tx) error {
		return tx.Enqueue(ctx, MailJob(MailArgs{Letter: LetterReset, Account: to}))
	})
}
