package federation

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// A Follow is accepted in whatever shape it is written, and ends in whatever shape its
// Undo is.
func TestFollowsInEveryShape(t *testing.T) {
	t.Parallel()
	const plain = `{"id":"$ana/f","type":"Follow","object":"$org"}`
	for name, c := range map[string]struct{ follow, undone string }{
		"as most write it":         {plain, `{"id":"$ana/f","type":"Follow","actor":"$ana","object":"$org"}`},
		"Gancio: no inner actor":   {plain, `{"id":"$ana/f","type":"Follow","object":"$org"}`},
		"Misskey: no inner id":     {plain, `{"type":"Follow","actor":"$ana","object":"$org"}`},
		"the id alone":             {plain, `"$ana/f"`},
		"the id in an object":      {plain, `{"id":"$ana/f"}`},
		"the id and the type":      {plain, `{"id":"$ana/f","type":"Follow"}`},
		"in a list":                {plain, `[{"id":"$ana/f","type":"Follow","actor":"$ana","object":"$org"}]`},
		"Hubzilla: whole actor":    {`{"id":"$ana/f","type":"Follow","actor":{"id":"$ana","type":"Person","name":"Ana"},"object":"$org"}`, `{"id":"$ana/f","type":"Follow","actor":{"id":"$ana"},"object":{"id":"$org"}}`},
		"whole object":             {`{"id":"$ana/f","type":"Follow","object":{"id":"$org","type":"Organization"}}`, `"$ana/f"`},
		"a list of one":            {`{"id":"$ana/f","type":["Follow"],"actor":["$ana"],"object":["$org"]}`, `"$ana/f"`},
		"a fragment of the actor":  {`{"id":"$ana#follows/7","type":"Follow","object":"$org"}`, `{"id":"$ana#follows/7","type":"Follow","object":"$org"}`},
		"ActivityStreams prefixed": {`{"id":"$ana/f","type":"as:Follow","as:object":"$org"}`, `{"type":"as:Follow","as:object":{"id":"$org"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			us, s := newPeer(t), newSite(t)
			s.takes = true
			org, ana := us.organisation("tiriad"), s.actor("/ana", "Person")
			names := strings.NewReplacer("$org", org.ID, "$ana", ana)
			says := func(activity string) {
				t.Helper()
				doc := fieldsOf(t, []byte(names.Replace(activity)))
				for key, value := range map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": ana + "/undo", "actor": ana} {
					if doc[key] == nil {
						doc[key] = value
					}
				}
				if got := s.deliver(us, draft{ana + "#main-key", "(request-target) host date digest", us.domain(), ""}, doc); got != http.StatusAccepted {
					t.Fatalf("%s: status %d", activity, got)
				}
				settleAll(t, us)
			}
			follows := func(want, answers int) {
				t.Helper()
				if _, n, err := us.node.Follows(t.Context(), instance.FollowFilter{Actor: ana, Object: org.ID, State: instance.FollowAccepted}); err != nil || n != want {
					t.Errorf("%d follows, want %d, %v", n, want, err)
				}
				if sent := s.received(); len(sent) != answers || sent[answers-1]["type"] != "Accept" {
					t.Errorf("answered %v", sent)
				}
			}
			says(c.follow)
			follows(1, 1)
			says(fmt.Sprintf(`{"type":"Undo","object":%s}`, c.undone))
			follows(0, 1)
			says(c.follow)
			follows(1, 2)
		})
	}
}
