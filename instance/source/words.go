package source

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/maillage/maillage/instance"
)

// synonyms are words of other software for terms of our lists, folded.
var synonyms = map[string]map[string]string{
	"themes": {
		"openstreetmap": "cartographie", "osm": "cartographie", "carte": "cartographie", "cartes": "cartographie",
		"opendata": "donnees-ouvertes", "open-data": "donnees-ouvertes", "donnees": "donnees-ouvertes",
		"wikipedia": "connaissance-libre", "wiki": "connaissance-libre",
		"logiciel-libre": "logiciels-libres", "linux": "logiciels-libres", "gnu-linux": "logiciels-libres", "libre": "logiciels-libres", "install-party": "logiciels-libres",
		"photo": "photographie-images", "patrimoine": "histoire-patrimoine", "histoire": "histoire-patrimoine",
		"democratie": "democratie-locale", "citoyennete": "participation-citoyenne", "participation": "participation-citoyenne",
		"commun": "communs", "numerique": "inclusion-numerique", "mediation-numerique": "inclusion-numerique", "inclusion": "inclusion-numerique",
		"tiers-lieu": "tiers-lieux", "coworking": "tiers-lieux", "fablab": "fabrication-numerique", "impression-3d": "fabrication-numerique", "diy": "fabrication-numerique", "makers": "fabrication-numerique",
		"environnement": "environnement-biodiversite", "biodiversite": "environnement-biodiversite", "ecologie": "environnement-biodiversite", "nature": "environnement-biodiversite",
		"velo": "mobilite", "transport": "mobilite", "agriculture": "alimentation", "jardin": "alimentation",
		"sport": "sport-loisirs", "loisirs": "sport-loisirs", "solidarite": "action-sociale", "ess": "economie-sociale-solidaire",
		"education": "education-formation", "formation": "education-formation", "ecole": "education-formation",
		"science": "recherche-science-ouverte", "recherche": "recherche-science-ouverte", "medias": "medias-documentation",
		"accessibilite": "accessibilite-handicap", "handicap": "accessibilite-handicap", "vie-privee": "donnees-personnelles",
		"reparation": "reemploi-materiel", "reemploi": "reemploi-materiel", "repair-cafe": "reemploi-materiel", "recyclage": "reemploi-materiel",
	},
	"event_kinds": {
		"mapping-party": "cartopartie", "cartoparty": "cartopartie", "workshop": "atelier", "ateliers": "atelier", "talk": "conference", "conferences": "conference",
		"conferencetalk": "conference", "training": "formation", "educationevent": "formation", "meeting": "reunion", "meetup": "rencontre-locale", "rencontre": "rencontre-locale",
		"install-party": "atelier", "hackathons": "hackathon", "hackathonevent": "hackathon", "festivalevent": "festival", "socialevent": "rencontre-locale",
	},
	"actor_kinds": {
		"asso": "association", "associations": "association", "ong": "association", "organisme-a-but-non-lucratif": "association", "loi-1901": "association",
		"tiers-lieux": "tiers-lieu", "coworking": "tiers-lieu", "espace-de-coworking": "tiers-lieu", "cafe-associatif": "tiers-lieu",
		"fab-lab": "fablab", "makerspace": "fablab", "hackerspace": "fablab", "mairie": "collectivite", "commune": "collectivite", "collectivite-territoriale": "collectivite", "departement": "collectivite", "region": "collectivite",
		"societe": "entreprise", "scop": "entreprise", "scic": "entreprise", "cooperative": "entreprise", "commerce": "entreprise", "sarl": "entreprise",
		"ecole": "education-recherche", "universite": "education-recherche", "lycee": "education-recherche", "college": "education-recherche", "laboratoire": "education-recherche",
		"bibliotheque": "institution", "mediatheque": "institution", "service-public": "institution", "etablissement-public": "institution", "musee": "institution",
		"groupe": "collectif", "informel": "collectif", "federation": "reseau",
	},
	"event_status": {
		"confirmed": "confirme", "tentative": "propose", "cancelled": "annule", "canceled": "annule", "annulee": "annule",
		"eventscheduled": "prevu", "eventcancelled": "annule", "eventpostponed": "reporte", "postponed": "reporte", "reportee": "reporte",
		"planifie": "prevu", "prevue": "prevu", "confirmee": "confirme", "proposee": "propose", "passee": "passe", "termine": "passe",
	},
	"licences": {
		"licence-ouverte": "LO-2.0", "lo": "LO-2.0", "etalab": "LO-2.0", "etalab-2-0": "LO-2.0", "licence-ouverte-2-0": "LO-2.0", "fr-lo": "LO-2.0", "lov2": "LO-2.0",
		"odbl": "ODbL-1.0", "open-database-license": "ODbL-1.0", "odc-odbl": "ODbL-1.0", "open-data-commons-open-database-license": "ODbL-1.0",
		"cc-by-sa": "CC-BY-SA-4.0", "cc-by": "CC-BY-4.0", "cc0": "CC0-1.0", "cc-zero": "CC0-1.0", "public-domain": "domaine-public",
	},
}

