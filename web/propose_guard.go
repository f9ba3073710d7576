package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// How long a form of a visitor may take: a person reads it before they send it, and
// a robot keeps it for later.
const (
	soonest = 3 * time.Second
	stalest = 12 * time.Hour
)

// What one address may send within tryWindow. It may be that of a whole library.
const postsByPlace = 20

// trap is a field that people do not see: whatever fills it in is a robot.
const trap = "sujet"

// formSeals mark the forms that this server handed out to visitors, with when. They
// hold until it stops: a form from before is shown again, with what was typed.
type formSeals struct {
	now func() time.Time
	key [sha256.Size]byte
}

func newFormSeals(now func() time.Time) *formSeals {
	s := &formSeals{now: now}
	_, _ = rand.Read(s.key[:]) // never fails (Go 1.24)
	return s
}

// sealSize is the time and a number used once.
const sealSize = 16

// seal marks a form that is sent to an action.
func (s *formSeals) seal(action string) string {
	var b [sealSize]byte
	binary.BigEndian.PutUint64(b[:8], uint64(s.now().Unix())) // after 1970
	_, _ = rand.Read(b[8:])
	return base64.RawURLEncoding.EncodeToString(s.sum(b[:], action))
}

// sum is the mark and what proves that it is ours, for that action.
func (s *formSeals) sum(mark []byte, action string) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write(mark)
	mac.Write([]byte(action))
	return mac.Sum(append([]byte{}, mark...))
}

// age is how long ago a form was handed out; ok is false when it was not, or not for
// that action.
func (s *formSeals) age(seal, action string) (age time.Duration, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(seal)
	if err != nil || len(b) != sealSize+sha256.Size || !hmac.Equal(b, s.sum(b[:sealSize], action)) {
		return 0, false
	}
	issued := time.Unix(int64(binary.BigEndian.Uint64(b[:8])), 0) // we wrote it
	return s.now().Sub(issued), true
}

// sender stands for where a form came from, until this server stops: it tells places
// apart, and leads back to none.
func (s *formSeals) sender(address string) string {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte("sender " + address))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}

// guard tells a person from a robot, without asking them anything: nil for a person,
// else the status with which the form is shown again.
func (r *request) guard(posted url.Values, action string) (status int, err error) {
	if wait := r.s.attempts.take("form from "+clientAddress(r.Request()), postsByPlace); wait > 0 {
		r.Response().Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		return http.StatusTooManyRequests, r.fail("envoyer", "trop d’envois viennent de cet endroit : attendez un quart d’heure, puis renvoyez")
	}
	age, ok := r.s.seals.age(posted.Get("sceau"), action)
	switch {
	case posted.Get(trap) != "":
		return http.StatusUnprocessableEntity, r.fail(trap, "laissez ce champ vide : il ne sert qu’à reconnaître les robots")
	case !ok || age > stalest:
		return http.StatusUnprocessableEntity, r.fail("envoyer", "cette page était ouverte depuis longtemps : relisez, puis renvoyez")
	case age < soonest:
		return http.StatusUnprocessableEntity, r.fail("envoyer", "c’était très rapide pour une personne : relisez, puis renvoyez")
	}
	return 0, nil
}

// spend uses a form up: sent twice by two clicks, it proposes once.
func (r *request) spend(posted url.Values) bool {
	return r.s.attempts.take("form "+posted.Get("sceau"), 1) == 0
}

// sealFor is the mark of a form to show: the one it came with while that is good, so
// that whoever mends a field need not wait again.
func (r *request) sealFor(posted url.Values, action string) string {
	if age, ok := r.s.seals.age(posted.Get("sceau"), action); ok && age < stalest/2 {
		return posted.Get("sceau")
	}
	return r.s.seals.seal(action)
}
