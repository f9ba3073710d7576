package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// The catalogue is a DCAT-AP 3 description of what this node publishes, for open data
// portals to harvest: a dataset for each listing, a distribution for each of its files.
// It names only what is the node's own: each peer has a catalogue of its own.
const cataloguePath = "/catalogue"

// The vocabularies of the catalogue.
var dcatPrefixes = map[string]string{
	"dcat": "http://www.w3.org/ns/dcat#",
	"dct":  "http://purl.org/dc/terms/",
	"foaf": "http://xmlns.com/foaf/0.1/",
	"rdf":  "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
	"rdfs": "http://www.w3.org/2000/01/rdf-schema#",
	"xsd":  "http://www.w3.org/2001/XMLSchema#",
}

// euAuthority begins the controlled vocabularies that DCAT-AP wants.
const euAuthority = "http://publications.europa.eu/resource/authority/"

// euFileTypes are the formats in the European list.
var euFileTypes = map[*format]string{
	icalFormat: "ICS", atomFormat: "ATOM", csvFormat: "CSV", geoJSONFormat: "GEOJSON", jsonLDFormat: "JSON_LD",
}

// licenceTexts are where licences are published: what other catalogues name them by.
var licenceTexts = map[string]string{
	"LO-2.0":         "https://spdx.org/licenses/etalab-2.0",
	"ODbL-1.0":       "https://opendatacommons.org/licenses/odbl/1-0/",
	"CC-BY-SA-4.0":   "https://creativecommons.org/licenses/by-sa/4.0/",
	"CC-BY-4.0":      "https://creativecommons.org/licenses/by/4.0/",
	"CC0-1.0":        "https://creativecommons.org/publicdomain/zero/1.0/",
	"domaine-public": "https://creativecommons.org/publicdomain/mark/1.0/",
}

// triple is a statement about its node: predicate and one value.
type triple struct {
	predicate string // "dct:title"
	value     rdfValue
}

// rdfValue is an IRI, or a literal with its language or datatype.
type rdfValue struct{ iri, text, lang, datatype string }

func iri(s string) rdfValue     { return rdfValue{iri: s} }
func french(s string) rdfValue  { return rdfValue{text: s, lang: "fr"} }
func literal(s string) rdfValue { return rdfValue{text: s} }
func dateTime(t time.Time) rdfValue {
	return rdfValue{text: t.UTC().Format(time.RFC3339), datatype: "xsd:dateTime"}
}
func rightsOf(base, d string) string { return base + "/rights/" + d }

// rdfNode is a thing and what is said of it.
type rdfNode struct {
	id      string
	triples []triple
}

func (n *rdfNode) say(predicate string, value rdfValue) {
	if value.iri != "" || value.text != "" {
		n.triples = append(n.triples, triple{predicate, value})
	}
}

// holding is what the catalogue must know of a listing: the licences in it, and when
// it last changed.
type holding struct {
	licences map[string]int // "" = not said
	updated  time.Time
}

// single is the licence of a whole listing; "" when its rows have different ones, or
// some say none. A database that mixes ODbL with anything else is not under either:
// share-alike holds for its ODbL rows, and cannot be put on the others.
func (h holding) single() string {
	if len(h.licences) != 1 {
		return ""
	}
	for licence := range h.licences {
		return licence
	}
	return ""
}

// rights says in words what holds for rows of different licences.
func (h holding) rights(label func(string) string) string {
	counts := slices.SortedFunc(maps.Keys(h.licences), func(a, b string) int {
		return cmp.Or(cmp.Compare(h.licences[b], h.licences[a]), strings.Compare(a, b))
	})
	var parts []string
	for _, licence := range counts {
		parts = append(parts, fmt.Sprintf("%s (%d)", label(cmp.Or(licence, "inconnue")), h.licences[licence]))
	}
	text := "Chaque ligne a sa licence, dans la colonne ou le champ « licence » : " + strings.Join(parts, " ; ") + "."
	if h.licences["ODbL-1.0"] > 0 {
		text += " Une base de données qui reprend des lignes sous ODbL doit être partagée sous ODbL : ne reprenez ensemble que ce dont les licences le permettent."
	}
	if h.licences[""] > 0 {
		text += " Demandez avant de reprendre une ligne qui n’en a pas."
	}
	return text
}

// catalogueAge is how long what was counted is told again: a walk of everything is
// not for each visit of a robot.
const catalogueAge = 10 * time.Minute

