package as2

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

var (
	noon  = time.Date(2027, 3, 14, 12, 0, 0, 0, time.UTC)
	paris = func() *time.Location {
		loc, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			panic(err)
		}
		return loc
	}()
)

func testEnv(t testing.TB) Env {
	t.Helper()
	urls, err := instance.NewURLs("https://opl.example.org")
	if err != nil {
		t.Fatal(err)
	}
	return Env{URLs: urls}
}

// fullBase has every field of a Base that travels.
func fullBase(kind instance.Kind, path string) instance.Base {
	iri := "https://opl.example.org" + path
	return instance.Base{
		ID: iri, Kind: kind, Owner: "https://opl.example.org/organisations/tiriad", URL: iri,
		Name: "Atelier: vélo & « carto »", Summary: "Pour apprendre <ensemble>, dès 8 ans.",
		Content: "<p>Venez avec <strong>votre vélo</strong>, à 14 h – ça roule.</p>", Language: "fr",
		Licence: "CC-BY-SA-4.0", Themes: []string{"mobilite", "donnees-ouvertes"},
		Territories: []instance.Ref{
			{ID: "https://opl.example.org/territoires/brest-saint-marc", Slug: "brest-saint-marc", Name: "Saint-Marc", URL: "https://opl.example.org/territoires/brest-saint-marc"},
			{Slug: "pays-de-brest", Name: "Pays de Brest"},
		},
		Place: &instance.Place{
			ID: "https://opl.example.org/lieux/1", Name: "Maison de quartier", Street: "1 rue du Port", PostalCode: "29200", Locality: "Brest",
			Departement: "29", INSEE: "29019", Region: "Bretagne", Country: "France", Point: &instance.Point{Lat: 48, Lon: -4.4861}, Precision: instance.PrecisionPlace,
		},
		Image:       &instance.Image{URL: "https://media.example.org/velo.png", MediaType: "image/png", Alt: "Un vélo retourné sur un établi", Width: 1200, Height: 600},
		DerivedFrom: "https://libertic.example/recettes/atelier",
		Published:   noon.Add(-time.Hour), Updated: noon,
	}
}

func fullEvent() *instance.Event {
	return &instance.Event{
		Base:      fullBase(instance.KindEvent, "/evenements/atelier-velo"),
		When:      instance.When{Start: noon.Add(time.Hour), End: noon.Add(5 * time.Hour), Zone: "Indian/Reunion", Text: "le deuxième dimanche", Approx: "2027-03", Source: "https://a.example/agenda"},
		EventKind: "cartopartie", Status: instance.StatusPlanned, StatusAsOf: "2027-01-05",
		Organisers: []instance.Ref{
			{ID: "https://libertic.example/organisations/libertic", Slug: "libertic", Name: "LiberTIC", URL: "https://libertic.example/"},
			{Name: "Mairie de Brest"},
		},
		PartOf:       &instance.Ref{ID: "https://opl.example.org/evenements/opl-brest", Slug: "opl-brest", Name: "Opération Libre de Brest"},
		Participants: 42, Capacity: 60, ParticipationURL: "https://inscription.example/velo", OnlineURL: "https://visio.example/velo",
		Contributions: []instance.Contribution{
			{Type: "osm-edition", Name: "Pistes cyclables", URL: "https://www.openstreetmap.org/changeset/1", Licence: "ODbL-1.0"},
			{Type: "commons-media", Count: 120, Source: "https://commons.example/bilan"},
		},
		Inferred:   []string{"organisers", "locality"},
		Activities: []string{"cartopartie", "culture-generale"}, Accessibility: []string{"acces-pmr", "gratuit"},
		Practical: &instance.Practical{
			Access: "Par la cour, sonnez <fort>.", Transport: "Tram A, arrêt Saint-Marc.\nCovoiturage.", Meals: "Repas partagé", Housing: "Chez l'habitant", Toilets: "Sèches",
		},
		Series: "https://opl.example.org/evenements/atelier-velo-1",
	}
}

