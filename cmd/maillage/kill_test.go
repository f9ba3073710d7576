package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// TestMain lets a test run the program as a process of its own, so that it can be killed.
func TestMain(m *testing.M) {
	if command := os.Getenv("MAILLAGE_TEST_RUN"); command != "" {
		os.Args = append(os.Args[:1], strings.Fields(command)...)
		main()
		return
	}
	os.Exit(m.Run())
}

// strangerNode is the smallest peer: an actor document and a key.
type strangerNode struct {
	base string
	key  *rsa.PrivateKey
	pem  string
}

func newStranger(t testing.TB) *strangerNode {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	s := &strangerNode{key: key, pem: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/activity+json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
			"id":       s.base + "/actor", "type": "Group", "preferredUsername": "agenda", "name": "Agenda",
			"inbox": s.base + "/inbox", "outbox": s.base + "/outbox",
			"publicKey": map[string]string{"id": s.base + "/actor#main-key", "owner": s.base + "/actor", "publicKeyPem": s.pem},
		})
	}))
	t.Cleanup(server.Close)
	s.base = server.URL
	return s
}

// request makes a signed request (draft-cavage, as the fediverse does).
func (s *strangerNode) request(ctx context.Context, inbox string, activity any) (*http.Request, error) {
	body, err := json.Marshal(activity)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	date, digest := time.Now().UTC().Format(http.TimeFormat), "SHA-256="+base64.StdEncoding.EncodeToString(sum[:])
	hashed := sha256.Sum256(fmt.Appendf(nil, "(request-target): post %s\nhost: %s\ndate: %s\ndigest: %s", req.URL.Path, req.URL.Host, date, digest))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, hashed[:])
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/activity+json")
	req.Header.Set("Date", date)
	req.Header.Set("Digest", digest)
	req.Header.Set("Signature", fmt.Sprintf(`keyId="%s/actor#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="%s"`,
		s.base, base64.StdEncoding.EncodeToString(signature)))
	return req, nil
}

// post sends one signed activity.
func (s *strangerNode) post(ctx context.Context, inbox string, activity any) (int, error) {
	req, err := s.request(ctx, inbox, activity)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func (s *strangerNode) create(i int) map[string]any {
	id := fmt.Sprintf("%s/events/%d", s.base, i)
	public := []string{"https://www.w3.org/ns/activitystreams#Public"}
	return map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id + "#create", "type": "Create", "actor": s.base + "/actor", "to": public,
		"object": map[string]any{
			"id": id, "type": "Event", "name": fmt.Sprintf("Rencontre %d", i), "attributedTo": s.base + "/actor", "to": public,
			"startTime": "2027-03-14T18:00:00+01:00", "published": "2026-11-01T08:00:00Z",
		},
	}
}

// TestAcceptedSurvivesKill kills the program while activities arrive: whatever got
// a 202 is there after a restart, once.
func TestAcceptedSurvivesKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	c := defaults()
	c.BaseURL, c.Listen, c.Data = "http://"+address, address, filepath.Join(dir, "data")
	stranger := newStranger(t)
	followStranger(t, c, stranger)

	serve := func() *exec.Cmd {
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MAILLAGE_TEST_RUN=serve", "MAILLAGE_BASE_URL="+c.BaseURL, "MAILLAGE_LISTEN="+c.Listen,
			"MAILLAGE_DATA="+c.Data, "MAILLAGE_FEDERATION_ALLOW_PRIVATE=true", "MAILLAGE_LOG_LEVEL=error")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		awaitHealth(t, c.BaseURL)
		return cmd
	}

	process := serve()
	var accepted sync.Map
	var count atomic.Int64
	var senders sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for w := range 8 {
		senders.Go(func() {
			for i := w; i < 4000 && ctx.Err() == nil; i += 8 {
				if status, err := stranger.post(ctx, c.BaseURL+"/inbox", stranger.create(i)); err == nil && status == http.StatusAccepted {
					accepted.Store(i, true)
					count.Add(1)
				}
			}
		})
	}
	for deadline := time.Now().Add(20 * time.Second); count.Load() < 150 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	_ = process.Process.Kill() // SIGKILL
	_ = process.Wait()
	stop()
	senders.Wait()
	if count.Load() < 150 {
		t.Fatalf("only %d activities were accepted before the kill", count.Load())
	}

	process = serve()
	defer func() { _ = process.Process.Kill(); _ = process.Wait() }()
	n := &runningNode{base: c.BaseURL}
	var ids []int
	accepted.Range(func(i, _ any) bool { ids = append(ids, i.(int)); return true })
	t.Logf("%d were accepted before the kill", len(ids))
	deadline := time.Now().Add(time.Minute) // what was accepted last may have waited for the restart
	for _, i := range ids {
		path := "/api/v1/events/" + instance.Key(fmt.Sprintf("%s/events/%d", stranger.base, i))
		resp := n.call(t, http.MethodGet, path, nil, nil)
		for ; resp.StatusCode != http.StatusOK && time.Now().Before(deadline); resp = n.call(t, http.MethodGet, path, nil, nil) {
			time.Sleep(20 * time.Millisecond)
		}
		if resp.StatusCode != http.StatusOK {
			t.Errorf("event %d was accepted and is lost: %s", i, resp.Status)
		}
	}
}

// followStranger prepares a database in which the node already follows the peer.
func followStranger(t testing.TB, c config, s *strangerNode) {
	t.Helper()
	a, err := openApp(t.Context(), c, false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	actor := instance.Actor{
		ID: s.base + "/actor", Kind: instance.KindOrganisation, Type: "Group", Handle: "agenda", Name: "Agenda",
		Inbox: s.base + "/inbox", KeyID: s.base + "/actor#main-key", KeyPEM: s.pem,
	}
	if err := a.node.ReceiveActor(t.Context(), &actor); err != nil {
		t.Fatal(err)
	}
	err = a.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveFollow(t.Context(), instance.Follow{
			ID: c.BaseURL + "/activites/f", Actor: a.node.Self().ID, Object: actor.ID, State: instance.FollowAccepted, Created: a.node.Now(),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func awaitHealth(t *testing.T, base string) {
	t.Helper()
	client := http.Client{Timeout: time.Second}
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("%s is not up", base)
}
