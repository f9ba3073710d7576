package federation

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestWebFinger(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	org := p.organisation("libertic")
	node := p.base + "/actor"
	d := p.domain()
	for resource, want := range map[string]string{
		"acct:libertic@" + d: org.ID, "libertic@" + d: org.ID, "@libertic@" + d: org.ID, "acct:LiberTIC@" + d: org.ID,
		org.ID: org.ID, node: node, p.base + "/": node, p.base: node, "acct:" + d + "@" + d: node, "acct:relay@" + d: node, p.base + "/a-propos": node,
		"acct:personne@" + d: "404", "acct:libertic@elsewhere.example": "404", "https://elsewhere.example/x": "404", p.base + "/agenda": "404",
		p.base + "/organisations/personne": "404", "": "400", "n'importe quoi": "400", "acct:@" + d: "400",
	} {
		resp, body := p.get("/.well-known/webfinger?resource="+url.QueryEscape(resource), "")
		if resp.StatusCode != http.StatusOK {
			if fmt.Sprint(resp.StatusCode) != want {
				t.Errorf("%q: status %d, want %s", resource, resp.StatusCode, want)
			}
			continue
		}
		var self []string
		for _, link := range fieldsOf(t, body)["links"].([]any) {
			if link := link.(map[string]any); link["rel"] == "self" {
				self = append(self, link["href"].(string)+" "+link["type"].(string))
			}
		}
		if len(self) != 1 || self[0] != want+" "+typeActivity {
			t.Errorf("%q: self %q", resource, self)
		}
		if ct := resp.Header.Get("Content-Type"); ct != "application/jrd+json" || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%q: headers %v", resource, resp.Header)
		}
	}
	resource := url.QueryEscape("acct:libertic@" + d)
	if resp, _ := p.get("/.well-known/webfinger?resource="+resource+"&resource="+resource, ""); resp.StatusCode != 400 {
		t.Errorf("two resources: %d", resp.StatusCode)
	}
	if _, body := p.get("/.well-known/webfinger?rel=self&resource="+resource, ""); len(fieldsOf(t, body)["links"].([]any)) != 1 {
		t.Errorf("rel=self: %s", body)
	}
	err := p.store.Write(t.Context(), func(tx instance.Tx) error {
		org.Gone = p.node.Now()
		return tx.SaveActor(t.Context(), org)
	})
	if err != nil {
		t.Fatal(err)
	}
	if resp, _ := p.get("/.well-known/webfinger?resource="+resource, ""); resp.StatusCode != http.StatusGone {
		t.Errorf("of a deleted actor: %d", resp.StatusCode)
	}
	if resp, _ := p.get("/organisations/libertic", typeActivity); resp.StatusCode != http.StatusGone {
		t.Errorf("the deleted actor: %d", resp.StatusCode)
	}
}

func TestNodeInfo(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	org := p.organisation("libertic")
	p.publish(org, event("Atelier"))
	_, body := p.get("/.well-known/nodeinfo", "")
	links := fieldsOf(t, body)["links"].([]any)
	for i, want := range []string{nodeInfoSchema + "2.1", nodeInfoSchema + "2.0", relApplication} {
		if got := links[i].(map[string]any)["rel"]; got != want {
			t.Errorf("link %d is %v", i, got)
		}
	}
	for _, version := range []string{"2.0", "2.1"} {
		resp, body := p.get("/nodeinfo/"+version, "")
		doc := fieldsOf(t, body)
		software := doc["software"].(map[string]any)
		usage := doc["usage"].(map[string]any)
		if doc["version"] != version || software["name"] != "maillage" || software["version"] != "1.2.3" ||
			usage["localPosts"] != 1.0 || usage["users"].(map[string]any)["total"] != 1.0 {
			t.Errorf("%s: %s", version, body)
		}
		if _, has := software["repository"]; has != (version == "2.1") {
			t.Errorf("%s: repository %v", version, has)
		}
		if !strings.Contains(resp.Header.Get("Content-Type"), version) {
			t.Errorf("%s: %s", version, resp.Header.Get("Content-Type"))
		}
	}
	if resp, body := p.get("/.well-known/host-meta", ""); !strings.Contains(string(body), "/.well-known/webfinger?resource={uri}") || resp.StatusCode != 200 {
		t.Errorf("host-meta: %s", body)
	}
}

func TestPreference(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]preferred{
		"":                                     prefersNeither,
		"*/*":                                  prefersNeither,
		"application/json":                     prefersNeither,
		"application/activity+json":            prefersActivity,
		acceptAS:                               prefersActivity,
		"application/ld+json":                  prefersActivity,
		acceptAS + ", text/html;q=0.1":         prefersActivity,
		"text/html, application/activity+json": prefersPage,
		"application/activity+json, text/html": prefersActivity,
		"text/html;q=0.5, application/ld+json": prefersActivity,
		"application/activity+json;q=0":        prefersNeither,
		"application/activity+json;q=nonsense": prefersNeither,
		"APPLICATION/Activity+JSON ; q=1":      prefersActivity,
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8": prefersPage,
	} {
		if got := preference([]string{accept}); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}