// catalogue answers the catalogue in one syntax.
func (s *Server) catalogue(mediaType string, write func([]rdfNode) ([]byte, error)) echo.HandlerFunc {
	var (
		mu      sync.Mutex
		body    []byte
		builtAt time.Time
	)
	return s.file(func(r *request) error {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); body == nil || now.Sub(builtAt) > catalogueAge {
			nodes, err := r.catalogueNodes()
			if err != nil {
				return err
			}
			if body, err = write(nodes); err != nil {
				return err
			}
			builtAt = now
		}
		h := r.Response().Header()
		h.Set("ETag", etagOf(body))
		h.Set(echo.HeaderCacheControl, "public, max-age=600")
		if unchanged(r.Request(), etagOf(body), builtAt) {
			return r.NoContent(http.StatusNotModified)
		}
		return r.Blob(http.StatusOK, mediaType, body)
	})
}

// catalogueNodes describes the catalogue, its publisher, the datasets and their files.
func (r *request) catalogueNodes() ([]rdfNode, error) {
	urls, self := r.s.node.URLs(), r.s.node.Self()
	id := urls.IRI(cataloguePath)
	catalogue, publisher := rdfNode{id: id}, rdfNode{id: self.ID}
	catalogue.say("rdf:type", iri("dcat:Catalog"))
	catalogue.say("dct:title", french("Données ouvertes de "+self.Name))
	catalogue.say("dct:description", french(cmp.Or(r.s.node.Description(), "Événements, recettes, partenaires et territoires publiés par "+self.Name+".")))
	catalogue.say("dct:publisher", iri(self.ID))
	catalogue.say("dct:language", iri(euAuthority+"language/FRA"))
	catalogue.say("foaf:homepage", iri(urls.IRI("/")))
	publisher.say("rdf:type", iri("foaf:Agent"))
	publisher.say("foaf:name", literal(self.Name))
	publisher.say("foaf:homepage", iri(urls.IRI("/")))
	nodes := []rdfNode{{}, publisher}
	var updated time.Time
	for _, l := range listings {
		if len(l.kinds) != 1 {
			continue // the search and the map show what the others list
		}
		held, err := r.holding(l.kinds[0])
		if err != nil {
			return nil, err
		}
		dataset := urls.IRI(l.path) + "#dataset"
		catalogue.say("dcat:dataset", iri(dataset))
		nodes = append(nodes, r.datasetNodes(l, dataset, held)...)
		if held.updated.After(updated) {
			updated = held.updated
		}
	}
	if !updated.IsZero() {
		catalogue.say("dct:modified", dateTime(updated))
	}
	nodes[0] = catalogue
	return nodes, nil
}

// datasetNodes describes one listing and its files.
func (r *request) datasetNodes(l listing, id string, held holding) []rdfNode {
	urls, self := r.s.node.URLs(), r.s.node.Self()
	name := strings.TrimPrefix(l.path, "/")
	dataset := rdfNode{id: id}
	dataset.say("rdf:type", iri("dcat:Dataset"))
	dataset.say("dct:identifier", literal(id))
	dataset.say("dct:title", french(r.T(l.title)+" · "+self.Name))
	dataset.say("dct:description", french(r.T("dcat."+name)))
	dataset.say("dct:publisher", iri(self.ID))
	dataset.say("dct:language", iri(euAuthority+"language/FRA"))
	dataset.say("dct:spatial", iri(euAuthority+"country/FRA"))
	dataset.say("dct:accrualPeriodicity", iri(euAuthority+"frequency/UPDATE_CONT"))
	dataset.say("dct:accessRights", iri(euAuthority+"access-right/PUBLIC"))
	dataset.say("dcat:theme", iri(euAuthority+"data-theme/SOCI"))
	dataset.say("dcat:landingPage", iri(urls.IRI(l.path)))
	if !held.updated.IsZero() {
		dataset.say("dct:modified", dateTime(held.updated))
	}
	nodes := []rdfNode{}
	mixed := rdfNode{id: rightsOf(urls.IRI(cataloguePath)+"#", name)}
	mixed.say("rdf:type", iri("dct:RightsStatement"))
	mixed.say("rdfs:label", french(held.rights(func(slug string) string { return r.label("licences", slug) })))
	single := licenceTexts[held.single()]
	for _, f := range l.formats {
		file := urls.IRI(localURL(l.path+f.extension, url.Values{"origin": {"local"}}))
		dataset.say("dcat:distribution", iri(file+"#distribution"))
		d := rdfNode{id: file + "#distribution"}
		d.say("rdf:type", iri("dcat:Distribution"))
		d.say("dct:title", french(r.T(f.label)))
		d.say("dcat:accessURL", iri(urls.IRI(l.path)))
		d.say("dcat:downloadURL", iri(file))
		d.say("dct:format", iri(euAuthority+"file-type/"+euFileTypes[f]))
		d.say("dcat:mediaType", iri("https://www.iana.org/assignments/media-types/"+f.bareType()))
		if single != "" {
			d.say("dct:license", iri(single))
		} else if len(held.licences) > 0 {
			d.say("dct:rights", iri(mixed.id))
		}
		nodes = append(nodes, d)
	}
	if single == "" && len(held.licences) > 0 {
		nodes = append(nodes, mixed)
	}
	return append([]rdfNode{dataset}, nodes...)
}

