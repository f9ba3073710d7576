package web

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// fillPlace writes a place into the form.
func (f *editForm) fillPlace(p *instance.Place) {
	if p == nil {
		return
	}
	if p.Name != p.Locality {
		f.Set("place", p.Name)
	}
	f.Set("commune", communeLabel(p.Locality, p.Departement))
	f.Set("street", p.Street)
	if p.Point != nil && p.Precision == instance.PrecisionPlace {
		f.Set("lat", coordinate(p.Point.Lat))
		f.Set("lon", coordinate(p.Point.Lon))
	}
}

// communeLabel is a commune as it is suggested and read back: "Redon (35)".
func communeLabel(name, departement string) string {
	if name == "" || departement == "" {
		return name
	}
	return name + " (" + departement + ")"
}

func coordinate(degrees float64) string { return strconv.FormatFloat(degrees, 'f', -1, 64) }

// readPlace is the place that the form says, upon the one there was: nil for none.
// Only what was changed is looked for again.
func (f *editForm) readPlace(was *instance.Place) *instance.Place {
	name, street, commune := f.text("place"), f.text("street"), f.text("commune")
	point := f.point()
	if name == "" && street == "" && commune == "" && point == nil {
		return nil
	}
	p := &instance.Place{}
	if was != nil && commune == communeLabel(was.Locality, was.Departement) {
		*p = *was
		moved := name != was.Name && (name != "" || was.Name != was.Locality) || street != was.Street
		if was.Precision == instance.PrecisionPlace && (point == nil || moved && f.sameAs(was.Point, point)) {
			p.Point, p.Precision, point = nil, "", nil // it was the point of another address
			f.locate(p, commune)
		}
	} else {
		f.locate(p, commune)
	}
	p.Name, p.Street = name, street
	if point != nil {
		p.Point, p.Precision = point, instance.PrecisionPlace
	}
	return p
}

func (f *editForm) sameAs(a, b *instance.Point) bool { return a != nil && b != nil && *a == *b }

// point is the position that was typed; nil for none.
func (f *editForm) point() *instance.Point {
	lat, lon := f.text("lat"), f.text("lon")
	if lat == "" && lon == "" {
		return nil
	}
	var p instance.Point
	var ok bool
	if p.Lat, ok = typedDegrees(lat, 90); !ok {
		f.fail("lat", "écrivez un nombre de -90 à 90")
		return nil
	}
	if p.Lon, ok = typedDegrees(lon, 180); !ok {
		f.fail("lon", "écrivez un nombre de -180 à 180")
		return nil
	}
	return &p
}

func typedDegrees(s string, limit float64) (float64, bool) {
	n, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	return n, err == nil && n >= -limit && n <= limit
}

var (
	withDepartement = regexp.MustCompile(`^(.+?)\s*\(([0-9]{2,3}|2[AB])\)$`)
	withPostalCode  = regexp.MustCompile(`^([0-9]{5})\b\s*(.*)$|^(.*?)\s*\b([0-9]{5})$`)
)

// splitCommune tells the name of a commune that was typed from what tells it from its
// namesakes.
func splitCommune(typed string) (name, departement, postal string) {
	if m := withDepartement.FindStringSubmatch(typed); m != nil {
		return m[1], m[2], ""
	}
	if m := withPostalCode.FindStringSubmatch(typed); m != nil {
		return strings.TrimSpace(m[2] + m[3]), "", m[1] + m[4]
	}
	return typed, "", ""
}

// locate fills in what is known of a commune from what was typed: "Redon",
// "Redon (35)", "35600", "35600 Redon". What the node does not know stays as typed.
func (f *editForm) locate(p *instance.Place, typed string) {
	name, departement, postal := splitCommune(typed)
	p.Locality, p.Departement, p.PostalCode = name, departement, postal
	p.INSEE, p.Region, p.Point, p.Precision = "", "", nil, ""
	if typed == "" {
		return
	}
	found := communesMeant(f.r.ctx(), f.r.s.node, name, departement, postal)
	if len(found) > 1 && departement == "" && postal == "" {
		f.fail("commune", "plusieurs communes portent ce nom ; ajoutez le code postal ou le département : %s", labelsOf(found))
		return
	}
	if len(found) == 0 {
		return
	}
	c := found[0]
	p.Locality, p.Departement, p.Region, p.INSEE = c.Name, c.Departement, c.Region, c.INSEE
	if postal == "" && len(c.PostalCodes) == 1 {
		p.PostalCode = c.PostalCodes[0]
	}
	if c.Point != nil {
		point := *c.Point
		p.Point, p.Precision = &point, instance.PrecisionCommune
	}
}

func labelsOf(communes []instance.Commune) string {
	var labels []string
	for _, c := range communes[:min(len(communes), 5)] {
		labels = append(labels, communeLabel(c.Name, c.Departement))
	}
	return strings.Join(labels, ", ")
}

// communesMeant are those that somebody may mean, the most populated first.
func communesMeant(ctx context.Context, n *instance.Node, name, departement, postal string) []instance.Commune {
	known := n.Gazetteer()
	var found []instance.Commune
	if postal != "" {
		for _, c := range known.ByPostalCode(postal) {
			if name == "" || slices.ContainsFunc(known.ByName(name, ""), func(other instance.Commune) bool { return other.INSEE == c.INSEE }) {
				found = append(found, c)
			}
		}
		return found
	}
	for _, c := range known.ByName(name, departement) {
		if c.Kind == instance.CommuneToday || len(found) == 0 {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return territoryCommunes(ctx, n, name, departement)
	}
	return found
}

// territoryCommunes looks among the territories of a node.
func territoryCommunes(ctx context.Context, n *instance.Node, name, departement string) []instance.Commune {
	a, err := n.ActorBySlug(ctx, instance.KindTerritory, instance.Slugify(name))
	if err != nil || a.Territory == nil || a.Territory.Kind != "commune" {
		return nil
	}
	c := instance.Commune{Kind: instance.CommuneToday, Name: a.Name, INSEE: a.Territory.Code("insee"), Slug: a.Slug}
	if len(a.Territory.Departements) > 0 {
		c.Departement = a.Territory.Departements[0]
	}
	if a.Place != nil {
		c.Point = a.Place.Point
	}
	if departement != "" && c.Departement != "" && c.Departement != departement {
		return nil
	}
	return []instance.Commune{c}
}
