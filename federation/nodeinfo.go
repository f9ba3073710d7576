package federation

import (
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
		Total int `json:"total"`
	} `json:"users"`
	LocalPosts int `json:"localPosts"`
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
		doc.Software.Repository = "https://github.com/maillage/maillage"
	}
	doc.Services.Inbound, doc.Services.Outbound = []string{}, []string{}
	doc.Usage.Users.Total = stats.Local[instance.KindOrganisation] + stats.Local[instance.KindPerson]
	for _, kind := range objectKinds {
		doc.Usage.LocalPosts += stats.Local[kind]
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return f.answer(c, http.StatusOK, `application/json; profile="`+nodeInfoSchema+version+`#"`, body)
}
