package geocode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/instance"
)

// The services, by their name in Options.
const (
	BAN       = "ban"
	Nominatim = "nominatim"
	Photon    = "photon"
)

// Options choose a service.
type Options struct {
	Service string // BAN, Nominatim or Photon
	// URL is where its search is; the public one when empty. Photon's and Nominatim's
	// public servers are for light use: a node that imports much should have its own.
	URL string
	// UserAgent names the node, and how to reach who runs it: Nominatim's terms ask
	// for it.
	UserAgent string
	// PerSecond is how many requests may be sent in a second; 0 is what the terms of
	// the service's public server allow: 50 for BAN, 1 for the others.
	PerSecond float64
	// CacheSize is how many answers are kept; 0 = 1024.
	CacheSize int
	// Timeout of one request, once its turn has come; 0 = 5 s.
	Timeout time.Duration
}

const (
	maxBody  = 1 << 20 // bytes of an answer
	maxText  = 200     // characters of a question, as BAN has it
	maxLimit = 20
	maxWait  = 30 * time.Second // for one's turn
	keepFor  = 30 * 24 * time.Hour
)

// service is what tells one geocoder from another.
type service struct {
	url         string
	perSecond   float64
	attribution string
	query       func(q instance.AddressQuery) url.Values
	parse       func(body []byte) ([]instance.Located, error)
}

var services = map[string]service{
	BAN: {
		url: "https://data.geopf.fr/geocodage/search", perSecond: 50, query: banQuery, parse: parseBAN,
		attribution: "Base Adresse Nationale, Géoplateforme (IGN), Licence Ouverte",
	},
	Nominatim: {
		url: "https://nominatim.openstreetmap.org/search", perSecond: 1, query: nominatimQuery, parse: parseNominatim,
		attribution: "© les contributeurs d’OpenStreetMap, ODbL, par Nominatim",
	},
	Photon: {
		url: "https://photon.komoot.io/api/", perSecond: 1, query: photonQuery, parse: parsePhoton,
		attribution: "© les contributeurs d’OpenStreetMap, ODbL, par Photon",
	},
}

// Geocoder implements instance.Geocoder. It is safe for concurrent use.
type Geocoder struct {
	service
	userAgent string
	client    *http.Client
	cache     *cache
	turns     *turns
}

var _ instance.Geocoder = (*Geocoder)(nil)

// New checks the options and returns a geocoder; it sends nothing.
func New(o Options) (*Geocoder, error) {
	s, ok := services[o.Service]
	if !ok {
		return nil, fmt.Errorf("géocodeur « %s » inconnu : écrivez ban, nominatim ou photon", o.Service)
	}
	if o.URL != "" {
		u, err := url.Parse(o.URL)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.User != nil {
			return nil, fmt.Errorf("adresse du géocodeur « %s » : écrivez une adresse entière, sans ? ni mot de passe, par exemple %s", o.URL, s.url)
		}
		s.url = o.URL
	}
	if o.Service == Nominatim && o.UserAgent == "" {
		return nil, errors.New("nominatim demande qui pose la question : donnez un User-Agent avec l'adresse du nœud")
	}
	if o.PerSecond < 0 || math.IsNaN(o.PerSecond) {
		return nil, fmt.Errorf("%v demandes par seconde au géocodeur : écrivez un nombre positif, ou 0 pour ses conditions d'utilisation", o.PerSecond)
	}
	return &Geocoder{
		service: s, userAgent: o.UserAgent,
		client: &http.Client{
			Timeout: cmp.Or(o.Timeout, 5*time.Second),
			// A geocoder has no reason to send us, and what somebody typed, elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		cache: newCache(cmp.Or(o.CacheSize, 1024), keepFor),
		turns: newTurns(cmp.Or(o.PerSecond, s.perSecond)),
	}, nil
}

// Attribution implements instance.Geocoder.
func (g *Geocoder) Attribution() string { return g.attribution }

// Geocode implements instance.Geocoder. The error never holds what was asked.
func (g *Geocoder) Geocode(ctx context.Context, q instance.AddressQuery) ([]instance.Located, error) {
	q, err := clean(q)
	if err != nil {
		return nil, err
	}
	if found, ok := g.cache.get(q); ok {
		return found, nil
	}
	if err := g.turns.wait(ctx); err != nil {
		return nil, err
	}
	if found, ok := g.cache.get(q); ok { // somebody asked the same while we waited
		return found, nil
	}
	found, err := g.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	g.cache.put(q, found)
	return found, nil
}

// clean puts equal questions in one form, and refuses what no service answers.
func clean(q instance.AddressQuery) (instance.AddressQuery, error) {
	q.Text = strings.Join(strings.Fields(strings.ToValidUTF8(q.Text, " ")), " ")
	if n := utf8.RuneCountInString(q.Text); n < 3 || n > maxText {
		return q, &instance.ValidationError{Fields: []instance.FieldError{{
			Field: "adresse", Message: fmt.Sprintf("écrivez de 3 à %d caractères", maxText),
		}}}
	}
	if q.Limit <= 0 {
		q.Limit = 5
	}
	q.Limit = min(q.Limit, maxLimit)
	return q, nil
}

func (g *Geocoder) ask(ctx context.Context, q instance.AddressQuery) ([]instance.Located, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+"?"+g.query(q).Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("géocodeur : %w", withoutURL(err))
	}
	req.Header.Set("Accept", "application/json")
	if g.userAgent != "" {
		req.Header.Set("User-Agent", g.userAgent)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("le géocodeur ne répond pas, réessayez plus tard : %w", withoutURL(err))
	}
	defer resp.Body.Close()
	if err := g.refusal(resp); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("le géocodeur s'est interrompu, réessayez plus tard : %w", withoutURL(err))
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("le géocodeur envoie plus de %d octets : vérifiez son adresse", maxBody)
	}
	found, err := g.parse(body)
	if err != nil {
		return nil, fmt.Errorf("la réponse du géocodeur ne se lit pas, vérifiez son adresse : %w", err)
	}
	return found[:min(len(found), q.Limit)], nil
}

// refusal says why there is no answer; a service that is overloaded gets a rest.
func (g *Geocoder) refusal(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return fmt.Errorf("le géocodeur ne comprend pas cette adresse (%s) : %w", resp.Status, instance.ErrInvalid)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		g.turns.pause(retryAfter(resp.Header))
	}
	return fmt.Errorf("le géocodeur répond %s, réessayez plus tard", resp.Status)
}

// withoutURL drops the address of a request, which holds what somebody typed.
func withoutURL(err error) error {
	if wrong, ok := errors.AsType[*url.Error](err); ok {
		return wrong.Err
	}
	return err
}
