package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

const nodeInfoSchema = "http://nodeinfo.diaspora.software/ns/schema/"

// nodeInfoLinks lists the NodeInfo documents. A schema comes first: Gancio takes
// the first link whatever its rel.
func (f *Federation) nodeInfoLinks(c echo.Context) error {
	urls := f.node.URLs()
	body, err := json.Marshal(jrd{Links: []jrdLink{
		{Rel: nodeInfoSchema + "2.1", Href: urls.IRI("/nodeinfo/2.1")},
		{Rel: nodeInfoSchema + "2.0", Href: urls.IRI("/nodeinfo/2.0")},
		{Rel: relApplication, Href: f.node.Self().ID},
	}})
	if err != nil {
		return err
	}
	return f.answer(c, http.StatusOK, "application/json; charset=utf-8", body)
}

type nodeInfoDoc struct {
	Version   string   `json:"version"`
	Software  software `json:"software"`
	Protocols []string `json:"protocols"`
	Services  struct {
		Inbound  []string `json:"inbound"`
		Outbound []string `json:"outbound"`
	} `json:"services"`
	OpenRegistrations bool         `json:"openRegistrations"`
	Usage             usage        `json:"usage"`
	Metadata          nodeMetadata `json:"metadata"`
}

type software struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Repository string `json:"repository,omitempty"` // not in 2.0
}

type usage struct {
	Users struct {
		Total          int `json:"total"`
		ActiveHalfyear int `json:"activeHalfyear"`
		ActiveMonth    int `json:"activeMonth"`
	} `json:"users"`
	LocalPosts    int `json:"localPosts"`
	LocalComments int `json:"localComments"` // those of ours that answer somebody
}

type nodeMetadata struct {
	NodeName        string `json:"nodeName"`
	NodeDescription string `json:"nodeDescription"`
}

// nodeInfo serves both versions: who we are and how much we hold.
func (f *Federation) nodeInfo(c echo.Context) error {
	stats, err := f.node.Stats(c.Request().Context())
	if err != nil {
		return err
	}
	version := strings.TrimPrefix(c.Path(), "/nodeinfo/")
	doc := nodeInfoDoc{
		Version: version, Software: software{Name: "maillage", Version: f.version}, Protocols: []string{"activitypub"},
		Metadata: nodeMetadata{NodeName: f.node.Self().Name, NodeDescription: f.node.Description()},
	}
	if version == "2.1" {
		doc.Software.Repository = f.node.SourceCode()
	}
	doc.Services.Inbound, doc.Services.Outbound = []string{}, []string{}
	if doc.Usage, err = f.usage(c.Request().Context(), stats); err != nil {
		return err
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return f.answer(c, http.StatusOK, `application/json; profile="`+nodeInfoSchema+version+`#"`, body)
}

// maxComments bounds how many of the latest announcements are looked at for those that
// answer somebody.
const maxComments = 1000

// usage counts who is here and what they published. Users are the accounts that may
// sign in; a node that is driven by its API alone has none, and counts its actors.
func (f *Federation) usage(ctx context.Context, stats instance.Stats) (usage, error) {
	var u usage
	accounts, err := f.node.Accounts(ctx)
	if err != nil {
		return u, err
	}
	now := f.node.Now()
	for _, a := range accounts {
		if !a.Closed.IsZero() {
			continue
		}
		u.Users.Total++
		if a.LastSeen.After(now.AddDate(0, -6, 0)) {
			u.Users.ActiveHalfyear++
		}
		if a.LastSeen.After(now.AddDate(0, -1, 0)) {
			u.Users.ActiveMonth++
		}
	}
	if len(accounts) == 0 {
		u.Users.Total = stats.Local[instance.KindOrganisation] + stats.Local[instance.KindPerson]
	}
	notes, _, err := f.node.Objects(ctx, instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}, Scope: instance.ScopeLocal, Limit: maxComments})
	if err != nil {
		return u, err
	}
	for _, o := range notes {
		if note, ok := o.(*instance.Announcement); ok && note.InReplyTo != "" && !f.node.URLs().Local(note.InReplyTo) {
			u.LocalComments++
		}
	}
	for _, kind := range objectKinds {
		u.LocalPosts += stats.Local[kind]
	}
	u.LocalPosts -= u.LocalComments
	return u, nil
}
