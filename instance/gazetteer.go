package instance

import "strings"

// Gazetteer knows the communes of France, and the quartiers and pays that were
// added by hand. It answers from memory: no method waits or fails. What it
// returns is shared, and read only. search/gazetteer implements it.
type Gazetteer interface {
	// ByINSEE returns the commune that has the code today; of a code that is no
	// longer in use, the delegated commune, the arrondissement or else the commune
	// that took it over.
	ByINSEE(code string) (Commune, bool)
	// ByPostalCode returns the communes of a postal code, the most populated first.
	ByPostalCode(code string) []Commune
	// ByName returns whatever bears the name, whatever its accents, capitals,
	// hyphens, "St" and "Cedex": communes first, the most populated first. A
	// département tells homonyms apart; "" looks everywhere.
	ByName(name, departement string) []Commune
	// Suggest completes a name, a postal code or an INSEE code that someone is
	// typing: at most limit answers, exact names first, then by population.
	Suggest(text string, limit int) []Commune
	// Nearest returns the placed commune whose centre is nearest to the point, and
	// how far it is. A point may lie in a neighbour of that commune.
	Nearest(p Point) (c Commune, km float64, ok bool)
	// Within returns what lies in a commune: its delegated communes,
	// arrondissements and quartiers.
	Within(insee string) []Commune
	// Communes returns the communes of today, by INSEE code.
	Communes() []Commune
	// Departements returns the départements and overseas collectivities, by code.
	Departements() []Departement
	// WhiteZones returns the placed and inhabited communes with none of the actors
	// within km of their centre, the most populated first.
	WhiteZones(actors []Point, km float64) []WhiteZone
}

// CommuneKind says what bears a name in the gazetteer. Where the vocabulary
// "territory_kinds" has the same thing, it has the same slug.
type CommuneKind string

// The kinds, from INSEE but for the last two, which are added by hand.
const (
	CommuneToday          CommuneKind = "commune"
	CommuneDeleguee       CommuneKind = "commune-deleguee"         // of a commune nouvelle
	CommuneAssociee       CommuneKind = "commune-associee"         // of a merger before 2010
	CommuneArrondissement CommuneKind = "arrondissement-municipal" // of Paris, Lyon or Marseille
	CommuneQuartier       CommuneKind = "quartier"                 // no code of its own
	CommunePays           CommuneKind = "pays"                     // may cross départements
)

// Commune is a commune of today, or something smaller, older or larger that
// people name in its place: see Kind.
type Commune struct {
	Kind CommuneKind `json:"kind"`
	// INSEE is the official code; "" for a quartier or a pays. It is not a key: the
	// first delegated commune of a commune nouvelle shares its code.
	INSEE       string   `json:"insee,omitempty"`
	Slug        string   `json:"slug,omitempty"` // of a quartier or a pays: its key, and its territory's
	Name        string   `json:"name"`
	PostalCodes []string `json:"postal_codes,omitempty"`
	Departement string   `json:"departement"` // code: "29", "2A", "974"; of a pays, the first
	Region      string   `json:"region,omitempty"`
	Population  int      `json:"population,omitempty"` // 0 = nobody, or unknown
	// Point is the centre; nil when unknown: to be placed.
	Point *Point `json:"point,omitempty"`
	// In is the INSEE code of the commune of today that this is a part of; "" for a
	// commune of today and for a pays.
	In string `json:"in,omitempty"`
	// Departements are all those of a pays.
	Departements []string `json:"departements,omitempty"`
}

// Zone is the commune's time zone, an IANA name.
func (c Commune) Zone() string {
	if c.INSEE != "" {
		return Zone(c.INSEE)
	}
	return Zone(c.Departement)
}

// Label tells the commune from its namesakes: "Saint-Denis (974)".
func (c Commune) Label() string {
	if c.Departement == "" || c.Name == "" {
		return c.Name
	}
	return c.Name + " (" + c.Departement + ")"
}

// Departement is a département, or an overseas collectivity that stands for one.
type Departement struct {
	Code   string `json:"code"` // "29", "2A", "974"
	Name   string `json:"name"`
	Region string `json:"region"` // its name
	Zone   string `json:"zone"`   // IANA time zone
}

// WhiteZone is a commune with nobody around.
type WhiteZone struct {
	Commune
	// NearestKm is how far the nearest actor is; +Inf when there is none at all.
	NearestKm float64
}

// Zones of what is far from Paris, by the beginning of an INSEE code: the
// Marquesas and the Gambier Islands have hours of their own.
var overseasZones = map[string]string{
	"971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne",
	"974": "Indian/Reunion", "975": "America/Miquelon", "976": "Indian/Mayotte",
	"977": "America/St_Barthelemy", "978": "America/Marigot",
	"984": "Indian/Kerguelen", "986": "Pacific/Wallis", "987": "Pacific/Tahiti",
	"988": "Pacific/Noumea", "989": "Etc/GMT+8", // Clipperton: nobody lives there, UTC-8
	"98719": "Pacific/Gambier",
	"98720": "Pacific/Marquesas", "98723": "Pacific/Marquesas", "98731": "Pacific/Marquesas",
	"98746": "Pacific/Marquesas", "98756": "Pacific/Marquesas", "98757": "Pacific/Marquesas",
}

// Zone returns the IANA time zone of a département or of the commune with an INSEE
// code: Europe/Paris but overseas.
func Zone(code string) string {
	code = strings.TrimSpace(code)
	if zone, ok := overseasZones[code]; ok {
		return zone
	}
	if len(code) > 3 {
		if zone, ok := overseasZones[code[:3]]; ok {
			return zone
		}
	}
	return "Europe/Paris"
}

// noGazetteer is the gazetteer of a node that was given none: it knows no commune.
type noGazetteer struct{}

// ByINSEE implements Gazetteer.
func (noGazetteer) ByINSEE(string) (Commune, bool) { return Commune{}, false }

// ByPostalCode implements Gazetteer.
func (noGazetteer) ByPostalCode(string) []Commune { return nil }

// ByName implements Gazetteer.
func (noGazetteer) ByName(string, string) []Commune { return nil }

// Suggest implements Gazetteer.
func (noGazetteer) Suggest(string, int) []Commune { return nil }

// Nearest implements Gazetteer.
func (noGazetteer) Nearest(Point) (Commune, float64, bool) { return Commune{}, 0, false }

// Within implements Gazetteer.
func (noGazetteer) Within(string) []Commune { return nil }

// Communes implements Gazetteer.
func (noGazetteer) Communes() []Commune { return nil }

// Departements implements Gazetteer.
func (noGazetteer) Departements() []Departement { return nil }

// WhiteZones implements Gazetteer.
func (noGazetteer) WhiteZones([]Point, float64) []WhiteZone { return nil }
