package web

import (
	"strings"

	"github.com/maillage/maillage/instance"
)

// geocodesBy is how many addresses an account may have looked for within tryWindow: the
// service that answers is somebody else's.
const geocodesBy = 30

// foundPlaces is what a geocoder answers, for the author to choose from.
type foundPlaces struct {
	Places      []foundPlace
	Attribution string
}

// foundPlace is one answer; At is what its button sends.
type foundPlace struct{ Label, At string }

// Basemap is the background of the small map; nil for the map's own.
func (f *editForm) Basemap() *basemap { return f.r.s.basemap }

// Geocodes says whether the node can find addresses.
func (f *editForm) Geocodes() bool { return f.r.s.node.Geocoder() != nil }

// locating answers the buttons that find an address and take one of those found, which
// work without JavaScript. It says whether one was pressed.
func (f *editForm) locating() bool {
	at, find := f.Get("position"), f.Get("trouver") != ""
	f.Del("position")
	f.Del("trouver")
	if lat, lon, ok := strings.Cut(at, ","); ok {
		f.Set("lat", lat)
		f.Set("lon", lon)
		if f.point() != nil {
			f.placed = f.r.T("point.taken")
		}
		return true
	}
	if find {
		f.findAddress()
	}
	return find || at != ""
}

// findAddress asks the geocoder where the address that was typed may be.
func (f *editForm) findAddress() {
	geocoder := f.r.s.node.Geocoder()
	street, place, commune := f.text("street"), f.text("place"), f.text("commune")
	switch {
	case geocoder == nil:
		f.fail("street", "ce nœud ne sait pas chercher une adresse : posez le point sur la carte, ou écrivez les coordonnées")
		return
	case street == "" && place == "":
		f.fail("street", "écrivez d’abord l’adresse ou le nom du lieu")
		return
	case f.r.s.attempts.take("geocode by "+f.r.account.ID, geocodesBy) > 0:
		f.fail("street", "vous avez cherché beaucoup d’adresses : réessayez dans un quart d’heure")
		return
	}
	q := instance.AddressQuery{Limit: 5}
	var known instance.Place
	f.locate(&known, commune)
	q.INSEE, q.PostalCode = known.INSEE, known.PostalCode
	text := street
	if text == "" {
		text = place
	}
	q.Text = strings.TrimSuffix(text+", "+known.Locality, ", ")
	found, err := geocoder.Geocode(f.r.ctx(), q)
	switch {
	case err != nil:
		f.r.s.log.WarnContext(f.r.ctx(), "geocoder", "err", err)
		f.fail("street", "le service qui cherche les adresses ne répond pas : posez le point sur la carte, ou réessayez plus tard")
	case len(found) == 0:
		f.fail("street", "aucune adresse ne ressemble à celle-ci : vérifiez-la, ou posez le point sur la carte")
	default:
		f.found = &foundPlaces{Attribution: geocoder.Attribution()}
		for _, l := range found {
			f.found.Places = append(f.found.Places, foundPlace{l.Label, coordinate(l.Point.Lat) + "," + coordinate(l.Point.Lon)})
		}
	}
}

// Found is what the geocoder answered; nil when it was not asked.
func (f *editForm) Found() *foundPlaces { return f.found }

// Placed says that a position was taken; "" when none was.
func (f *editForm) Placed() string { return f.placed }
