package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// osmElement is an element of OpenStreetMap as Overpass gives it; a way or relation
// has a center when it was asked for ("out center").
type osmElement struct {
	Type   string   `json:"type"`
	ID     int64    `json:"id"`
	Lat    *float64 `json:"lat"`
	Lon    *float64 `json:"lon"`
	Center *struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
	} `json:"center"`
	Bounds *struct {
		South float64 `json:"minlat"`
		West  float64 `json:"minlon"`
		North float64 `json:"maxlat"`
		East  float64 `json:"maxlon"`
	} `json:"bounds"`
	Tags map[string]string `json:"tags"`
}

// osmFields says where each tag goes, the first of a field wins.
var osmFields = []struct{ tag, field string }{
	{"name:fr", "name"},
	{"name", "name"},
	{"official_name", "name"},
	{"operator", ""},
	{"description:fr", "content"},
	{"description", "content"},
	{"website", "website"},
	{"contact:website", "website"},
	{"url", "website"},
	{"opening_hours", "hours"},
	{"addr:street", "street"},
	{"contact:street", "street"},
	{"addr:place", "street"},
	{"addr:postcode", "postal_code"},
	{"contact:postcode", "postal_code"},
	{"addr:city", "locality"},
	{"contact:city", "locality"},
	{"addr:country", "country"},
	{"ref:INSEE", "insee"},
}

// osmKinds says what an element is, by its tags; "*" is any value. The first that
// matches wins: what is precise comes before what is general.
var osmKinds = []struct{ key, value, kind, theme string }{
	{"leisure", "hackerspace", "fablab", "fabrication-numerique"},
	{"amenity", "coworking_space", "tiers-lieu", "tiers-lieux"},
	{"office", "coworking", "tiers-lieu", "tiers-lieux"},
	{"amenity", "townhall", "collectivite", "services-publics"},
	{"office", "government", "collectivite", "services-publics"},
	{"amenity", "library", "institution", "culture"},
	{"tourism", "museum", "institution", "histoire-patrimoine"},
	{"amenity", "social_facility", "institution", "action-sociale"},
	{"amenity", "arts_centre", "", "culture"},
	{"amenity", "community_centre", "", "lien-social"},
	{"amenity", "internet_cafe", "", "acces-internet"},
	{"amenity", "university", "education-recherche", "education-formation"},
	{"amenity", "college", "education-recherche", "education-formation"},
	{"amenity", "school", "education-recherche", "education-formation"},
	{"office", "research", "education-recherche", "recherche-science-ouverte"},
	{"office", "association", "association", ""},
	{"office", "ngo", "association", ""},
	{"club", "linux", "association", "logiciels-libres"},
	{"club", "*", "association", ""},
	{"amenity", "bicycle_repair_station", "", "mobilite"},
	{"shop", "bicycle", "entreprise", "mobilite"},
	{"shop", "second_hand", "entreprise", "reemploi-materiel"},
	{"shop", "computer", "entreprise", ""},
	{"shop", "*", "entreprise", ""},
	{"craft", "*", "entreprise", ""},
	{"office", "*", "entreprise", ""},
}

// readOverpass reads elements of OpenStreetMap. They are all under the ODbL, whoever
// extracts them.
func readOverpass(r *reading) error {
	var doc struct {
		Elements []osmElement `json:"elements"`
	}
	if err := readJSON(r.data, &doc); err != nil {
		return err
	}
	if doc.Elements == nil {
		return invalid("ce n’est pas une réponse d’Overpass : il n’y a pas « elements » (demandez [out:json] et « out center »)")
	}
	r.harvest.Licence = "ODbL-1.0"
	bare := 0
	for i, e := range doc.Elements {
		if r.full() {
			break
		}
		if len(e.Tags) == 0 { // the nodes of a way
			bare++
			continue
		}
		r.osm(i+1, e)
	}
	if bare > 0 {
		r.notice("%d élément(s) sans attribut (les nœuds d’un tracé) passés.", bare)
	}
	return nil
}

func (r *reading) osm(line int, e osmElement) {
	rec := record{line: line, global: true, kind: instance.KindPartner, point: e.position(), fields: map[string]string{
		"key": fmt.Sprintf("osm:%s/%d", e.Type, e.ID),
	}}
	targets := map[string]string{}
	for _, f := range osmFields {
		targets[f.tag] = f.field
		if v := e.Tags[f.tag]; f.field != "" && rec.fields[f.field] == "" {
			rec.fields[f.field] = v
		}
	}
	if number := e.Tags["addr:housenumber"]; number != "" && rec.fields["street"] != "" {
		rec.fields["street"] = number + " " + rec.fields["street"]
	}
	targets["addr:housenumber"] = "street"
	for _, k := range osmKinds {
		if v := e.Tags[k.key]; v != "" && (k.value == "*" || v == k.value) {
			rec.fields["kind"], rec.fields["themes"] = k.kind, k.theme
			targets[k.key] = "kind"
			break
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(e.Tags)) {
		note := ""
		if targets[tag] == "" {
			note = "attribut sans équivalent ici"
			if _, why := guess(tag); strings.HasPrefix(why, "donnée de contact") {
				note = why
			}
		}
		r.column(tag, targets[tag], note)
	}
	r.addRecord(rec)
}

func (e osmElement) position() *instance.Point {
	switch {
	case e.Lat != nil && e.Lon != nil:
		return point(*e.Lat, *e.Lon)
	case e.Center != nil:
		return point(e.Center.Lat, e.Center.Lon)
	case e.Bounds != nil:
		return point((e.Bounds.South+e.Bounds.North)/2, (e.Bounds.West+e.Bounds.East)/2)
	}
	return nil
}
