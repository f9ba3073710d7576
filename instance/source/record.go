package source

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// skip marks a column that is not imported.
const skip = "-"

// Fields are what a column of a table can be mapped to, with what it means in French.
var Fields = map[string]string{
	"key": "identifiant stable de la ligne", "name": "nom ou titre", "summary": "résumé", "content": "description",
	"start": "date de début, avec ou sans heure", "start_time": "heure de début", "end": "date de fin", "end_time": "heure de fin",
	"status": "état (prévu, confirmé, annulé…)", "kind": "type", "themes": "thèmes, séparés par des virgules", "roles": "rôles", "typology": "typologie",
	"website": "site web", "participation_url": "page d’inscription", "online_url": "lien de visioconférence", "image": "adresse d’une image",
	"address": "adresse sur une ligne", "venue": "nom du lieu", "street": "rue", "postal_code": "code postal", "locality": "commune",
	"insee": "code INSEE", "departement": "département", "region": "région", "country": "pays", "lat": "latitude", "lon": "longitude",
	"point": "latitude et longitude, séparées par une virgule", "organisers": "structure organisatrice", "capacity": "nombre de places",
	"hours": "horaires d’ouverture", "licence": "licence de la ligne",
}

// headings are what people write above a column, folded, for each field.
var headings = map[string]string{}

func init() {
	for field, words := range map[string]string{
		"key":               "id identifiant uid ref reference code numero osm-id objectid guid @id fid identifiant-unique _id",
		"name":              "nom name titre title intitule libelle label denomination nom-de-la-structure nom-structure structure-nom nom-du-lieu raison-sociale summary-name evenement nom-de-l-evenement titre-de-l-evenement subject objet nom-association nom-de-l-association title-fr",
		"summary":           "resume summary accroche chapo abstract sous-titre description-courte en-bref presentation-courte description-fr",
		"content":           "description contenu content texte detail details presentation descriptif desc description-longue activites longdescription-fr",
		"start":             "date debut start date-debut date-de-debut start-date startdate dtstart jour quand debut-le date-et-heure date-heure date-de-l-evenement begin datetime start-time-date firstdate date-debut-evenement firstdate-begin",
		"start_time":        "heure heure-debut heure-de-debut start-time horaire horaires-evenement a",
		"end":               "fin end date-fin date-de-fin end-date enddate dtend jusqu-au lastdate firstdate-end",
		"end_time":          "heure-fin heure-de-fin end-time",
		"status":            "statut status etat",
		"kind":              "type kind categorie-principale nature forme statut-juridique type-de-structure type-structure type-d-evenement categorie category forme-juridique",
		"themes":            "themes theme thematique thematiques tags tag mots-cles mots-clefs keywords categories etiquettes sujets domaine domaines keywords-fr",
		"roles":             "role roles",
		"typology":          "typologie typology",
		"website":           "site site-web site-internet web website url lien adresse-web page-web siteweb contact-website homepage url-site lien-du-site site-internet-url canonicalurl",
		"participation_url": "inscription inscriptions lien-d-inscription billetterie lien-inscription url-inscription registration",
		"online_url":        "visio lien-visio visioconference online lien-de-connexion",
		"image":             "image photo illustration visuel logo url-image image-url",
		"address":           "adresse adresse-complete address localisation lieu-adresse adresse-postale location location-address",
		"venue":             "lieu salle venue nom-lieu nom-de-lieu place location-name",
		"street":            "rue voie street addr-street numero-et-voie adresse-1 adresse1 streetaddress street-address adresse-rue",
		"postal_code":       "code-postal cp codepostal postal-code postcode zip addr-postcode postalcode code-postale location-postalcode",
		"locality":          "commune ville localite city town addr-city nom-commune nom-de-la-commune addresslocality municipality location-city",
		"insee":             "insee code-insee insee-code citycode code-commune com code-insee-commune ref-insee location-insee",
		"departement":       "departement dept dep code-departement num-dep",
		"region":            "region location-region",
		"country":           "pays country addr-country",
		"lat":               "lat latitude y ycoord coord-y geo-lat lattitude geo-latitude y-lambert93 y-lambert-93 lambert-y y-l93 coord-y-l93 coordonnee-y y-wgs84",
		"lon":               "lon lng long longitude x xcoord coord-x geo-lon geo-lng geo-longitude x-lambert93 x-lambert-93 lambert-x x-l93 coord-x-l93 coordonnee-x x-wgs84",
		"point":             "coordonnees coordonnees-gps gps geo-point geo-point-2d geopoint latlon lat-lon coordonnees-geographiques position coordonneesxy location-coordinates",
		"organisers":        "organisateur organisateurs organisation organisme structure association organizer organiser porteur organisee-par",
		"capacity":          "places capacite jauge nombre-de-places capacity",
		"hours":             "horaires horaires-d-ouverture opening-hours ouverture openhours heures-d-ouverture",
		"licence":           "licence license",
	} {
		for word := range strings.FieldsSeq(words) {
			headings[word] = field
		}
	}
}

