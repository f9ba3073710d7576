package searchtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// Fact is what a synthetic document is about, known apart from its words: what its
// relevance is judged by.
type Fact struct {
	Kind    instance.Kind
	Topic   string // "cartopartie", "fablab"; see topics
	Commune string
}

// Synthetic makes n documents that read like those of a network of nodes, with the
// fact behind each, the same every time. Half are in towns that have everything,
// the others in small communes around; texts mention in passing what they are not
// about. Now is their present.
func Synthetic(n int) ([]instance.Document, []Fact) {
	w := &writer{rng: rand.New(rand.NewPCG(2013, 2027))}
	w.settle()
	for _, c := range w.communes {
		w.territory(c)
		w.write(instance.KindPartner, townHall, c)
	}
	for len(w.docs) < n {
		topic := topics[w.rng.IntN(len(topics))]
		commune := w.communes[w.rng.IntN(len(w.communes))]
		if w.rng.IntN(2) == 0 {
			commune = w.communes[w.rng.IntN(len(towns))]
		}
		switch share := w.rng.IntN(100); {
		case share < 50:
			w.write(instance.KindEvent, topic, commune)
		case share < 85:
			w.write(instance.KindPartner, topic, commune)
		case share < 95:
			w.write(instance.KindAnnouncement, topic, commune)
		default:
			w.write(instance.KindRecipe, topic, commune)
		}
	}
	return w.docs[:n], w.facts[:n]
}

// commune is a town, or an invented commune near one.
type commune struct {
	name, departement string
	lat, lon          float64
}

// towns and where they are, to 1e-4 degree.
var towns = []commune{
	{"Brest", "29", 48.3904, -4.4861},
	{"Nantes", "44", 47.2184, -1.5536},
	{"Rennes", "35", 48.1173, -1.6778},
	{"Toulouse", "31", 43.6047, 1.4442},
	{"Lyon", "69", 45.764, 4.8357},
	{"Lille", "59", 50.6292, 3.0573},
	{"Marseille", "13", 43.2965, 5.3698},
	{"Redon", "35", 47.6517, -2.0848},
	{"Grenoble", "38", 45.1885, 5.7245},
	{"Bordeaux", "33", 44.8378, -0.5792},
	{"Caen", "14", 49.1829, -0.3707},
	{"Saint-Étienne", "42", 45.4397, 4.3872},
	{"Rouen", "76", 49.4432, 1.0993},
	{"Montpellier", "34", 43.6108, 3.8767},
	{"Angers", "49", 47.4784, -0.5632},
	{"Brocas", "40", 44.0483, -0.5375},
	{"Lorient", "56", 47.7486, -3.3664},
	{"Toulon", "83", 43.1242, 5.928},
	{"Poitiers", "86", 46.5802, 0.3404},
	{"Amiens", "80", 49.8941, 2.2958},
	{"Auray", "56", 47.6686, -2.9823},
	{"Roanne", "42", 46.0367, 4.0689},
}

// writer writes the documents.
type writer struct {
	rng      *rand.Rand
	communes []commune
	docs     []instance.Document
	facts    []Fact
}

// settle puts eight invented communes around each town.
func (w *writer) settle() {
	w.communes = append(w.communes, towns...)
	saints := strings.Fields("Aubin Brévin Clément Denis Évarzec Fiacre Gildas Hilaire Igeaux Jacut Laurent Méen Nolff Ouen Philbert Quay Rémy Sulpice Thégonnec Urcize Vigor Yvi")
	ends := []string{"-des-Haies", "-sur-Rance", "-du-Bois", "-la-Fontaine", "-les-Prés", "-en-Lande", "-du-Désert", "-le-Vieux"}
	for i, town := range towns {
		for j, end := range ends {
			sin, cos := math.Sincos(float64(j) * math.Pi / 4)
			far := 0.08 + 0.04*float64(j) // degrees: 9 to 40 km
			w.communes = append(w.communes, commune{
				name: "Saint-" + saints[i] + end, departement: town.departement,
				lat: town.lat + far*cos, lon: town.lon + far*1.4*sin,
			})
		}
	}
}