// One address, two readers: servers get ActivityStreams, people fall through to the
// page (none is mounted here, hence 404).
func TestNegotiate(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	org := p.organisation("libertic")
	o := p.publish(org, event("Atelier")).Common()
	path := strings.TrimPrefix(o.ID, p.base)
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	for _, c := range []struct {
		path, accept string
		status       int
	}{
		{path, typeActivity, 200},
		{path, typeLD, 200},
		{path, browser, 404},
		{path, "", 404},
		{"/actor", typeActivity, 200},
		{"/actor", "", 200},
		{"/actor", "*/*", 200},
		{"/actor", browser, 404},
		{"/organisations/libertic", typeActivity, 200},
		{"/organisations/libertic", "*/*", 404},
		{"/annuaire", typeActivity, 200},
		{"/annuaire", browser, 404},
		{"/territoires", typeActivity, 200},
		{"/evenements/rien", typeActivity, 404},
		{"/ns/v1", "", 200},
		{"/organisations/libertic/outbox", "", 200},
		{"/organisations/personne/outbox", "", 404},
		{"/organisations/libertic/outbox?page=0", "", 400},
	} {
		resp, body := p.get(c.path, c.accept)
		if resp.StatusCode != c.status {
			t.Errorf("%s for %q: %d %s", c.path, c.accept, resp.StatusCode, body)
		}
		if c.status == 200 && c.accept == typeActivity && (resp.Header.Get("Content-Type") != "application/activity+json; charset=utf-8" ||
			resp.Header.Get("Access-Control-Allow-Origin") != "*" || resp.Header.Get("Vary") != "Accept") {
			t.Errorf("%s: headers %v", c.path, resp.Header)
		}
	}
	if resp, _ := p.get(path, browser); resp.Header.Get("Vary") != "Accept" {
		t.Errorf("the page varies by %q", resp.Header.Get("Vary"))
	}
	resp, body := p.get(path, typeActivity)
	if doc := fieldsOf(t, body); doc["id"] != o.ID || doc["type"] != "Event" || doc["name"] != "Atelier" {
		t.Errorf("event: %s", body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", typeActivity)
	r.Header.Set("If-None-Match", resp.Header.Get("ETag"))
	again, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	again.Body.Close()
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("read again: %d", again.StatusCode)
	}

	if err := p.node.Withdraw(t.Context(), org.ID, o.ID); err != nil {
		t.Fatal(err)
	}
	resp, body = p.get(path, typeActivity)
	if doc := fieldsOf(t, body); resp.StatusCode != http.StatusGone || doc["type"] != "Tombstone" || doc["formerType"] != "Event" || doc["id"] != o.ID {
		t.Errorf("withdrawn: %d %s", resp.StatusCode, body)
	}
}

// An outbox is read page after page, newest first, as Creates; the node's holds
// what all its organisations publish.
func TestOutboxes(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	one, two := p.organisation("libertic"), p.organisation("ping")
	nantes := p.territory("nantes", nil)
	for i := range outboxPage + 1 {
		p.publish(one, event(fmt.Sprintf("Atelier n° %d", i), nantes))
	}
	p.publish(two, event("Une fois"))
	p.publish(two, sheet("Fablab"))
	settleAll(t, p)
	for path, want := range map[string]int{
		"/actor": outboxPage + 2, "/organisations/libertic": outboxPage + 1, "/organisations/ping": 1, "/territoires/nantes": outboxPage + 1,
	} {
		_, body := p.get(path+"/outbox", typeActivity)
		collection := fieldsOf(t, body)
		if collection["type"] != "OrderedCollection" || collection["totalItems"] != float64(want) {
			t.Errorf("%s: %s", path, body)
		}
		seen := map[string]bool{}
		for next, _ := collection["first"].(string); next != ""; {
			_, body := p.get(strings.TrimPrefix(next, p.base), typeActivity)
			page := fieldsOf(t, body)
			for _, item := range page["orderedItems"].([]any) {
				a := item.(map[string]any)
				seen[a["id"].(string)] = true
				if _, embedded := a["object"].(map[string]any); embedded != (path != "/territoires/nantes") {
					t.Errorf("%s: %v", path, a["type"])
				}
			}
			next, _ = page["next"].(string)
		}
		if len(seen) != want {
			t.Errorf("%s: read %d of %d", path, len(seen), want)
		}
		for id := range seen { // each can be read at its id, and is the one delivered
			resp, body := p.get(strings.TrimPrefix(id, p.base), typeActivity)
			if resp.StatusCode != http.StatusOK || fieldsOf(t, body)["id"] != id {
				t.Errorf("%s: %d", id, resp.StatusCode)
			}
		}
	}
	_, body := p.get("/organisations/ping/featured", typeActivity)
	if items := fieldsOf(t, body)["orderedItems"].([]any); len(items) != 1 {
		t.Errorf("featured: %s", body)
	}
	_, body = p.get("/annuaire?page=1", typeActivity)
	if items := fieldsOf(t, body)["orderedItems"].([]any); len(items) != 1 || items[0].(map[string]any)["type"] != "Page" {
		t.Errorf("directory: %s", body)
	}
	_, body = p.get("/territoires?page=1", typeActivity)
	if items := fieldsOf(t, body)["orderedItems"].([]any); len(items) != 1 || items[0].(map[string]any)["type"] != "Group" {
		t.Errorf("territories: %s", body)
	}
	for _, path := range []string{"/actor/followers", "/actor/following"} {
		_, body := p.get(path, typeActivity)
		if doc := fieldsOf(t, body); doc["totalItems"] != 0.0 || doc["first"] != nil {
			t.Errorf("%s: %s", path, body)
		}
	}
}