func fullRecipe() *instance.Recipe {
	return &instance.Recipe{
		Base:     fullBase(instance.KindRecipe, "/recettes/cartopartie"),
		Audience: "Associations & médiathèques", Duration: "un week-end",
		Ingredients: []instance.Ingredient{{Name: "Une grande salle", Category: "lieu", Essential: true}, {Name: "Du café"}},
		Steps:       []instance.Step{{Title: "Rencontrer la commune", When: "J-6 mois", What: "Voir le maire."}, {Title: "Publier"}},
		Programme:   []instance.Slot{{Day: 1, Slot: "matin", Title: "Accueil", What: "Brise-glace."}, {Title: "Bilan"}},
		Roles:       []instance.RecipeRole{{Name: "Référent", What: "Garde la vue d'ensemble."}, {Name: "Accueil"}},
		Arguments:   []instance.Argument{{Objection: "C'est cher", Answer: "Non : < 100 €."}},
		Outputs:     []string{"Une carte", "Des photos"}, Aftercare: []string{"Une permanence par mois"},
		Original: &instance.OriginalSource{Licence: "CC-BY-SA 3.0 France"}, ToVerify: "la licence des photos",
	}
}

func fullPartner() *instance.Partner {
	return &instance.Partner{
		Base: fullBase(instance.KindPartner, "/annuaire/libertic"), Actor: "https://libertic.example/organisations/libertic",
		ActorKind: "association", Typology: "societe-civile", Roles: []string{"facilitateur", "valorisateur"},
		Website: "https://libertic.example/", WebsiteBy: "notoire", ToVerify: []string{"typology", "roles"},
	}
}

func fullAnnouncement() *instance.Announcement {
	return &instance.Announcement{Base: fullBase(instance.KindAnnouncement, "/annonces/merci"), InReplyTo: "https://mastodon.example/users/a/statuses/1"}
}

func TestObjectsComeBackWhole(t *testing.T) {
	t.Parallel()
	vague := fullEvent()
	vague.When = instance.When{Text: "octobre 2017", Approx: "2017-10"}
	days := fullEvent()
	days.When = instance.When{Start: time.Date(2013, 4, 6, 0, 0, 0, 0, paris).UTC(), End: time.Date(2013, 4, 7, 0, 0, 0, 0, paris).UTC(), AllDay: true}
	oneDay := fullEvent()
	oneDay.When = instance.When{Start: time.Date(2013, 4, 6, 0, 0, 0, 0, paris).UTC(), AllDay: true, Zone: "Europe/Paris"}
	openEnd := fullEvent()
	openEnd.When = instance.When{Start: noon}
	cancelled := fullEvent()
	cancelled.Status = instance.StatusCancelled
	bare := &instance.Event{Base: instance.Base{
		ID: "https://opl.example.org/evenements/x", Kind: instance.KindEvent, Owner: "https://opl.example.org/actor", URL: "https://opl.example.org/evenements/x",
		Name: "Réunion", Published: noon, Updated: noon, Place: &instance.Place{Locality: "Brest"},
	}}
	quiet := fullAnnouncement()
	quiet.Name, quiet.Summary, quiet.Image.Alt = "", "", ""
	long := fullRecipe()
	long.Content = "<p>" + strings.Repeat("é", maxContentMap) + "</p>"
	unsigned := fullPartner()
	unsigned.Actor, unsigned.Website, unsigned.Place = "", "", nil

	for name, o := range map[string]instance.Object{
		"event": fullEvent(), "vague event": vague, "event of whole days": days, "event of one day": oneDay,
		"event with an open end": openEnd, "cancelled event": cancelled, "bare event": bare,
		"recipe": fullRecipe(), "long recipe": long, "sheet": fullPartner(), "sheet without an account": unsigned,
		"announcement": fullAnnouncement(), "announcement without a title": quiet,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := MarshalObject(o, testEnv(t))
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParseObject(data)
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			equal(t, back, o)
			strictlyShaped(t, data)
		})
	}
}

func fullActor(kind instance.Kind, path, handle string) *instance.Actor {
	iri := "https://opl.example.org" + path
	return &instance.Actor{
		ID: iri, Kind: kind, Type: wireTypes[kind], Handle: handle, Name: "Tiriad: Brest", Summary: "<p>Le <em>territoire</em>.</p>",
		URL: iri, Website: "https://tiriad.example/?a=1&b=2", Inbox: iri + "/inbox", SharedInbox: "https://opl.example.org/inbox",
		Outbox: iri + "/outbox", Followers: iri + "/followers", KeyID: iri + "#main-key",
		KeyPEM: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
		Image:  &instance.Image{URL: "https://media.example.org/logo.svg", MediaType: "image/svg+xml", Alt: "Un logo"},
		Place:  &instance.Place{Name: "Le local", Locality: "Brest", Point: &instance.Point{Lat: 48.39, Lon: -4}, Precision: instance.PrecisionPlace},
		Themes: []string{"communs", "tiers-lieux"}, Created: noon.Add(-time.Hour), Updated: noon,
	}
}

