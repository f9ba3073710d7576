package federation

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// Limits of one exchange with a peer. An honest ActivityPub document is a few
// kilobytes, and answers in less than a second.
const (
	fetchTimeout   = 10 * time.Second // redirects and body included
	deliverTimeout = 10 * time.Second // Gancio leaves some activities without an answer
	maxDocument    = 1 << 20          // bytes, after decompression
	maxSmall       = 64 << 10         // bytes of a WebFinger or NodeInfo answer
	maxRedirects   = 3
)

// The media types of the protocol.
const (
	typeActivity = "application/activity+json"
	typeLD       = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	acceptAS     = typeActivity + ", " + typeLD
)

var (
	errUnsafeURL = errors.New("this address may not be opened")
	errNotAS     = errors.New("not an ActivityStreams document")
	errTooBig    = errors.New("document too big")
)

// A statusError is a peer's answer other than success.
type statusError struct {
	url        string
	code       int
	retryAfter time.Duration // zero when the peer did not say
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s answered %d %s", e.url, e.code, http.StatusText(e.code))
}

// Is maps the codes that mean something to the domain.
func (e *statusError) Is(target error) bool {
	switch e.code {
	case http.StatusNotFound:
		return target == instance.ErrNotFound
	case http.StatusGone:
		return target == instance.ErrGone
	case http.StatusUnauthorized, http.StatusForbidden:
		return target == instance.ErrForbidden
	}
	return false
}

// temporary says that trying again later may succeed.
func temporary(err error) bool {
	var status *statusError
	if errors.As(err, &status) {
		return status.code >= 500 && status.code != http.StatusNotImplemented ||
			status.code == http.StatusTooManyRequests || status.code == http.StatusRequestTimeout
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return false
	}
	for _, final := range []error{errUnsafeURL, errNotAS, errTooBig} {
		if errors.Is(err, final) {
			return false
		}
	}
	var network net.Error
	var operation *url.Error
	return errors.As(err, &network) || errors.As(err, &operation) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// client is the one way out to other servers: it opens no private address, follows
// few redirects, reads little and waits briefly.
type client struct {
	http         *http.Client
	userAgent    string
	allowPrivate bool
	now          func() time.Time
	key          func(ctx context.Context) (keyID string, key *rsa.PrivateKey, err error) // the node's own
	schemes      *cache[scheme]                                                           // that servers read, by host
	recall       func(ctx context.Context, host string) string                            // the stored name of a host's scheme; may be nil
	remember     func(ctx context.Context, host, scheme string)                           // may be nil
}

func newTransport(allowPrivate bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !allowPrivate {
		dialer.Control = controlPublic
	}
	return &http.Transport{
		DialContext:            dialer.DialContext, // and no Proxy: the environment decides nothing here
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        60 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  8 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func newClient(o Options, now func() time.Time, key func(context.Context) (string, *rsa.PrivateKey, error)) *client {
	return &client{
		http: &http.Client{
			Transport:     newTransport(o.AllowPrivate),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		userAgent: o.UserAgent, allowPrivate: o.AllowPrivate, now: now, key: key,
		schemes: newCache[scheme](maxSchemes),
	}
}

// document reads an ActivityStreams document with a GET signed by the node, and
// says at which URL it was in the end.
func (c *client) document(ctx context.Context, address string) (body []byte, final string, err error) {
	return c.get(ctx, address, acceptAS, maxDocument, true, isActivityStreams)
}

// small reads a WebFinger or NodeInfo answer, unsigned.
func (c *client) small(ctx context.Context, address string) ([]byte, error) {
	body, _, err := c.get(ctx, address, "application/jrd+json, application/json", maxSmall, false, isJSON)
	return body, err
}

func (c *client) get(ctx context.Context, address, accept string, limit int64, signed bool, fits func(string) bool) ([]byte, string, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	for range maxRedirects + 1 {
		resp, err := c.getOnce(ctx, address, accept, signed)
		if err != nil {
			return nil, address, err
		}
		body, next, err := readAnswer(resp, limit, fits)
		if next == "" || err != nil {
			return body, address, err
		}
		if strings.HasPrefix(address, "https:") && !strings.HasPrefix(next, "https:") {
			return nil, address, fmt.Errorf("%w: redirect from https to %s", errUnsafeURL, next)
		}
		address = next
	}
	return nil, address, fmt.Errorf("%w: more than %d redirects", errUnsafeURL, maxRedirects)
}

func (c *client) getOnce(ctx context.Context, address, accept string, signed bool) (*http.Response, error) {
	build := func() (*http.Request, error) {
		r, err := c.request(ctx, http.MethodGet, address, nil)
		if err == nil {
			r.Header.Set("Accept", accept)
		}
		return r, err
	}
	if signed {
		keyID, key, err := c.key(ctx)
		if err != nil {
			return nil, err
		}
		return c.knock(build, keyID, key, nil)
	}
	r, err := build()
	if err != nil {
		return nil, err
	}
	return c.http.Do(r)
}

// request makes a request to a URL that may be opened.
func (c *client) request(ctx context.Context, method, address string, body []byte) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", errUnsafeURL, address)
	}
	u.Fragment = ""
	if err := checkURL(u, c.allowPrivate); err != nil {
		return nil, err
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), content)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", c.userAgent)
	return r, nil
}

// readAnswer reads a body that fits, or says where it is to be read instead.
func readAnswer(resp *http.Response, limit int64, fits func(string) bool) (body []byte, redirect string, err error) {
	defer resp.Body.Close()
	address := resp.Request.URL
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.Header.Get("Location") != "":
		next, err := address.Parse(resp.Header.Get("Location"))
		if err != nil {
			return nil, "", fmt.Errorf("%w: redirect of %s", errUnsafeURL, address)
		}
		return nil, next.String(), nil
	case resp.StatusCode != http.StatusOK:
		return nil, "", newStatusError(resp)
	case !fits(resp.Header.Get("Content-Type")):
		return nil, "", fmt.Errorf("%w: %s is %q", errNotAS, address, resp.Header.Get("Content-Type"))
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = fmt.Errorf("%w: %s has more than %d bytes", errTooBig, address, limit)
	}
	return body, "", err
}

func newStatusError(resp *http.Response) *statusError {
	e := &statusError{url: resp.Request.URL.Redacted(), code: resp.StatusCode}
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		e.retryAfter = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		e.retryAfter = max(0, time.Until(at))
	}
	return e
}

// isActivityStreams checks a Content-Type. Anything laxer lets a file that somebody
// uploaded to a peer pass for the peer's word (CVE-2024-25623).
func isActivityStreams(contentType string) bool {
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return mediaType == typeActivity ||
		mediaType == "application/ld+json" && strings.Contains(params["profile"], "https://www.w3.org/ns/activitystreams")
}

func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}

// post delivers an activity signed with the key, and returns a *statusError for
// any answer but success. sync is what it says of who follows its actor there, if
// anything: see syncHeader.
func (c *client) post(ctx context.Context, inbox, keyID string, key *rsa.PrivateKey, body []byte, sync ...string) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	resp, err := c.knock(func() (*http.Request, error) {
		r, err := c.request(ctx, http.MethodPost, inbox, body)
		if err == nil {
			r.Header.Set("Content-Type", typeActivity)
			for _, value := range sync {
				r.Header.Set(headerSync, value)
			}
		}
		return r, err
	}, keyID, key, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return newStatusError(resp)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxSmall)) // so that the connection is kept
	return nil
}
