// Package mail sends e-mail by SMTP. It is the only importer of a mail library.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/maillage/maillage/instance"
)

// Options say which server sends the node's e-mail.
type Options struct {
	Host     string
	Port     int    // 0: 465 for "tls", 587 for "starttls", 25 for "none"
	User     string // "" for a server that asks for none
	Password string
	From     string // address that letters come from
	Name     string // shown beside it
	// TLS is how the connection is kept from others: "starttls" (the default), "tls",
	// or "none" for a server on this very machine.
	TLS string
}

// timeout bounds one conversation with the server.
const timeout = 30 * time.Second

// Sender implements instance.Mailer. It is safe for concurrent use.
type Sender struct {
	options Options
	from    string
	dial    []gomail.Option
}

var _ instance.Mailer = (*Sender)(nil)

// New checks the options. Nothing is sent or asked of the server. Its errors are
// sentences for the host.
func New(o Options) (*Sender, error) {
	from, err := mail.ParseAddress(o.From)
	if err != nil {
		return nil, errors.New("mail.from : écrivez l’adresse e-mail de qui envoie, comme noeud@exemple.org")
	}
	s := &Sender{options: o, from: from.Address, dial: []gomail.Option{gomail.WithTimeout(timeout)}}
	switch o.TLS {
	case "", "starttls":
		s.dial = append(s.dial, gomail.WithTLSPortPolicy(gomail.TLSMandatory))
	case "tls":
		s.dial = append(s.dial, gomail.WithSSLPort(false))
	case "none":
		if o.User != "" && o.Host != "localhost" && o.Host != "127.0.0.1" && o.Host != "::1" {
			return nil, errors.New("mail.tls : avec un mot de passe, écrivez starttls ou tls ; none ne convient qu’à un serveur sur cette machine")
		}
		s.dial = append(s.dial, gomail.WithTLSPortPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("mail.tls : écrivez starttls, tls ou none, pas « %s »", o.TLS)
	}
	if o.Port != 0 {
		s.dial = append(s.dial, gomail.WithPort(o.Port))
	}
	if o.User != "" {
		method := gomail.SMTPAuthAutoDiscover
		if o.TLS == "none" {
			method = gomail.SMTPAuthPlainNoEnc
		}
		s.dial = append(s.dial, gomail.WithSMTPAuth(method), gomail.WithUsername(o.User), gomail.WithPassword(o.Password))
	}
	_, err = gomail.NewClient(o.Host, s.dial...)
	if err != nil {
		return nil, fmt.Errorf("mail : le serveur « %s » ne convient pas : %w", o.Host, err)
	}
	return s, nil
}

// Send implements instance.Mailer.
func (s *Sender) Send(ctx context.Context, m instance.Message) error {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.FromFormat(s.options.Name, s.from); err != nil {
		return fmt.Errorf("mail from %s: %w", s.from, err)
	}
	if err := message.To(m.To); err != nil {
		return instance.Cancel(fmt.Errorf("mail to a bad address: %w", err))
	}
	message.Subject(m.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	client, err := gomail.NewClient(s.options.Host, s.dial...)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, message)
	if refused, ok := errors.AsType[*gomail.SendError](err); ok && refused.ErrorCode() >= 500 && !refused.IsTemp() {
		return instance.Cancel(err) // this letter will never be taken
	}
	return err
}