// fullPerson says all that a person may say of themselves.
func fullPerson() *instance.Actor {
	a := fullActor(instance.KindPerson, "/personnes/membre", "membre")
	a.Name, a.Summary = "Membre", "<p>Je cartographie.</p>"
	a.Place = &instance.Place{Locality: "Brest", Point: &instance.Point{Lat: 48.39, Lon: -4.48}, Precision: instance.Precision1Km}
	a.Profile = &instance.Profile{
		Likes: []string{"cartographier à vélo"}, Teaches: []string{"OpenStreetMap", "la soudure & <le reste>"}, Helps: []string{"monter un fablab"},
		Languages: []string{"fr", "br"},
	}
	return a
}

func TestActorsComeBackWhole(t *testing.T) {
	t.Parallel()
	far := fullPerson()
	far.Place.Precision = instance.Precision5Km
	unsaid := fullPerson()
	unsaid.Profile = nil
	node := fullActor(instance.KindNode, "/actor", "opl.example.org")
	node.Directory, node.Territories = "https://opl.example.org/annuaire", "https://opl.example.org/territoires"
	territory := fullActor(instance.KindTerritory, "/territoires/brest-saint-marc", "brest_saint_marc")
	territory.Territory = &instance.Territory{
		Kind: "quartier", Codes: []instance.Code{{Type: "insee", Value: "29019"}, {Type: "iris", Value: "290190101"}},
		Parent:       &instance.Ref{ID: "https://opl.example.org/territoires/brest", Slug: "brest", Name: "Brest"},
		Departements: []string{"29"}, Note: "Rive droite.",
	}
	plain := fullActor(instance.KindOrganisation, "/organisations/x", "x")
	plain.Website, plain.Image, plain.Place, plain.Themes, plain.SharedInbox = "", nil, nil, nil, ""

	for name, a := range map[string]*instance.Actor{
		"node": node, "territory": territory, "organisation without anything": plain,
		"organisation":          fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad"),
		"person":                fullActor(instance.KindPerson, "/personnes/membre", "membre"),
		"person with a profile": fullPerson(), "person somewhere around there": far, "person without a profile": unsaid,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := MarshalActor(a, testEnv(t))
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParseActor(data)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, back, a)
			strictlyShaped(t, data)
		})
	}
}