// personal are columns about people, which are never imported: parts of folded headings.
var personal = []string{
	"mail", "courriel", "courriels", "tel", "telephone", "telephones", "phone", "mobile", "portable", "fax", "contact", "referent", "responsable", "prenom",
	"nom-de-famille", "president", "interlocuteur", "auteur", "author", "email", "animateur", "animatrice", "benevole", "participant", "inscrit",
}

// appearance are the properties of simplestyle, which geojson.io and others write.
var appearance = map[string]bool{
	"marker-color": true, "marker-size": true, "marker-symbol": true,
	"stroke": true, "stroke-width": true, "stroke-opacity": true, "fill": true, "fill-opacity": true,
}

// guess says which field a heading means; a note says why none.
func guess(heading string) (field, note string) {
	folded := instance.Slugify(heading)
	if field := headings[folded]; field != "" {
		return field, ""
	}
	if appearance[folded] {
		return "", "apparence sur la carte : non importée"
	}
	for word := range strings.SplitSeq(folded, "-") {
		if slices.Contains(personal, word) {
			return "", "donnée de contact : non importée"
		}
	}
	return "", "colonne inconnue : non importée (indiquez sa correspondance)"
}

// record is one row as fields and texts: what tables, map features and directory
// elements become before they are objects.
type record struct {
	line   int
	fields map[string]string
	global bool // key names it everywhere
	point  *instance.Point
	kind   instance.Kind // "" = as the fields say
}

// addRecord makes an object of a record and adds it.
func (r *reading) addRecord(rec record) {
	f := rec.fields
	row := instance.IntakeRow{Line: rec.line, Key: instance.CleanName(f["key"], 300), Global: rec.global}
	kind := rec.kind
	if kind == "" {
		kind = r.options.Kind
	}
	if kind == "" {
		kind = instance.KindPartner
		if f["start"] != "" {
			kind = instance.KindEvent
		}
	}
	base := instance.Base{
		Kind: kind, Name: instance.CleanName(f["name"], 200), Source: markdownOf(f["content"]),
		Summary: instance.CleanName(f["summary"], 500), Licence: licenceOf(f["licence"]),
	}
	if base.Summary == "" {
		base.Summary = lead(f["content"])
	}
	if base.Name == "" {
		row.Problems = append(row.Problems, fatal("no-name", "name", "pas de nom : écrivez-en un de 3 lettres au moins"))
	}
	if f["hours"] != "" {
		base.Source = strings.TrimSpace(base.Source + "\n\nHoraires : " + escapeMarkdown(spaced(f["hours"])))
	}
	if image := r.webAddress(f["image"]); image != "" {
		base.Image = &instance.Image{URL: image}
	}
	words := splitList(f["themes"])
	base.Themes, _ = termsOf("themes", words)
	base.Place, row.Problems = placeOf(rec, row.Problems)
	if kind == instance.KindEvent {
		row.Object, row.Problems = r.event(base, f, words, row.Problems)
	} else {
		row.Object, row.Problems = r.partner(base, f, words, row.Problems)
	}
	r.add(row)
}

