package mail_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/instance"
	sender "github.com/maillage/maillage/instance/mail"
)

// server is an SMTP server on loopback that keeps what it is given, as far as the
// tests need one: no TLS, and an answer of the test's choice to RCPT.
type server struct {
	listener net.Listener
	answer   string // to RCPT TO; "" accepts
	lock     sync.Mutex
	from, to string
	letters  []string
	auths    []string
}

func serve(t *testing.T, answer string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{listener: l, answer: answer}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *server) talk(c net.Conn) {
	defer c.Close()
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	in := bufio.NewReader(c)
	say("220 essai")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		s.lock.Lock()
		switch command := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(command, "EHLO"):
			say("250-essai\r\n250-AUTH PLAIN\r\n250 8BITMIME")
		case strings.HasPrefix(command, "AUTH"):
			s.auths = append(s.auths, strings.TrimSpace(line))
			say("235 ok")
		case strings.HasPrefix(command, "MAIL FROM:"):
			s.from = line
			say("250 ok")
		case strings.HasPrefix(command, "RCPT TO:") && s.answer != "":
			say(s.answer)
		case strings.HasPrefix(command, "RCPT TO:"):
			s.to = line
			say("250 ok")
		case command == "DATA":
			say("354 go on")
			var letter strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				letter.WriteString(line)
			}
			s.letters = append(s.letters, letter.String())
			say("250 ok")
		case command == "QUIT":
			say("221 bye")
			s.lock.Unlock()
			return
		default:
			say("250 ok")
		}
		s.lock.Unlock()
	}
}

func (s *server) sender(t *testing.T, o sender.Options) *sender.Sender {
	t.Helper()
	o.Host, o.From, o.Name = "127.0.0.1", "noeud@exemple.org", "Tiriad, l’été"
	o.Port = s.listener.Addr().(*net.TCPAddr).Port
	send, err := sender.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return send
}

var letter = instance.Message{
	To: "lou@exemple.org", Subject: "Tiriad\u00a0: à vous",
	Text: "Bonjour Lou,\n\nhttps://a.example/invitation?cle=" + strings.Repeat("x", 120) + "\n",
}

func TestSend(t *testing.T) {
	t.Parallel()
	s := serve(t, "")
	if err := s.sender(t, sender.Options{TLS: "none", User: "noeud", Password: "secret"}).Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.letters) != 1 || !strings.Contains(s.from, "<noeud@exemple.org>") || !strings.Contains(s.to, "<lou@exemple.org>") || len(s.auths) != 1 {
		t.Fatalf("received %+v", s)
	}
	m, err := mail.ReadMessage(strings.NewReader(s.letters[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != letter.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	if from, err := m.Header.AddressList("From"); err != nil || len(from) != 1 || from[0].Name != "Tiriad, l’été" {
		t.Errorf("from %v, %v", from, err)
	}
	if m.Header.Get("Auto-Submitted") != "auto-generated" || m.Header.Get("Message-ID") == "" || m.Header.Get("Date") == "" {
		t.Errorf("headers %v", m.Header)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != letter.Text {
		t.Errorf("body %q, %v", body, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for answer, final := range map[string]bool{"550 5.1.1 no such person": true, "451 4.3.0 later": false} {
		err := serve(t, answer).sender(t, sender.Options{TLS: "none"}).Send(t.Context(), letter)
		if _, cancelled := errors.AsType[*instance.CancelError](err); err == nil || cancelled != final {
			t.Errorf("%s: %v, given up: %t", answer, err, cancelled)
		}
	}
	bad := letter
	bad.To = "lou@exemple.org\r\nBcc: autre@exemple.org"
	if err := serve(t, "").sender(t, sender.Options{TLS: "none"}).Send(t.Context(), bad); err == nil {
		t.Error("an address with a line break is written to")
	}
}

// A subject cannot bring a header of its own.
func TestSubjectsAreOneLine(t *testing.T) {
	t.Parallel()
	s := serve(t, "")
	odd := letter
	odd.Subject = "Bonjour\r\nBcc: autre@exemple.org"
	if err := s.sender(t, sender.Options{TLS: "none"}).Send(t.Context(), odd); err == nil {
		s.lock.Lock()
		defer s.lock.Unlock()
		m, err := mail.ReadMessage(strings.NewReader(s.letters[0]))
		if err != nil || m.Header.Get("Bcc") != "" {
			t.Errorf("headers %v, %v", m.Header, err)
		}
	}
}

// Nothing is said in clear to a server that cannot hide it.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	s := serve(t, "")
	if err := s.sender(t, sender.Options{User: "noeud", Password: "secret"}).Send(t.Context(), letter); err == nil {
		t.Error("sent without TLS")
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.auths)+len(s.letters) != 0 {
		t.Errorf("said in clear: %v, %v", s.auths, s.letters)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sender.Options{
		"no address":               {Host: "smtp.exemple.org", From: "noeud"},
		"unknown protection":       {Host: "smtp.exemple.org", From: "noeud@exemple.org", TLS: "oui"},
		"a password in clear":      {Host: "smtp.exemple.org", From: "noeud@exemple.org", TLS: "none", User: "u", Password: "p"},
		"a port that is not there": {Host: "smtp.exemple.org", From: "noeud@exemple.org", Port: 70_000},
	} {
		if _, err := sender.New(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
