package web

import (
	"cmp"
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

// mixed says that no licence can be named for the whole of it.
func (h holding) mixed() bool { return len(h.licences) > 0 && licenceTexts[h.single()] == "" }

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
	catalogue.say("dct:spatial", iri(euAuthority+"country/FRA"))
	catalogue.say("dcat:themeTaxonomy", iri(euAuthority+"data-theme"))
	catalogue.say("foaf:homepage", iri(urls.IRI("/")))
	publisher.say("rdf:type", iri("foaf:Agent"))
	publisher.say("foaf:name", literal(self.Name))
	publisher.say("foaf:homepage", iri(urls.IRI("/")))
	nodes := []rdfNode{{}, publisher, r.contactNode()}
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
	catalogue.say("dct:modified", dateTime(updated))
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
	dataset.say("dcat:contactPoint", iri(r.contactIRI()))
	dataset.say("dct:language", iri(euAuthority+"language/FRA"))
	dataset.say("dct:spatial", iri(euAuthority+"country/FRA"))
	dataset.say("dct:accrualPeriodicity", iri(euAuthority+"frequency/UPDATE_CONT"))
	dataset.say("dct:accessRights", iri(euAuthority+"access-right/PUBLIC"))
	dataset.say("dcat:theme", iri(euAuthority+"data-theme/SOCI"))
	for keyword := range strings.SplitSeq(r.T("dcat.keywords"), ", ") {
		dataset.say("dcat:keyword", french(keyword))
	}
	dataset.say("dcat:landingPage", iri(urls.IRI(l.path)))
	dataset.say("dct:modified", dateTime(held.updated))
	nodes := []rdfNode{}
	for _, f := range l.formats {
		file := r.distributionNode(l, f, held)
		dataset.say("dcat:distribution", iri(file.id))
		nodes = append(nodes, file)
	}
	if held.mixed() {
		rights := rdfNode{id: r.rightsIRI(l)}
		rights.say("rdf:type", iri("dct:RightsStatement"))
		rights.say("rdfs:label", french(held.rights(func(slug string) string { return r.label("licences", slug) })))
		nodes = append(nodes, rights)
	}
	return append([]rdfNode{dataset}, nodes...)
}

// distributionNode describes a file of a listing.
func (r *request) distributionNode(l listing, f *format, held holding) rdfNode {
	urls := r.s.node.URLs()
	file := urls.IRI(localURL(l.path+f.extension, url.Values{"origin": {"local"}}))
	d := rdfNode{id: file + "#distribution"}
	d.say("rdf:type", iri("dcat:Distribution"))
	d.say("dct:title", french(r.T(f.label)))
	d.say("dcat:accessURL", iri(urls.IRI(l.path)))
	d.say("dcat:downloadURL", iri(file))
	d.say("dct:format", iri(euAuthority+"file-type/"+euFileTypes[f]))
	d.say("dcat:mediaType", iri("https://www.iana.org/assignments/media-types/"+f.bareType()))
	d.say("dcatap:availability", iri(euAuthority+"planned-availability/AVAILABLE"))
	d.say("dct:modified", dateTime(held.updated))
	d.say("dct:license", iri(licenceTexts[held.single()]))
	if held.mixed() {
		d.say("dct:rights", iri(r.rightsIRI(l)))
	}
	return d
}

func (r *request) rightsIRI(l listing) string {
	return r.s.node.URLs().IRI(cataloguePath) + "#/rights/" + strings.TrimPrefix(l.path, "/")
}

// contactIRI names how to reach who publishes.
func (r *request) contactIRI() string { return r.s.node.URLs().IRI(cataloguePath) + "#contact" }

// contactNode is how to reach who publishes: the host's own way, or the page that says
// who they are.
func (r *request) contactNode() rdfNode {
	n := rdfNode{id: r.contactIRI()}
	n.say("rdf:type", iri("vcard:Kind"))
	n.say("vcard:fn", literal(r.s.node.Self().Name))
	if address := contactLink(r.s.node.Contact()).External; strings.HasPrefix(address, "mailto:") {
		n.say("vcard:hasEmail", iri(address))
	}
	n.say("vcard:hasURL", iri(r.s.node.URLs().IRI("/a-propos")))
	return n
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
