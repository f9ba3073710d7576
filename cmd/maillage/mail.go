package main

import (
	"cmp"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/mail"
)

// mailConfig says by which SMTP server the node sends e-mail. Without a host it
// sends none, and its pages say what to do instead.
type mailConfig struct {
	Host     string `toml:"host"`
	Port     int    `toml:"port"` // 587, or 465 with tls = "tls"
	User     string `toml:"user"`
	Password string `toml:"password"` // or MAILLAGE_MAIL_PASSWORD_FILE
	From     string `toml:"from"`     // address that letters come from
	TLS      string `toml:"tls"`      // starttls (default), tls, or none
}

// openMailer returns nil for a node that sends no e-mail.
func openMailer(c config) (instance.Mailer, error) {
	m := c.Mail
	if m.Host == "" {
		return nil, nil
	}
	sender, err := mail.New(mail.Options{
		Host: m.Host, Port: m.Port, User: m.User, Password: m.Password, From: m.From, TLS: m.TLS,
		Name: cmp.Or(c.Name, "maillage"),
	})
	if err != nil {
		return nil, err // not sender, whose nil would be a mailer
	}
	return sender, nil
}
