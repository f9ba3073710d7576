package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// addressBook is a geocoder that knows one street.
type addressBook struct{ asked []instance.AddressQuery }

func (b *addressBook) Attribution() string { return "Base Adresse Nationale" }

func (b *addressBook) Geocode(_ context.Context, q instance.AddressQuery) ([]instance.Located, error) {
	b.asked = append(b.asked, q)
	switch {
	case strings.Contains(q.Text, "panne"):
		return nil, errors.New("out of order")
	case !strings.Contains(q.Text, "Siam"):
		return nil, nil
	}
	return []instance.Located{{Label: "12 rue de Siam, 29200 Brest", Point: instance.Point{Lat: 48.3867, Lon: -4.4903}, Precision: instance.PrecisionPlace}}, nil
}

func TestAnAddressIsFoundWithoutJavaScript(t *testing.T) {
	t.Parallel()
	book := &addressBook{}
	s := newSiteWith(t, instance.Options{Geocoder: book})
	s.territory("brest", "Brest", atBrest)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	s.as(cookie, http.MethodGet, "/publier/evenement", nil).shows("Trouver l’adresse")
	form := cartopartie()
	form.Del("action")
	form.Set("trouver", "oui")
	form.Set("place", "")
	s.as(cookie, http.MethodPost, "/publier/evenement", form).shows("écrivez d’abord l’adresse")
	form.Set("street", "en panne")
	s.as(cookie, http.MethodPost, "/publier/evenement", form).shows("ne répond pas")
	form.Set("street", "impasse inconnue")
	s.as(cookie, http.MethodPost, "/publier/evenement", form).shows("aucune adresse ne ressemble à celle-ci")
	form.Set("street", "12 rue de Siam")
	v := s.as(cookie, http.MethodPost, "/publier/evenement", form)
	v.shows("Laquelle est-ce", "12 rue de Siam, 29200 Brest", "Base Adresse Nationale")
	if q := book.asked[len(book.asked)-1]; q.INSEE != "29019" || q.Text != "12 rue de Siam, Brest" {
		t.Errorf("asked %+v", q)
	}
	form.Del("trouver")
	form.Set("position", attribute(v.one("button", "name", "position"), "value"))
	v = s.as(cookie, http.MethodPost, "/publier/evenement", form)
	v.shows("La position est prise")
	if lat, name := attribute(v.one("input", "name", "lat"), "value"), attribute(v.one("input", "name", "name"), "value"); lat != "48.3867" || name != form.Get("name") {
		t.Errorf("the form has %q, %q", lat, name)
	}
	for range geocodesBy {
		form.Del("position")
		form.Set("trouver", "oui")
		v = s.as(cookie, http.MethodPost, "/publier/evenement", form)
	}
	v.shows("vous avez cherché beaucoup d’adresses")
}

func TestAnAddressIsNotLookedForWithoutAGeocoder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	s.as(cookie, http.MethodGet, "/publier/evenement", nil).lacks("Trouver l’adresse") // no geocoder was chosen
}