func (r *reading) event(base instance.Base, f map[string]string, words []string, problems []instance.IntakeProblem) (instance.Object, []instance.IntakeProblem) {
	e := &instance.Event{Base: base, ParticipationURL: r.webAddress(firstOf(f["participation_url"], f["website"])), OnlineURL: r.webAddress(f["online_url"])}
	when, ok := whenOf(f["start"], f["start_time"], f["end"], f["end_time"], r.zone)
	switch {
	case ok:
		e.When = when
	case f["start"] == "":
		problems = append(problems, fatal("no-date", "start", "pas de date : écrivez 14/03/2027, ou des mots avec l’année"))
	default:
		problems = append(problems, fatal("unreadable-date", "start", "date illisible : « %s » (écrivez 14/03/2027 ou 2027-03-14, ou des mots avec l’année)", instance.CleanName(f["start"], 60)))
	}
	e.EventKind = termOf("event_kinds", f["kind"])
	for _, word := range words {
		if e.EventKind == "" {
			e.EventKind = termOf("event_kinds", word)
		}
	}
	e.Status = instance.EventStatus(termOf("event_status", f["status"]))
	for _, name := range splitList(f["organisers"]) {
		e.Organisers = append(e.Organisers, instance.Ref{Name: instance.CleanName(name, 200)})
	}
	if n, err := strconv.Atoi(f["capacity"]); err == nil && n > 0 && n < 1_000_000 {
		e.Capacity = n
	}
	return e, problems
}

func (r *reading) partner(base instance.Base, f map[string]string, words []string, problems []instance.IntakeProblem) (instance.Object, []instance.IntakeProblem) {
	p := &instance.Partner{Base: base, Website: r.webAddress(f["website"]), Typology: termOf("typologies", f["typology"])}
	if f["website"] != "" && p.Website == "" {
		problems = append(problems, warning("unreadable-address", "website", "adresse illisible : « %s » (écrivez-la entière, avec https://)", instance.CleanName(f["website"], 80)))
	}
	for _, word := range append([]string{f["kind"]}, words...) {
		if p.ActorKind == "" {
			p.ActorKind = termOf("actor_kinds", word)
		}
	}
	p.Roles, _ = termsOf("ecosystem_roles", splitList(f["roles"]))
	return p, problems
}

// placeOf puts together the columns that say where.
func placeOf(rec record, problems []instance.IntakeProblem) (*instance.Place, []instance.IntakeProblem) {
	f := rec.fields
	p := instance.Place{}
	if whole := addressOf(f["address"]); whole != nil {
		p = *whole
	}
	for field, target := range map[string]*string{
		"venue": &p.Name, "street": &p.Street, "postal_code": &p.PostalCode, "locality": &p.Locality,
		"insee": &p.INSEE, "departement": &p.Departement, "region": &p.Region, "country": &p.Country,
	} {
		if v := instance.CleanName(f[field], 200); v != "" {
			*target = v
		}
	}
	if len(p.PostalCode) == 4 && strings.Trim(p.PostalCode, "0123456789") == "" && (p.Country == "" || strings.EqualFold(p.Country, "france")) {
		p.PostalCode = "0" + p.PostalCode // a spreadsheet took it for a number
	}
	if strings.EqualFold(p.Country, "france") || strings.EqualFold(p.Country, "fr") {
		p.Country = ""
	}
	if len(p.Departement) == 1 {
		p.Departement = "0" + p.Departement
	}
	p.Point = rec.point
	lat, lon := f["lat"], f["lon"]
	if lat == "" && lon == "" {
		lat, lon = splitPoint(f["point"])
	}
	if p.Point == nil && (lat != "" || lon != "") {
		if p.Point = pointOf(lat, lon); p.Point == nil {
			problems = append(problems, warning("unreadable-position", "place", "position illisible : « %s ; %s » (écrivez deux nombres : 48.39 et -4.48)", instance.CleanName(lat, 30), instance.CleanName(lon, 30)))
		}
	}
	return place(p), problems
}

// splitPoint reads "48.39, -4.48", "48,39 ; -4,48" or "48.39 -4.48".
func splitPoint(s string) (lat, lon string) {
	s = strings.Trim(s, "[]() ")
	for _, sep := range []string{";", ", ", " ", ","} {
		if parts := splitTrim(s, sep); len(parts) == 2 {
			return parts[0], parts[1]
		}
	}
	return "", ""
}

// splitList reads several values of one cell: separated by |, ; or commas.
func splitList(s string) []string {
	for _, sep := range []string{"|", ";"} {
		if strings.Contains(s, sep) {
			return splitTrim(s, sep)
		}
	}
	return splitTrim(s, ",")
}

// FieldNames lists the fields in order.
func FieldNames() []string { return slices.Sorted(maps.Keys(Fields)) }