// Whether somebody takes letters is nobody's business but their node's, and a profile
// is a person's.
func TestWhatAProfileKeepsToItself(t *testing.T) {
	t.Parallel()
	relayed := fullPerson()
	relayed.Profile.Relay = true
	data, err := MarshalActor(relayed, testEnv(t))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := MarshalActor(fullPerson(), testEnv(t))
	if err != nil || !bytes.Equal(data, plain) {
		t.Errorf("%v: taking letters shows in %s", err, data)
	}
	forged := bytes.Replace(data, []byte(`"maillage:likes"`), []byte(`"maillage:relay":true,"relay":true,"maillage:likes"`), 1)
	if a, err := ParseActor(forged); err != nil || a.Profile == nil || a.Profile.Relay {
		t.Errorf("read as %+v, %v", a, err)
	}
	only := fullPerson()
	only.Profile = &instance.Profile{Relay: true}
	if data, err = MarshalActor(only, testEnv(t)); err != nil {
		t.Fatal(err)
	}
	if a, err := ParseActor(data); err != nil || a.Profile != nil {
		t.Errorf("read as %+v, %v", a, err)
	}
	organisation := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad")
	organisation.Profile = fullPerson().Profile
	if data, err = MarshalActor(organisation, testEnv(t)); err != nil || bytes.Contains(data, []byte("maillage:likes")) {
		t.Errorf("an organisation with a profile: %s, %v", data, err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	g, _ := json.MarshalIndent(got, "", " ")
	w, _ := json.MarshalIndent(want, "", " ")
	t.Errorf("got %s\nwant %s", g, w)
}

// strictlyShaped checks what some peer or other insists on, anywhere in a document.
func strictlyShaped(t *testing.T, data []byte) {
	t.Helper()
	if _, err := decode(data); err != nil {
		t.Fatal(err)
	}
	lists := map[string]bool{"to": true, "cc": true, "tag": true, "attachment": true, "orderedItems": true}
	singles := map[string]bool{"type": true, "attributedTo": true, "actor": true, "image": true, "location": true, "publicKey": true}
	var check func(path string, v any)
	check = func(path string, v any) {
		switch v := v.(type) {
		case nil:
			t.Errorf("%s is null", path)
		case []any:
			for _, entry := range v {
				check(path, entry)
			}
		case map[string]any:
			for key, value := range v {
				if key == "@context" {
					continue
				}
				_, list := value.([]any)
				if lists[key] && !list || singles[key] && list {
					t.Errorf("%s.%s has the wrong shape", path, key)
				}
				check(path+"."+key, value)
			}
		}
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	check("", v)
}

func TestCoordinatesKeepTheirPoint(t *testing.T) {
	t.Parallel()
	for value, want := range map[degrees]string{47: "47.0", -1.5536: "-1.5536", 0.00001: "0.00001", -180: "-180.0"} {
		if got, err := json.Marshal(value); err != nil || string(got) != want {
			t.Errorf("%v: got %s, %v; want %s", float64(value), got, err, want)
		}
	}
}

func TestActivitiesCarryWhatPeersNeed(t *testing.T) {
	t.Parallel()
	org := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad")
	commune := fullActor(instance.KindTerritory, "/territoires/brest", "brest")
	ev := fullEvent()
	gone := fullEvent()
	gone.Deleted = noon
	for _, test := range []struct {
		verb       instance.Verb
		actor      *instance.Actor
		object     instance.Object
		objectType string
	}{
		{instance.VerbCreate, org, ev, "Event"},
		{instance.VerbUpdate, org, ev, "Event"},
		{instance.VerbDelete, org, gone, "Tombstone"},
		{instance.VerbAnnounce, commune, ev, ""},
	} {
		t.Run(string(test.verb), func(t *testing.T) {
			t.Parallel()
			data, err := MarshalActivity(test.verb, "https://opl.example.org/activites/1", test.actor, test.object, testEnv(t))
			if err != nil {
				t.Fatal(err)
			}
			strictlyShaped(t, data)
			a, err := ParseActivity(data)
			if err != nil {
				t.Fatal(err)
			}
			if a.Type != string(test.verb) || a.Actor != test.actor.ID || a.ObjectID != ev.ID || a.ObjectType != test.objectType {
				t.Errorf("got %+v", a)
			}
			if len(a.To) != 1 || a.To[0] != Public || a.Cc[0] != test.actor.Followers || a.Published.IsZero() {
				t.Errorf("to %q, cc %q, published %v", a.To, a.Cc, a.Published)
			}
			if test.objectType == "Event" {
				back, err := ParseObject(a.ObjectRaw)
				if err != nil {
					t.Fatal(err)
				}
				equal(t, back, ev)
			}
		})
	}
}

func TestActorActivities(t *testing.T) {
	t.Parallel()
	org := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad")
	data, err := MarshalActorActivity(instance.VerbUpdate, "https://opl.example.org/activites/1", org, testEnv(t))
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseActivity(data)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseActor(a.ObjectRaw)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, back, org)

	data, err = MarshalActorActivity(instance.VerbDelete, "https://opl.example.org/activites/2", org, testEnv(t))
	if err != nil {
		t.Fatal(err)
	}
	if a, err = ParseActivity(data); err != nil || a.ObjectID != org.ID || a.ObjectRaw != nil {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err = MarshalActorActivity(instance.VerbAnnounce, "https://opl.example.org/activites/3", org, testEnv(t)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestActivityTooLarge(t *testing.T) {
	t.Parallel()
	ev := fullEvent()
	ev.Content = strings.Repeat("é", maxActivity/2)
	org := fullActor(instance.KindOrganisation, "/organisations/tiriad", "tiriad")
	if _, err := MarshalActivity(instance.VerbCreate, "https://opl.example.org/activites/1", org, ev, testEnv(t)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestFollowsAndTheirAnswers(t *testing.T) {
	t.Parallel()
	const us, them = "https://opl.example.org/territoires/brest", "https://gancio.example/federation/u/relay"
	received := []byte(`{"id":"https://gancio.example/f/https://opl.example.org","type":"Follow","actor":"` + them + `","object":"` + us + `","odd":"<&>"}`)
	follow := instance.Follow{ID: "https://gancio.example/f/1", Actor: them, Object: us, Raw: received}
	for name, data := range map[string][]byte{
		"Accept": MarshalAccept("https://opl.example.org/activites/1", follow),
		"Reject": MarshalReject("https://opl.example.org/activites/1", follow),
	} {
		a, err := ParseActivity(data)
		if err != nil {
			t.Fatal(err)
		}
		if a.Type != name || a.Actor != us || len(a.To) != 1 || a.To[0] != them || string(a.ObjectRaw) != string(received) {
			t.Errorf("%s: got %+v", name, a)
		}
	}
	follow.Raw = nil
	a, err := ParseActivity(MarshalAccept("https://opl.example.org/activites/1", follow))
	if err != nil {
		t.Fatal(err)
	}
	inner, err := ParseInner(a.ObjectRaw)
	if err != nil || inner.ID != follow.ID || inner.Actor != them || inner.ObjectID != us || inner.Type != "Follow" {
		t.Errorf("rebuilt follow: got %+v, %v", inner, err)
	}

	ours := MarshalFollow("https://opl.example.org/activites/2", us, them)
	a, err = ParseActivity(MarshalUndo("https://opl.example.org/activites/3", us, ours))
	if err != nil || a.Type != "Undo" || a.ObjectType != "Follow" || string(a.ObjectRaw) != string(ours) {
		t.Errorf("undo: got %+v, %v", a, err)
	}
	if inner, err = ParseInner(a.ObjectRaw); err != nil || inner.ObjectID != them || inner.ObjectRaw != nil {
		t.Errorf("undone follow: got %+v, %v", inner, err)
	}
}

func TestTombstonesComeBack(t *testing.T) {
	t.Parallel()
	for _, o := range []instance.Object{fullEvent(), fullRecipe(), fullPartner(), fullAnnouncement()} {
		o.Common().Deleted = noon
		data, err := MarshalObject(o, testEnv(t))
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseObject(data)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := instance.NewObject(o.Common().Kind)
		want.Common().ID, want.Common().Deleted = o.Common().ID, noon
		equal(t, back, want)
	}
}

func TestCollectionsComeBack(t *testing.T) {
	t.Parallel()
	const id = "https://opl.example.org/actor/outbox"
	c, err := ParseCollection(MarshalCollection(id, id+"?page=1", 340))
	if err != nil || c.ID != id || c.First != id+"?page=1" || c.TotalItems != 340 || c.Items != nil {
		t.Errorf("got %+v, %v", c, err)
	}
	create := json.RawMessage(`{"id":"https://opl.example.org/activites/1","type":"Create"}`)
	page, err := MarshalPage(id+"?page=1", id, id+"?max=x", []json.RawMessage{create, json.RawMessage(`"https://opl.example.org/activites/2"`)})
	if err != nil {
		t.Fatal(err)
	}
	strictlyShaped(t, page)
	c, err = ParseCollection(page)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, c, &Collection{
		ID: id + "?page=1", Type: "OrderedCollectionPage", PartOf: id, Next: id + "?max=x",
		Items: []Item{{ID: "https://opl.example.org/activites/1", Raw: create}, {ID: "https://opl.example.org/activites/2"}},
	})
	empty, err := MarshalPage(id+"?page=9", id, "", nil)
	if err != nil || !strings.Contains(string(empty), `"orderedItems":[]`) {
		t.Errorf("got %s, %v", empty, err)
	}
}

// date is a time of day in Paris, in UTC.
func date(year, month, day, hour, minute int) time.Time {
	return time.Date(year, time.Month(month), day, hour, minute, 0, 0, paris).UTC()
}

func TestARecipeSaysItsSlotsInWords(t *testing.T) {
	t.Parallel()
	r := &instance.Recipe{Programme: []instance.Slot{{Day: 1, Slot: "apres-midi", Title: "Sortie"}, {Slot: "Au goûter", Title: "Bilan"}}}
	for _, want := range []string{"Après-midi", "Au goûter"} {
		if got := recipeHTML(r); !strings.Contains(got, want) {
			t.Errorf("without %q: %s", want, got)
		}
	}
}