// holding counts the licences of what is ours of a kind. Territories are facts that
// nobody owns.
func (r *request) holding(kind instance.Kind) (holding, error) {
	h := holding{licences: map[string]int{}}
	if kind == instance.KindTerritory {
		actors, _, err := r.s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{kind}, Scope: instance.ScopeLocal, Limit: 50_000})
		for _, a := range actors {
			h.licences["CC0-1.0"]++
			h.updated = newest(h.updated, a.Updated)
		}
		return h, err
	}
	f := instance.ObjectFilter{Kinds: []instance.Kind{kind}, Scope: instance.ScopeLocal, Sort: instance.ByID, Limit: 1000}
	for ; ; f.Offset += f.Limit {
		page, _, err := r.s.node.Objects(r.ctx(), f)
		if err != nil {
			return h, err
		}
		for _, o := range page {
			b := o.Common()
			licence := b.Licence
			if licence == "inconnue" {
				licence = ""
			}
			h.licences[licence]++
			h.updated = newest(h.updated, b.Updated)
		}
		if len(page) < f.Limit {
			return h, nil
		}
	}
}

func newest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// dcatJSON writes the graph as JSON-LD.
func dcatJSON(nodes []rdfNode) ([]byte, error) {
	graph := make([]map[string]any, len(nodes))
	for i, n := range nodes {
		m := map[string]any{"@id": n.id}
		for _, t := range n.triples {
			name, value := t.predicate, any(map[string]string{"@id": t.value.iri})
			switch v := t.value; {
			case name == "rdf:type":
				name, value = "@type", v.iri
			case v.lang != "":
				value = map[string]string{"@value": v.text, "@language": v.lang}
			case v.datatype != "":
				value = map[string]string{"@value": v.text, "@type": v.datatype}
			case v.iri == "":
				value = v.text
			}
			switch was := m[name].(type) {
			case nil:
				m[name] = value
			case []any:
				m[name] = append(was, value)
			default:
				m[name] = []any{was, value}
			}
		}
		graph[i] = m
	}
	return json.MarshalIndent(map[string]any{"@context": dcatPrefixes, "@graph": graph}, "", " ")
}

var turtleEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// dcatTurtle writes the graph as Turtle.
func dcatTurtle(nodes []rdfNode) ([]byte, error) {
	var out strings.Builder
	for _, prefix := range slices.Sorted(maps.Keys(dcatPrefixes)) {
		fmt.Fprintf(&out, "@prefix %s: <%s> .\n", prefix, dcatPrefixes[prefix])
	}
	for _, n := range nodes {
		fmt.Fprintf(&out, "\n<%s>", n.id)
		for i, t := range n.triples {
			if i > 0 {
				out.WriteString(" ;")
			}
			fmt.Fprintf(&out, "\n  %s %s", t.predicate, t.value.turtle())
		}
		out.WriteString(" .\n")
	}
	return []byte(out.String()), nil
}

func (v rdfValue) turtle() string {
	switch prefix, _, _ := strings.Cut(v.iri, ":"); {
	case v.iri != "" && dcatPrefixes[prefix] != "":
		return v.iri
	case v.iri != "":
		return "<" + v.iri + ">"
	}
	text := `"` + turtleEscapes.Replace(printable(v.text, "\n\t")) + `"`
	switch {
	case v.lang != "":
		return text + "@" + v.lang
	case v.datatype != "":
		return text + "^^" + v.datatype
	}
	return text
}
