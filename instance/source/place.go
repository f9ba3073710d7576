package source

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// postal finds a French postal code and the commune behind it: "29200 Brest".
var postal = regexp.MustCompile(`(?:^|[\s,;(-])(\d{5})[\s,]+([\p{L}][\p{L}\p{M}' ’.-]{1,60}?)(?:\s*(?:,|;|\)|-\s|$|cedex))`)

// addressOf reads an address written in one line: "Le Bief, 12 rue du Château, 63600
// Ambert, France". What cannot be told apart stays in the name.
func addressOf(text string) *instance.Place {
	text = mailbox.ReplaceAllString(text, "") // how Zimbra writes a room
	text = strings.Trim(spaced(strings.NewReplacer("\n", ", ", " - ", ", ", " – ", ", ").Replace(text)), ` ,;"`)
	if text == "" || strings.EqualFold(text, "online event") { // which Meetup writes
		return nil
	}
	if m := inBrackets.FindStringSubmatch(text); m != nil {
		text = m[1] + ", " + m[2]
	}
	text = numberComma.ReplaceAllString(text, "$1 $2")
	p := &instance.Place{}
	if m := codeThenCountry.FindStringSubmatch(text); m != nil { // the country is no commune
		text = m[1]
	}
	if country := countryOf(text); country != "" { // five digits are no French code there
		p.Name, p.Country = text, country
		return p
	}
	before := text
	if m := postal.FindStringSubmatchIndex(text); m != nil {
		p.PostalCode, p.Locality = text[m[2]:m[3]], strings.TrimSpace(text[m[4]:m[5]])
		p.Departement = departementOf(p.PostalCode)
		before = strings.Trim(text[:m[2]], " ,;(-")
	}
	parts := splitTrim(before, ",")
	if p.Locality == "" && len(parts) > 1 && strings.EqualFold(parts[len(parts)-1], "France") {
		parts = parts[:len(parts)-1]
	}
	if n := len(parts); p.Locality == "" && n > 1 && departementOf(parts[n-1]) != "" { // "Quimper, 29000"
		p.PostalCode, p.Locality, p.Departement = parts[n-1], parts[n-2], departementOf(parts[n-1])
		parts = parts[:n-2]
	}
	for i, part := range parts {
		if n := len(parts); streetPattern.MatchString(part) && p.Locality == "" && i < n-1 && !strings.ContainsAny(parts[n-1], "0123456789") {
			p.Locality, parts = parts[n-1], parts[:n-1] // after a street comes its commune
		}
		if streetPattern.MatchString(part) {
			p.Name = strings.Join(parts[:i], ", ")
			p.Street = strings.Join(parts[i:], ", ")
			return p
		}
	}
	p.Name = strings.Join(parts, ", ")
	return p
}

// countryOf is the country that an address written in one line ends with, when that is not
// France; "" when none shows.
func countryOf(text string) string {
	last := text[strings.LastIndex(text, ",")+1:]
	if country := countries[instance.Slugify(last)]; country != "" && last != text {
		return country
	}
	if american.MatchString(text) {
		return "US"
	}
	return ""
}

// american finds a state and its ZIP code at the end of an address: "Tempe, AZ 85281", and
// neither the "CS 63126" nor the "BP 40512" of French ones.
var american = regexp.MustCompile(`, (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? \d{5}(?:-\d{4})?$`)

// countries are those whose addresses are taken for French ones: their codes have five
// digits too, or their communes French names.
var countries = map[string]string{
	"usa": "US", "united-states": "US", "etats-unis": "US", "deutschland": "DE", "germany": "DE", "allemagne": "DE",
	"espana": "ES", "spain": "ES", "espagne": "ES", "italia": "IT", "italy": "IT", "italie": "IT", "belgique": "BE", "belgium": "BE", "belgie": "BE",
	"suisse": "CH", "switzerland": "CH", "schweiz": "CH", "luxembourg": "LU", "maroc": "MA", "morocco": "MA", "tunisie": "TN", "algerie": "DZ", "senegal": "SN",
	"finland": "FI", "suomi": "FI", "sweden": "SE", "sverige": "SE", "poland": "PL", "polska": "PL", "mexico": "MX", "turkey": "TR", "canada": "CA",
	"united-kingdom": "GB", "royaume-uni": "GB", "nederland": "NL", "netherlands": "NL", "pays-bas": "NL", "portugal": "PT",
}

var (
	mailbox         = regexp.MustCompile(`\s*<[^<>\s]*@[^<>\s]*>`)
	inBrackets      = regexp.MustCompile(`^([^()]+?) \((.+), [A-Z]{2}\)$`) // "Le Hangar (3 rue du Pré, Rennes, FR)", as Meetup does
	numberComma     = regexp.MustCompile(`(?i)\b(\d{1,4}(?:\s*(?:bis|ter|quater))?),\s+(rue|avenue|av\.|boulevard|bd|place|quai|chemin|route|impasse|allée|cours|square)\b`)
	codeThenCountry = regexp.MustCompile(`(?i)^(.*\b\d{5}), france$`) // "…, Quimper, 29000, France", as WordPress calendars do
)

var streetPattern = regexp.MustCompile(`(?i)^(?:\d{1,4}\s*(?:bis|ter|quater|[a-d])?[\s,]+\p{L}|(?:rue|avenue|av\.|boulevard|bd|place|quai|chemin|route|impasse|allée|cours|square|venelle|lieu-dit|lieu dit|esplanade|passage|promenade)\s)`)

// departementOf is the département of a postal code; "" when it has none.
func departementOf(code string) string {
	if len(code) != 5 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	switch {
	case code[:2] == "97" || code[:2] == "98":
		return code[:3]
	case code[:2] == "20":
		if code < "20200" {
			return "2A"
		}
		return "2B"
	case code[:2] == "00" || code[:2] > "95":
		return ""
	}
	return code[:2]
}

// pointOf reads a position in degrees; nil when it is none, or 0,0, which software
// writes for a place it does not know.
func pointOf(lat, lon string) *instance.Point {
	la, errLat := decimal(lat)
	lo, errLon := decimal(lon)
	if errLat != nil || errLon != nil {
		return nil
	}
	return point(la, lo)
}

// point is a position in degrees or, since French tables of open data have them, one in
// Lambert-93.
func point(lat, lon float64) *instance.Point {
	p := instance.Point{Lat: lat, Lon: lon}
	if isLambert93(lon, lat) {
		p.Lat, p.Lon = lambert93(lon, lat)
	}
	if lat != lat || lon != lon || !p.Valid() || lat == 0 && lon == 0 {
		return nil
	}
	return &p
}

// decimal reads a number with a point or, as in French, a comma.
func decimal(s string) (float64, error) {
	return strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
}

// place returns p, or nil when it says nothing.
func place(p instance.Place) *instance.Place {
	departement := departementOf(p.PostalCode) // overseas, some write their island as a country
	foreign := p.Country != "" && len(departement) < len("974") || p.Point != nil && abroad(*p.Point)
	switch {
	case foreign && p.Departement == departement: // which is no French code, then
		p.Departement = ""
	case !foreign && p.Departement == "":
		p.Departement = departement
	}
	if p.Point != nil && p.Precision == "" {
		p.Precision = instance.PrecisionPlace
	}
	if p == (instance.Place{}) {
		return nil
	}
	return &p
}

func splitTrim(s, sep string) []string {
	var parts []string
	for part := range strings.SplitSeq(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