// termOf finds the slug of a list that a word of another software means; "" when
// there is none.
func termOf(list, word string) string {
	slug := instance.Slugify(strings.TrimPrefix(strings.TrimSpace(word), "#"))
	if slug == "" {
		return ""
	}
	v := instance.Vocabularies()
	if v.Has(list, slug) {
		return slug
	}
	if term := synonyms[list][slug]; v.Has(list, term) {
		return term
	}
	return termLabels()[[2]string{list, slug}]
}

// termLabels finds the terms of the lists that words are looked for in by their folded
// labels: of two with one label, the first.
var termLabels = sync.OnceValue(func() map[[2]string]string {
	labels := map[[2]string]string{}
	for _, list := range []string{"themes", "event_kinds", "event_status", "actor_kinds", "ecosystem_roles", "typologies", "licences"} {
		for _, term := range instance.Vocabularies().Terms(list) {
			for _, label := range []string{term.FR, term.EN, term.Slug} {
				key := [2]string{list, instance.Slugify(label)}
				if _, taken := labels[key]; !taken {
					labels[key] = term.Slug
				}
			}
		}
	}
	return labels
})

// termsOf maps words to a list, each term once; the words that mean none of them are
// returned as well.
func termsOf(list string, words []string) (slugs, unknown []string) {
	for _, word := range words {
		switch slug := termOf(list, word); {
		case slug == "":
			unknown = append(unknown, word)
		case !slices.Contains(slugs, slug):
			slugs = append(slugs, slug)
		}
	}
	return slugs, unknown
}

// licences by the beginning of the address of their text.
var licenceAddresses = map[string]string{
	"creativecommons.org/licenses/by-sa/": "CC-BY-SA-4.0", "creativecommons.org/licenses/by/": "CC-BY-4.0",
	"creativecommons.org/publicdomain/zero/": "CC0-1.0", "opendatacommons.org/licenses/odbl": "ODbL-1.0",
	"www.openstreetmap.org/copyright": "ODbL-1.0", "www.etalab.gouv.fr/licence-ouverte": "LO-2.0",
}

// licenceOf reads a licence, by name or address; "" when it is none that we know.
func licenceOf(s string) string {
	s = strings.TrimSpace(s)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		for prefix, slug := range licenceAddresses {
			if strings.HasPrefix(rest, prefix) {
				return slug
			}
		}
		return ""
	}
	return termOf("licences", s)
}

// bareDomain is an address that people write without its scheme: "asso.example.org/agenda".
var bareDomain = regexp.MustCompile(`(?i)^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?$`)

// webAddress is a web address as it may be kept: one without a scheme is completed,
// a relative one of a page or feed resolved, anything else than http(s) is "".
func (r *reading) webAddress(s string) string {
	s = strings.TrimSpace(s)
	relative := r.harvest.Format == string(HTML) || r.harvest.Format == string(Feed)
	if !relative && bareDomain.MatchString(s) || strings.HasPrefix(strings.ToLower(s), "www.") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || s == "" || len(s) > 2000 {
		return ""
	}
	if base, err := url.Parse(r.options.Base); err == nil && relative && !u.IsAbs() && base.Host != "" {
		u = base.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// lead is a summary of a text: its first words, up to a sentence if one ends in time.
// It cuts between words: half an e-mail address would not be seen as one.
func lead(text string) string {
	const limit = 280
	text = strings.TrimSpace(spaced(instance.PlainText(text)))
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	cut := string(runes[:limit])
	if end := strings.LastIndexAny(cut, ".!?"); end > limit/2 {
		return cut[:end+1]
	}
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		return cut[:space] + "…"
	}
	return "" // one word without end
}
