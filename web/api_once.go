package web

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// maxKey is how long an Idempotency-Key may be, in bytes.
const maxKey = 255

// once has a request with an Idempotency-Key do what it does once: the same request sent
// again within a day, because its answer was lost, does nothing more and is answered the
// same. What it does and what it answers are kept in one transaction; what was refused
// is not remembered.
func (a *apiV1) once(handle func(*apiV1, echo.Context) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Header.Get("Idempotency-Key") == "" {
			return handle(a, c)
		}
		if _, err := a.node.Token(r.Context(), bearer(c)); err != nil {
			return handle(a, c) // who has no token is told so, and opens no transaction
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil {
			return newProblem(http.StatusBadRequest, "L’envoi a été interrompu.")
		}
		client := c.Response()
		defer c.SetResponse(client)
		under := newOnceKey(r, body)
		made := &keptAnswer{Head: http.Header{}}
		err = a.node.Together(r.Context(), func(n *instance.Node) error {
			r.Body = io.NopCloser(bytes.NewReader(body))
			made = &keptAnswer{Head: http.Header{}}
			c.SetResponse(echo.NewResponse(made, c.Echo()))
			within := *a
			within.node, within.under = n, under
			err := handle(&within, c)
			if errors.As(err, &made) { // it was made before
				under.after = nil
				return nil
			}
			if err != nil {
				return err
			}
			return under.keep(r, n, made)
		})
		c.SetResponse(client)
		if err != nil {
			maps.Copy(client.Header(), made.Head)
			return err
		}
		if err := under.finish(c, a); err != nil {
			return err
		}
		return made.send(client)
	}
}

// onceKey is the Idempotency-Key of a request.
type onceKey struct {
	instance.Once
	seal  cipher.AEAD
	after func(*apiV1) error // see afterwards
}

func newOnceKey(r *http.Request, body []byte) *onceKey {
	u := &onceKey{Once: instance.Once{Key: r.Header.Get("Idempotency-Key")}}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", r.Method, r.URL.RequestURI())
	sum.Write(body)
	u.Digest = hex.EncodeToString(sum.Sum(nil))
	return u
}

// check is called once the token's scope was judged. Its error is the answer, a
// *keptAnswer, when the request was made before.
func (u *onceKey) check(c echo.Context, n *instance.Node, token string) error {
	if len(u.Key) > maxKey || strings.ContainsFunc(u.Key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return newProblem(http.StatusBadRequest, fmt.Sprintf("Idempotency-Key : au plus %d caractères, ASCII imprimables.", maxKey))
	}
	u.Token = token
	var err error
	if u.seal, err = sealFor(bearerToken(c), u.Key); err != nil {
		return err
	}
	sealed, err := n.Answered(c.Request().Context(), u.Once)
	if errors.Is(err, instance.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := u.seal.Open(nil, nil, sealed, nil)
	if err != nil {
		return fmt.Errorf("open the answer under %q: %w", u.Key, err)
	}
	kept := &keptAnswer{}
	if err := json.Unmarshal(data, kept); err != nil {
		return fmt.Errorf("read the answer under %q: %w", u.Key, err)
	}
	return kept
}

// sealFor makes what closes and opens the answer to a request. An answer may hold
// secrets, and what people wrote that is kept nowhere else, or is erased before the day
// is over: only whoever sends the token again can read it.
func sealFor(token, key string) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, []byte(token), nil, "maillage Idempotency-Key "+key, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// keep remembers an answer.
func (u *onceKey) keep(r *http.Request, n *instance.Node, made *keptAnswer) error {
	data, err := json.Marshal(made)
	if err != nil {
		return err
	}
	u.Answer = u.seal.Seal(nil, nil, data, nil)
	return n.KeepAnswer(r.Context(), u.Once)
}

// finish does what cannot be in the transaction. If that fails, be it because the client
// left, the request may be made again; if the program is killed meanwhile, it counts as
// done.
func (u *onceKey) finish(c echo.Context, a *apiV1) error {
	if u.after == nil {
		return nil
	}
	err := u.after(a)
	if err == nil {
		return nil
	}
	return errors.Join(err, a.node.ForgetAnswer(context.WithoutCancel(c.Request().Context()), u.Token, u.Key))
}

// afterwards does what reaches the network, once the transaction of a request under an
// Idempotency-Key is over, then answers that it is done.
func (a *apiV1) afterwards(c echo.Context, act func(*apiV1) error) error {
	if a.under != nil {
		a.under.after = act
	} else if err := act(a); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// keptAnswer is an answer that waits for what it says to be kept. As an error it says
// that the request was answered before.
type keptAnswer struct {
	Status int         `json:"status"`
	Head   http.Header `json:"head"`
	Body   []byte      `json:"body,omitempty"`
}

func (k *keptAnswer) Error() string { return "answered before" }

// Header implements http.ResponseWriter, as do Write and WriteHeader.
func (k *keptAnswer) Header() http.Header { return k.Head }

func (k *keptAnswer) Write(body []byte) (int, error) {
	k.Body = append(k.Body, body...)
	return len(body), nil
}

// WriteHeader keeps the status.
func (k *keptAnswer) WriteHeader(status int) { k.Status = status }

func (k *keptAnswer) send(w *echo.Response) error {
	maps.Copy(w.Header(), k.Head)
	w.WriteHeader(k.Status)
	_, err := w.Write(k.Body)
	return err
}
