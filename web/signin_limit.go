package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// How much may be tried within tryWindow. An address may be that of a whole library
// or association. Guesses at one account are counted by where they come from, so that
// nobody shuts its owner out; those of many places together too, but for the places
// where somebody entered it lately.
const (
	tryWindow       = 15 * time.Minute
	triesByEmail    = 10 // from one address
	triesByAddress  = 40
	triesByAll      = 100 // of one account, from everywhere
	knownFor        = 30 * 24 * time.Hour
	lettersByEmail  = 3
	lettersByPlace  = 10
	maxAttemptsKept = 20_000
)

// attempts counts what was tried, by key, in memory: guesses of a password, letters
// asked for. It is safe for concurrent use and never holds more than
// maxAttemptsKept keys.
type attempts struct {
	now  func() time.Time
	lock sync.Mutex
	seen map[string]attempt
}

type attempt struct {
	count int
	until time.Time // when it is forgotten
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, seen: map[string]attempt{}}
}

// take counts one more try, unless the key has had its most: then it says how long
// to wait. Taking before trying leaves nothing to those who try many at once.
func (a *attempts) take(key string, most int) (wait time.Duration) {
	a.lock.Lock()
	defer a.lock.Unlock()
	now := a.now()
	tried, ok := a.seen[key]
	if !ok || !tried.until.After(now) {
		a.makeRoom(now)
		tried = attempt{until: now.Add(tryWindow)}
	}
	if tried.count >= most {
		return tried.until.Sub(now)
	}
	tried.count++
	a.seen[key] = tried
	return 0
}

// remember keeps a key for a time, and remembers says whether it is kept. Both are lost
// when the server stops, or when there are too many keys.
func (a *attempts) remember(key string, d time.Duration) {
	a.lock.Lock()
	defer a.lock.Unlock()
	now := a.now()
	a.makeRoom(now)
	a.seen[key] = attempt{until: now.Add(d)}
}

func (a *attempts) remembers(key string) bool {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.seen[key].until.After(a.now())
}

// giveBack uncounts a try that succeeded.
func (a *attempts) giveBack(key string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if tried, ok := a.seen[key]; ok && tried.count > 0 {
		tried.count--
		a.seen[key] = tried
	}
}

// forget starts a key afresh.
func (a *attempts) forget(key string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	delete(a.seen, key)
}

// makeRoom drops what has expired once there are too many, or else any tenth.
func (a *attempts) makeRoom(now time.Time) {
	if len(a.seen) < maxAttemptsKept {
		return
	}
	for key, tried := range a.seen {
		if !tried.until.After(now) {
			delete(a.seen, key)
		}
	}
	for key := range a.seen {
		if len(a.seen) <= maxAttemptsKept*9/10 {
			return
		}
		delete(a.seen, key)
	}
}

// forwarded reads X-Forwarded-For from proxies on this machine or its private
// network only: anybody else may write what they like there.
var forwarded = echo.ExtractIPFromXFFHeader()

// clientAddress is where a request comes from; of IPv6 the network, since one
// customer has as many addresses as they like.
func clientAddress(r *http.Request) string {
	text := forwarded(r)
	address, err := netip.ParseAddr(text)
	if err != nil {
		return text
	}
	if address = address.Unmap(); address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}
	return address.String()
}

func (r *request) tries(limits ...tryLimit) (wait time.Duration) {
	return r.s.attempts.takeEach(limits)
}

func (a *attempts) takeEach(limits []tryLimit) (wait time.Duration) {
	for _, l := range limits {
		if wait = a.take(l.key, l.most); wait > 0 {
			return wait
		}
	}
	return 0
}

type tryLimit struct {
	key  string
	most int
}

// guesses are the limits of whoever tries passwords of an account.
func (r *request) guesses(account string) []tryLimit {
	limits := []tryLimit{
		{"guess from " + clientAddress(r.Request()), triesByAddress},
		{"guess " + r.place(account), triesByEmail},
	}
	if !r.s.attempts.remembers("known " + r.place(account)) {
		limits = append(limits, tryLimit{"guess " + instance.HashSecret(account), triesByAll})
	}
	return limits
}

// place names an account and where the request comes from.
func (r *request) place(account string) string {
	return instance.HashSecret(account) + " from " + clientAddress(r.Request())
}

// letters are the limits of whoever has letters sent to an address.
func (r *request) letters(email string) []tryLimit { return letterLimits(r.Request(), email) }

func letterLimits(r *http.Request, email string) []tryLimit {
	return []tryLimit{
		{"letter from " + clientAddress(r), lettersByPlace},
		{"letter " + instance.HashSecret(email), lettersByEmail},
	}
}

// succeed uncounts what was right.
func (r *request) succeed(limits []tryLimit) {
	for _, l := range limits {
		r.s.attempts.giveBack(l.key)
	}
}

// tooMany answers that it was tried too often, and when to try again.
func (r *request) tooMany(wait time.Duration) error {
	r.private()
	minutes := int((wait + time.Minute - 1) / time.Minute)
	r.Response().Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
	return r.render(http.StatusTooManyRequests, "error", &page{
		Title: r.T("account.too-many.title"), NoIndex: true,
		View: errorView{http.StatusTooManyRequests, r.T("account.too-many.title"), r.N("account.too-many.text", minutes)},
	})
}

// confirms checks the password of who is signed in, a bounded number of times.
func (r *request) confirms(password string) (wait time.Duration, err error) {
	limits := r.guesses("account " + r.account.ID)
	if wait = r.tries(limits...); wait > 0 {
		return wait, nil
	}
	if err = r.s.node.Confirm(r.ctx(), r.account.ID, password); err == nil {
		r.succeed(limits)
	}
	return 0, err
}