func (w *writer) one(of []string) string { return of[w.rng.IntN(len(of))] }

func (w *writer) territory(c commune) {
	w.add(Fact{Kind: instance.KindTerritory, Topic: "commune", Commune: c.name}, &instance.Document{
		Name: c.name, Subkind: "commune", Locality: c.name, Point: &instance.Point{Lat: c.lat, Lon: c.lon},
		Keywords: []string{c.name, c.departement, "Commune"}, Updated: Now().AddDate(-1, 0, 0),
	})
}

// write adds a document of a kind about a topic in a commune.
func (w *writer) write(kind instance.Kind, t topic, c commune) {
	d := &instance.Document{
		Themes: []string{t.theme}, Locality: c.name,
		Point:    &instance.Point{Lat: c.lat + w.rng.Float64()*0.02 - 0.01, Lon: c.lon + w.rng.Float64()*0.02 - 0.01},
		Keywords: []string{instance.Vocabularies().Label("themes", t.theme, "fr"), c.name, c.departement},
		Updated:  Now().Add(-time.Duration(w.rng.IntN(3*365*24)) * time.Hour),
	}
	names := t.actors
	switch kind {
	case instance.KindEvent:
		names, d.Subkind = t.events, "atelier"
		w.date(d)
	case instance.KindRecipe:
		names = t.recipes
		d.Locality, d.Point, d.Keywords = "", nil, d.Keywords[:1]
	case instance.KindAnnouncement:
		names = announcements
	default:
		d.Subkind = "association"
	}
	d.Name = fill(w.one(names), c.name)
	if kind != instance.KindRecipe && w.rng.IntN(3) > 0 && !strings.Contains(d.Name, c.name) && w.rng.IntN(2) == 0 {
		d.Name += ", " + c.name
	}
	about := t.about
	if kind == instance.KindAnnouncement { // says it of nothing in particular
		about = t.inPassing
	}
	d.Summary = fill(w.one(about), c.name)
	d.Text = w.text(c)
	w.add(Fact{Kind: kind, Topic: t.slug, Commune: c.name}, d)
}

// text is what surrounds: practical words and, one time in two, another topic and
// another town in passing.
func (w *writer) text(c commune) string {
	sentences := []string{fill(w.one(practical), c.name), fill(w.one(practical), c.name)}
	if w.rng.IntN(2) == 0 {
		other := topics[w.rng.IntN(len(topics))]
		sentences = append(sentences, fill(w.one(other.inPassing), towns[w.rng.IntN(len(towns))].name))
	}
	return strings.Join(append(sentences, w.one(practical)), " ")
}

func fill(template, commune string) string {
	if strings.ContainsRune("AEIOU", rune(commune[0])) {
		template = strings.ReplaceAll(template, "de {commune}", "d’{commune}")
	}
	return strings.ReplaceAll(template, "{commune}", commune)
}

// date: one event in five is within a month, three in ten later, half are past.
func (w *writer) date(d *instance.Document) {
	hours := 0
	switch share := w.rng.IntN(10); {
	case share < 2:
		hours = 6 + w.rng.IntN(29*24)
	case share < 5:
		hours = 32*24 + w.rng.IntN(330*24)
	default:
		hours = -48 - w.rng.IntN(3*365*24)
	}
	d.Start = Now().Add(time.Duration(hours) * time.Hour)
	d.End = d.Start.Add(3 * time.Hour)
}

func (w *writer) add(f Fact, d *instance.Document) {
	i := len(w.docs)
	d.ID = fmt.Sprintf("https://noeud%d.example/%s/%d", i%12, f.Kind, i)
	d.Kind, d.Path, d.URL = f.Kind, fmt.Sprintf("/reseau/%d", i), d.ID
	if i%12 > 0 {
		d.Origin = fmt.Sprintf("noeud%d.example", i%12)
	}
	d.Territories = []string{instance.Slugify(f.Commune)}
	w.docs, w.facts = append(w.docs, *d), append(w.facts, f)
}
