package federation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// createActivity is what a followed peer posts: a Create with an event inside.
func createActivity(actor string, n int) []byte {
	return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/activities/%[2]d","type":"Create","actor":"%[1]s",
		"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["%[1]s/followers"],"object":{"id":"%[1]s/events/%[2]d","type":"Event",
		"attributedTo":"%[1]s","to":["https://www.w3.org/ns/activitystreams#Public"],"name":"Atelier n° %[2]d","summary":"sam. 6 avril 2030 – Médiathèque, Nantes","content":"<p>Venez cartographier le quartier.</p>",
		"startTime":"2030-04-06T14:00:00+02:00","endTime":"2030-04-06T18:00:00+02:00","timezone":"Europe/Paris",
		"published":"2029-01-01T10:00:00Z","updated":"2029-01-01T10:00:00Z",
		"location":{"type":"Place","name":"Médiathèque","latitude":47.218,"longitude":-1.554,"address":{"type":"PostalAddress","addressLocality":"Nantes"}}}}`, actor, n)
}

// benchPeers are a node and an actor it follows, with its key.
func benchPeers(b *testing.B) (to, from *peer, org *instance.Actor) {
	b.Helper()
	to, from = newPeer(b, func(o *Options) { o.InboxRate = 1e9 }), newPeer(b)
	org = from.organisation("libertic")
	to.follow("libertic@" + from.domain())
	settleAll(b, to, from)
	return to, from, org
}

// BenchmarkInboxAccept is one signed POST: checked, kept durably, answered.
func BenchmarkInboxAccept(b *testing.B) {
	to, from, org := benchPeers(b)
	key := from.privateKey(org)
	e := echo.New()
	to.Register(e)
	requests := make([]*http.Request, b.N)
	for i := range requests {
		body := createActivity(org.ID, i)
		r := httptest.NewRequest(http.MethodPost, to.base+"/inbox", bytes.NewReader(body))
		r.Header.Set("Content-Type", typeActivity)
		if err := sign(r, org.KeyID, key, body, time.Now()); err != nil {
			b.Fatal(err)
		}
		r.RequestURI = "/inbox"
		requests[i] = r
	}
	b.ResetTimer()
	for _, r := range requests {
		w := httptest.NewRecorder()
		if e.ServeHTTP(w, r); w.Code != http.StatusAccepted {
			b.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
}

// BenchmarkInboxProcess is the job of one activity: read, judged, kept, enqueued
// for the index.
func BenchmarkInboxProcess(b *testing.B) {
	to, _, org := benchPeers(b)
	var first int64
	for first = 1; ; first++ {
		if _, err := to.node.Received(b.Context(), first); err != nil {
			break
		}
	}
	for i := range b.N {
		err := to.store.Accept(b.Context(), instance.Received{
			ID: fmt.Sprint(org.ID, "/activities/", i), Actor: org.ID, Type: "Create", Body: createActivity(org.ID, i),
			Signature: fmt.Sprint(i), At: time.Now(),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for i := range b.N {
		if err := to.Receive(b.Context(), instance.NewJob(instance.JobReceive, instance.ReceiveArgs{Seq: first + int64(i)})); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if stats, err := to.node.Stats(b.Context()); err != nil || stats.Remote[instance.KindEvent] != b.N {
		b.Fatalf("kept %v, %v", stats.Remote, err)
	}
}

// BenchmarkDeliverySign is one signed POST made ready, without the network.
func BenchmarkDeliverySign(b *testing.B) {
	p := newPeer(b)
	body := createActivity(p.base+"/actor", 1)
	for b.Loop() {
		keyID, key, err := p.signingKey(b.Context(), p.node.Self().ID)
		if err != nil {
			b.Fatal(err)
		}
		r, err := p.client.request(b.Context(), http.MethodPost, "https://peer.example/inbox", body)
		if err != nil {
			b.Fatal(err)
		}
		if err := sign(r, keyID, key, body, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDelivery is one delivery, to a server on loopback that takes anything:
// loaded, put in its turn, signed and posted, with the digest of the followers on that
// server (FEP-8fcf) when there are any.
func BenchmarkDelivery(b *testing.B) {
	for _, followers := range []int{0, 1, 100, 1000} {
		b.Run(fmt.Sprint(followers, " followers there"), func(b *testing.B) {
			sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusAccepted)
			}))
			defer sink.Close()
			p := newPeer(b)
			org := p.organisation("tiriad")
			activity := instance.Activity{
				ID: p.base + "/activites/1", Actor: org.ID, Type: "Create", Object: org.ID, Public: true,
				Payload: createActivity(org.ID, 1), Published: time.Now(),
			}
			err := p.store.Write(b.Context(), func(tx instance.Tx) error {
				for i := range followers {
					who := fmt.Sprint(sink.URL, "/u/", i)
					follower := &instance.Actor{ID: who, Kind: instance.KindPerson, Origin: instance.Origin(who), Handle: fmt.Sprint("u", i), Name: "U"}
					follow := instance.Follow{ID: who + "/f", Actor: who, Object: org.ID, State: instance.FollowAccepted}
					if err := errors.Join(tx.SaveActor(b.Context(), follower), tx.SaveFollow(b.Context(), follow)); err != nil {
						return err
					}
				}
				return tx.SaveActivity(b.Context(), activity)
			})
			if err != nil {
				b.Fatal(err)
			}
			job := instance.NewJob(instance.JobDeliver, instance.DeliverArgs{Activity: activity.ID, Inbox: sink.URL + "/inbox"})
			for b.Loop() {
				if err := p.Deliver(b.Context(), job); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
