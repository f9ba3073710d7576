package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const noteBody = `{"name":"Annonce","content":"<p>Bonjour</p>"}`

func TestAPIRefusesToLoseAnUpdate(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	auth := []string{"Authorization", "Bearer " + testToken, "Content-Type", "application/json"}
	made := w.do(http.MethodPost, "/api/v1/announcements", noteBody, auth...)
	at := made.Header().Get("Location")
	read := w.do(http.MethodGet, at, "")
	tag := read.Header().Get("ETag")
	if made.Code != http.StatusCreated || tag == "" || made.Header().Get("ETag") != tag {
		t.Fatalf("%d, tags %q and %q", made.Code, made.Header().Get("ETag"), tag)
	}
	with := func(tag string) []string { return append([]string{"If-Match", tag}, auth...) }
	first := w.do(http.MethodPut, at, strings.Replace(noteBody, "Bonjour", "Un", 1), with(tag)...)
	if first.Code != http.StatusOK || first.Header().Get("ETag") == tag {
		t.Fatalf("first: %d %s", first.Code, first.Body)
	}
	w.refused(w.do(http.MethodPut, at, strings.Replace(noteBody, "Bonjour", "Deux", 1), with(tag)...), http.StatusPreconditionFailed)
	w.refused(w.do(http.MethodDelete, at, "", with(tag)...), http.StatusPreconditionFailed)
	if got := w.do(http.MethodGet, at, "").Body.String(); !strings.Contains(got, "Un") {
		t.Errorf("the first change is lost: %s", got)
	}
	for _, tag := range []string{`"autre", ` + first.Header().Get("ETag"), "*"} {
		if got := w.do(http.MethodPut, at, strings.Replace(noteBody, "Bonjour", "Un", 1), with(tag)...); got.Code != http.StatusOK {
			t.Errorf("If-Match: %s: %d", tag, got.Code)
		}
	}
	if got := w.do(http.MethodDelete, at, "", with("*")...); got.Code != http.StatusNoContent {
		t.Errorf("delete: %d", got.Code)
	}
}

func TestAPIPublishesOnceUnderAKey(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	post := func(key, body string) (int, string) {
		t.Helper()
		got := w.do(http.MethodPost, "/api/v1/announcements", body, "Authorization", "Bearer "+testToken, "Content-Type", "application/json", "Idempotency-Key", key)
		return got.Code, got.Header().Get("Location")
	}
	code, at := post("a", noteBody)
	again, same := post("a", noteBody)
	if code != http.StatusCreated || again != http.StatusCreated || at != same {
		t.Errorf("%d %s, then %d %s", code, at, again, same)
	}
	if code, _ := post("a", strings.Replace(noteBody, "Bonjour", "Autre", 1)); code != http.StatusUnprocessableEntity {
		t.Errorf("another request under the key: %d", code)
	}
	if _, other := post("b", noteBody); other == at {
		t.Error("another key gives the same")
	}
	if code, _ := post(strings.Repeat("x", 256), noteBody); code != http.StatusBadRequest {
		t.Errorf("a long key: %d", code)
	}
	if got := w.do(http.MethodDelete, at, "", "Authorization", "Bearer "+testToken); got.Code != http.StatusNoContent {
		t.Fatal(got.Code)
	}
	if code, same := post("a", noteBody); code != http.StatusCreated || at != same {
		t.Errorf("after it was withdrawn: %d %s", code, same)
	}
}

func TestAPILinksPages(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	for range 5 {
		if got := w.do(http.MethodPost, "/api/v1/announcements", noteBody, "Authorization", "Bearer "+testToken, "Content-Type", "application/json"); got.Code != http.StatusCreated {
			t.Fatal(got.Code)
		}
	}
	at, seen := "/api/v1/announcements?per_page=2&sort=id", map[string]bool{}
	for pages := 0; at != ""; pages++ {
		got := w.do(http.MethodGet, at, "")
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		if err := json.Unmarshal(got.Body.Bytes(), &page); err != nil || pages > 2 {
			t.Fatal(err, pages)
		}
		for _, item := range page.Items {
			seen[item.ID] = true
		}
		at = ""
		for link := range strings.SplitSeq(got.Header().Get("Link"), ", ") {
			if address, rel, _ := strings.Cut(link, ">; "); rel == `rel="next"` {
				_, path, _ := strings.Cut(address, "/api/")
				at = "/api/" + path
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("following the links shows %d of 5", len(seen))
	}
}
