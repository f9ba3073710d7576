package web

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/maillage/maillage/instance"
)

// writerOf opens an account that writes for actors, and returns the cookie of its browser.
func (s *site) writerOf(email string, role instance.Role, actors ...string) (cookie string, account *instance.Account) {
	s.Helper()
	a, err := s.node.NewAccount(s.Context(), instance.Account{Email: email, Name: "Lou", Role: role, Organisations: actors}, "")
	s.must(err)
	secret, err := s.node.OpenSession(s.Context(), a.ID, "test")
	s.must(err)
	return "__Host-session=" + secret, a
}

// as visits as somebody who is signed in.
func (s *site) as(cookie, method, target string, form url.Values, header ...string) visited {
	s.Helper()
	return s.do(method, target, form, append(header, "Cookie", cookie)...)
}

// upload sends a form with a picture.
func (s *site) upload(cookie, target string, form url.Values, name string, file []byte) visited {
	s.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, values := range form {
		for _, value := range values {
			s.must(w.WriteField(key, value))
		}
	}
	part, err := w.CreateFormFile("fichier", name)
	s.must(err)
	_, err = part.Write(file)
	s.must(err)
	s.must(w.Close())
	r := httptest.NewRequestWithContext(s.Context(), http.MethodPost, target, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Cookie", cookie)
	v := visited{ResponseRecorder: httptest.NewRecorder(), t: s.T}
	s.echo.ServeHTTP(v, r)
	if strings.HasPrefix(v.Header().Get("Content-Type"), "text/html") {
		v.tree, err = html.Parse(strings.NewReader(v.Body.String()))
		s.must(err)
	}
	return v
}

// went checks that a form led to a page, and returns its path.
func (v visited) went(prefix string) string {
	v.t.Helper()
	to := v.Header().Get("Location")
	if v.Code != http.StatusSeeOther || !strings.HasPrefix(to, prefix) {
		v.t.Fatalf("%d to %q, want 303 to %s…\n%s", v.Code, to, prefix, v.text())
	}
	return to
}

// cartopartie is a form filled in.
func cartopartie() url.Values {
	return url.Values{
		"name": {"Cartographier les fontaines"}, "summary": {"Avec un téléphone."}, "date": {"2027-03-13"}, "from": {"14:00"}, "to": {"17:30"},
		"place": {"Médiathèque"}, "commune": {"Brest"}, "status": {"prevu"}, "action": {"publier"},
	}
}

func TestAnEventIsPublishedWithAForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	s.as(cookie, http.MethodGet, "/publier/evenement", nil).shows("Que vont faire les gens")
	to := s.as(cookie, http.MethodPost, "/publier/evenement", cartopartie()).went("/evenements/cartographier-les-fontaines-")
	if !strings.HasSuffix(to, "/partager") {
		t.Errorf("published: %s", to)
	}
	s.as(cookie, http.MethodGet, to, nil).shows("Qui le verra", "Cartographier les fontaines")
	o, err := s.node.ObjectBySlug(t.Context(), instance.KindEvent, strings.TrimSuffix(strings.TrimPrefix(to, "/evenements/"), "/partager"))
	s.must(err)
	e := o.(*instance.Event)
	if e.Owner != s.org.ID || e.When.Start.Format("2006-01-02T15:04Z") != "2027-03-13T13:00Z" || e.When.End.Format("15:04Z") != "16:30Z" {
		t.Errorf("published %+v", e)
	}
	if e.Place.INSEE != "29019" || e.Place.Point == nil || e.Place.Precision != instance.PrecisionCommune || len(e.Territories) != 1 || e.Territories[0].Slug != "brest" {
		t.Errorf("placed at %+v, in %+v", e.Place, e.Territories)
	}
}

func TestSignUpsAreOpenedInTheFormOfAnEvent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form.Set("join", "restricted")
	form.Set("capacity", "12")
	at := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/"), "/partager")
	event := func() *instance.Event {
		t.Helper()
		o, err := s.node.ObjectBySlug(t.Context(), instance.KindEvent, strings.TrimPrefix(at, "/evenements/"))
		s.must(err)
		return o.(*instance.Event)
	}
	if e := event(); e.JoinMode != instance.JoinRestricted || e.Capacity != 12 {
		t.Errorf("published with sign-ups %q for %d", e.JoinMode, e.Capacity)
	}
	s.get(at).links(at + "/inscription")

	edit := s.as(cookie, http.MethodGet, at+"/modifier", nil)
	if chosen := edit.one("option", "value", "restricted"); len(chosen.Attr) != 2 || chosen.Attr[1].Key != "selected" {
		t.Errorf("the form forgot the choice: %+v", chosen.Attr)
	}
	form.Set("join", "anyone")
	if v := s.as(cookie, http.MethodPost, at+"/modifier", form); v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), "Qui peut s’inscrire ici") || event().JoinMode != instance.JoinRestricted {
		t.Errorf("sign-ups of an unknown kind: %d\n%s", v.Code, v.text())
	}
	form.Set("join", "")
	s.as(cookie, http.MethodPost, at+"/modifier", form).went(at)
	if e := event(); e.JoinMode != instance.JoinNone {
		t.Errorf("sign-ups stay %q", e.JoinMode)
	}
}

func TestWhatIsWrongIsSaidAndKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	v := s.as(cookie, http.MethodPost, "/publier/evenement", url.Values{
		"name": {"C"}, "from": {"14:00"}, "date": {"hier"}, "summary": {"<b>gardé</b>"}, "capacity": {"beaucoup"}, "action": {"publier"},
	})
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("refused with %d", v.Code)
	}
	for _, id := range []string{"f-name", "f-date", "f-capacity"} {
		field := v.one("input", "id", id)
		if attribute(field, "aria-invalid") != "true" || !strings.Contains(attribute(field, "aria-describedby"), id+"-erreur") {
			t.Errorf("%s is not said to be wrong", id)
		}
		v.one("", "id", id+"-erreur")
		v.links("#" + id)
	}
	if got := textOf(v.one("textarea", "id", "f-summary")); got != "<b>gardé</b>" {
		t.Errorf("the sentence became %q", got)
	}
	s.as(cookie, http.MethodPost, "/publier/evenement", url.Values{"name": {"C"}, "action": {"publier"}}, "Accept-Language", "en").
		shows("give a title of at least 3 characters", "things to mend")
}

func TestOnlyThoseWhoWriteThereMayChangeIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.actor(instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	mine, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	theirs, _ := s.writerOf("max@a.example", instance.RoleContributor, other.ID)
	s.event("fete", "Fête du libre", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, nil)
	for _, path := range []string{"modifier", "annuler", "supprimer", "historique", "partager"} {
		if v := s.as(theirs, http.MethodGet, "/evenements/fete/"+path, nil); v.Code != http.StatusForbidden {
			t.Errorf("another's %s: %d", path, v.Code)
		}
		if v := s.as(mine, http.MethodGet, "/evenements/fete/"+path, nil); v.Code != http.StatusOK {
			t.Errorf("one's own %s: %d", path, v.Code)
		}
		if v := s.do(http.MethodGet, "/evenements/fete/"+path, nil); v.Code != http.StatusSeeOther || !strings.HasPrefix(v.Header().Get("Location"), "/connexion") {
			t.Errorf("a visitor's %s: %d", path, v.Code)
		}
	}
	for _, path := range []string{"modifier", "annuler", "supprimer"} {
		form := cartopartie()
		form.Set("suite", "annule")
		if v := s.as(theirs, http.MethodPost, "/evenements/fete/"+path, form); v.Code != http.StatusForbidden {
			t.Errorf("posted another's %s: %d", path, v.Code)
		}
	}
	form := cartopartie()
	form.Set("by", other.ID)
	if v := s.as(mine, http.MethodPost, "/publier/evenement", form); v.Code != http.StatusForbidden {
		t.Errorf("published as another: %d", v.Code)
	}
	s.as(theirs, http.MethodGet, "/evenements/fete", nil).lacks("Modifier")
	s.as(mine, http.MethodGet, "/evenements/fete", nil).links("/evenements/fete/modifier")
	if v := s.as(mine, http.MethodPost, "/publier/evenement", cartopartie(), "Sec-Fetch-Site", "cross-site"); v.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", v.Code)
	}
}

func TestDraftsAreOnesOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mine, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	theirs, _ := s.writerOf("max@a.example", instance.RoleContributor, s.org.ID)
	form := url.Values{"name": {"Ca"}, "from": {"14:00"}, "rhythm": {"week"}, "action": {"brouillon"}}
	address := s.as(mine, http.MethodPost, "/publier/evenement", form).went("/publier/evenement?brouillon=")
	_, id, _ := strings.Cut(address, "=")
	v := s.as(mine, http.MethodGet, address, nil)
	if attribute(v.one("input", "id", "f-from"), "value") != "14:00" || attribute(v.one("input", "id", "f-name"), "value") != "Ca" {
		t.Error("what was typed is not given back")
	}
	s.as(mine, http.MethodGet, "/brouillons", nil).links(address)
	for _, v := range []visited{
		s.as(theirs, http.MethodGet, address, nil),
		s.as(theirs, http.MethodGet, "/brouillons/"+id, nil),
		s.as(theirs, http.MethodPost, "/publier/evenement", url.Values{"name": {"Volé"}, "brouillon": {id}, "action": {"brouillon"}}),
		s.as(theirs, http.MethodPost, "/brouillons/"+id+"/publier", url.Values{}),
		s.as(theirs, http.MethodPost, "/brouillons/"+id+"/supprimer", url.Values{}),
	} {
		if v.Code != http.StatusForbidden {
			t.Errorf("another's draft: %d", v.Code)
		}
	}
	saved := s.as(mine, http.MethodPost, "/publier/evenement", url.Values{"name": {"Carto"}, "brouillon": {id}, "action": {"brouillon"}}, "Accept", "application/json")
	if saved.Code != http.StatusOK || !strings.Contains(saved.Body.String(), `"draft":"`+id+`"`) {
		t.Errorf("autosave: %d %s", saved.Code, saved.Body)
	}
	if v := s.as(mine, http.MethodGet, "/publier/recette?brouillon="+id, nil); v.Code != http.StatusNotFound {
		t.Errorf("a draft of an event as a recipe: %d", v.Code)
	}
	s.as(mine, http.MethodPost, "/brouillons/"+id+"/supprimer", url.Values{}).went("/brouillons")
}

func TestPreviewThenPublish(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, account := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	form.Set("action", "apercu")
	form.Set("content", "Apportez **vos** <script>alert(1)</script> [chaussures](javascript:alert(1))")
	to := s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/brouillons/")
	v := s.as(cookie, http.MethodGet, to, nil)
	v.shows("Comme Mastodon le montrera", "@tiriad@a.example", "sam. 13 mars 2027, 14\u00a0h – 17\u00a0h\u00a030 · Médiathèque, Brest — Avec un téléphone.")
	for _, forbidden := range []string{"<script>alert", "javascript:"} {
		if strings.Contains(v.Body.String(), forbidden) {
			t.Errorf("the preview has %s", forbidden)
		}
	}
	page := s.as(cookie, http.MethodPost, to+"/publier", url.Values{}).went("/evenements/")
	if body := s.get(strings.TrimSuffix(page, "/partager")).Body.String(); strings.Contains(body, "<script>alert") || strings.Contains(body, "javascript:") || !strings.Contains(body, "<strong>vos</strong>") {
		t.Error("the page is not clean")
	}
	if drafts, err := s.node.Drafts(t.Context(), account.ID); err != nil || len(drafts) != 0 {
		t.Errorf("the draft stays: %v, %v", drafts, err)
	}
}

func TestTheLifeOfAnEvent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	path := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", cartopartie()).went("/evenements/"), "/partager")

	form := cartopartie()
	form.Set("name", "Cartographier les lavoirs")
	s.as(cookie, http.MethodPost, path+"/modifier", form).went(path)
	v := s.as(cookie, http.MethodGet, path+"/historique", nil)
	v.shows("Cartographier les", "fontaines", "lavoirs", "Lou")
	if was, now := textOf(v.one("del", "", "")), textOf(v.one("ins", "", "")); was != "fontaines" || now != "lavoirs" {
		t.Errorf("%q became %q", was, now)
	}
	revert := attribute(v.all("form", "method", "post")[1], "action")
	s.as(cookie, http.MethodPost, revert, url.Values{}).went(path + "/historique")
	s.get(path).shows("Cartographier les fontaines")

	s.as(cookie, http.MethodPost, path+"/annuler", url.Values{"suite": {"annule"}, "prevenir": {"oui"}, "message": {"La salle est <b>fermée</b>."}}).went(path)
	s.get(path).shows("Annulé")
	notices, _, err := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}})
	s.must(err)
	if len(notices) != 1 || !strings.Contains(notices[0].Common().Content, "La salle est fermée.") {
		t.Fatalf("followers are told %+v", notices)
	}
	s.as(cookie, http.MethodPost, path+"/annuler", url.Values{"suite": {"maintenu"}}).went(path)
	if _, n, _ := s.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}}); n != 1 {
		t.Error("followers are told, against the author's wish")
	}
	if v := s.as(cookie, http.MethodPost, path+"/annuler", url.Values{"suite": {"autre"}}); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("no choice: %d", v.Code)
	}

	s.as(cookie, http.MethodPost, path+"/supprimer", url.Values{}).went(path + "/historique")
	if v := s.do(http.MethodGet, path, nil); v.Code != http.StatusGone {
		t.Errorf("deleted: %d", v.Code)
	}
	v = s.as(cookie, http.MethodGet, path+"/historique", nil)
	v.shows("Cette publication a été supprimée")
	again := s.as(cookie, http.MethodPost, attribute(v.all("form", "method", "post")[1], "action"), url.Values{}).went("/publier/evenement?brouillon=")
	if got := attribute(s.as(cookie, http.MethodGet, again, nil).one("input", "id", "f-name"), "value"); got != "Cartographier les fontaines" {
		t.Errorf("restored as %q", got)
	}
}

func TestAChangeOfSomebodyElseIsNotLostUnseen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	e := s.event("fete", "Fête du libre", instance.When{Start: day(t, "2027-03-14"), AllDay: true}, nil)
	seen := attribute(s.as(cookie, http.MethodGet, "/evenements/fete/modifier", nil).one("input", "name", "vu"), "value")
	other := *e
	other.Name = "Fête du libre et des données"
	_, err := s.node.Edit(t.Context(), s.org.ID, e.ID, &other)
	s.must(err)
	form := cartopartie()
	form.Set("vu", seen)
	v := s.as(cookie, http.MethodPost, "/evenements/fete/modifier", form)
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("overwritten: %d", v.Code)
	}
	v.shows("quelqu’un d’autre a enregistré des changements")
	form.Set("vu", attribute(v.one("input", "name", "vu"), "value"))
	s.as(cookie, http.MethodPost, "/evenements/fete/modifier", form).went("/evenements/fete")
}

func TestEditingKeepsWhatTheFormDoesNotShow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	e := s.event("fete", "Fête du libre", instance.When{Start: day(t, "2027-03-14"), AllDay: true, Source: "https://a.example/source"}, func(e *instance.Event) {
		e.Content = `<p>Un <a href="https://b.example/">lien</a></p>`
		e.Contributions = []instance.Contribution{{Type: "osm-edition", Count: 3}}
		e.Image = &instance.Image{URL: "https://b.example/x.jpg", Alt: "Ailleurs"}
		e.Place = &instance.Place{Locality: "Brest", Departement: "29", INSEE: "29019", Point: atBrest, Precision: instance.PrecisionCommune}
		e.Organisers = []instance.Ref{{ID: s.org.ID, Name: "Tiriad"}, {ID: "https://b.example/o", Name: "Asso", URL: "https://b.example/"}}
		e.Territories = []instance.Ref{{Name: "Pays de Redon"}}
	})
	v := s.as(cookie, http.MethodGet, "/evenements/fete/modifier", nil)
	form := v.filled()
	form.Set("action", "publier")
	s.as(cookie, http.MethodPost, "/evenements/fete/modifier", form).went("/evenements/fete")
	o, err := s.node.Object(t.Context(), e.ID)
	s.must(err)
	after := o.(*instance.Event)
	after.Updated = e.Updated
	after.Status = e.Status
	if changes := differences(e, after); changes != "" {
		t.Errorf("sending the form as it came changes %s", changes)
	}
}

// differences names the fields that differ.
func differences(was, is instance.Object) string {
	fields := func(o instance.Object) map[string]json.RawMessage {
		data, err := json.Marshal(o)
		if err != nil {
			panic(err)
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(data, &m); err != nil {
			panic(err)
		}
		return m
	}
	a, b := fields(was), fields(is)
	var names []string
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			names = append(names, fmt.Sprintf("%s (%s -> %s)", name, a[name], b[name]))
		}
	}
	for name := range b {
		if _, there := a[name]; !there {
			names = append(names, fmt.Sprintf("%s (-> %s)", name, b[name]))
		}
	}
	return strings.Join(names, ", ")
}

// filled reads the fields of the page's form as a browser sends them.
func (v visited) filled() url.Values {
	form := url.Values{}
	for n := range v.tree.Descendants() {
		name := attribute(n, "name")
		if n.Type != html.ElementNode || name == "" {
			continue
		}
		switch n.Data {
		case "input":
			kind := attribute(n, "type")
			if (kind == "checkbox" || kind == "radio") && !has(n, "checked") || kind == "file" {
				continue
			}
			form.Add(name, attribute(n, "value"))
		case "textarea":
			if n.FirstChild != nil {
				form.Add(name, n.FirstChild.Data)
			} else {
				form.Add(name, "")
			}
		case "select":
			form.Add(name, chosenOption(n))
		}
	}
	return form
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func chosenOption(n *html.Node) string {
	first, found := "", false
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || d.Data != "option" {
			continue
		}
		if has(d, "selected") {
			return attribute(d, "value")
		}
		if !found {
			first, found = attribute(d, "value"), true
		}
	}
	return first
}

// photograph is a JPEG picture that says where it was taken, turned as its EXIF says.
func photograph(t *testing.T, width, height, orientation int) []byte {
	t.Helper()
	pixels := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{200, 200, 200, 255}
			if x < width/2 && y < height/2 { // a dark corner, top left
				c = color.RGBA{20, 20, 20, 255}
			}
			pixels.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, pixels, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x02")
	entry := func(tag, kind uint16, count, value uint32) {
		tiff = binary.BigEndian.AppendUint16(tiff, tag)
		tiff = binary.BigEndian.AppendUint16(tiff, kind)
		tiff = binary.BigEndian.AppendUint32(tiff, count)
		tiff = binary.BigEndian.AppendUint32(tiff, value)
	}
	entry(0x0112, 3, 1, uint32(orientation)<<16)
	entry(0x8825, 4, 1, 38) // the GPS directory follows
	tiff = append(tiff, 0, 0, 0, 0, 0, 1)
	entry(1, 2, 2, uint32('N')<<24)
	tiff = append(tiff, "48.3904GPSSECRET"...)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	file := []byte{0xff, 0xd8, 0xff, 0xe1}
	file = binary.BigEndian.AppendUint16(file, uint16(len(segment)+2))
	file = append(file, segment...)
	return append(file, out.Bytes()[2:]...)
}

func TestAPictureTellsNothingButWhatItShows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	form := cartopartie()
	v := s.upload(cookie, "/publier/evenement", form, "photo.jpg", photograph(t, 400, 200, 6))
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("without words for those who do not see it: %d", v.Code)
	}
	v.shows("dites en une phrase ce que l’on voit")
	name := attribute(v.one("input", "name", "image"), "value")
	form.Set("image", name)
	form.Set("image-alt", "Une fontaine")
	path := strings.TrimSuffix(s.as(cookie, http.MethodPost, "/publier/evenement", form).went("/evenements/"), "/partager")
	page := s.get(path)
	if img := page.one("img", "alt", "Une fontaine"); attribute(img, "width") != "200" || attribute(img, "height") != "400" {
		t.Errorf("turned to %sx%s", attribute(img, "width"), attribute(img, "height"))
	}
	kept := s.get("/media/" + name)
	if bytes.Contains(kept.Body.Bytes(), []byte("Exif")) || bytes.Contains(kept.Body.Bytes(), []byte("GPSSECRET")) {
		t.Error("the picture still tells where it was taken")
	}
	pixels, err := jpeg.Decode(bytes.NewReader(kept.Body.Bytes()))
	s.must(err)
	if r, _, _, _ := pixels.At(150, 50).RGBA(); r>>8 > 100 { // top left, turned right, is top right
		t.Error("the picture is not the right way up")
	}
	h := kept.Header()
	if h.Get("Content-Type") != "image/jpeg" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(h.Get("Cache-Control"), "immutable") {
		t.Errorf("served with %v", h)
	}
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00")
	bomb = binary.BigEndian.AppendUint32(bomb, crc32.ChecksumIEEE(bomb[12:]))
	for name, tc := range map[string]struct {
		file []byte
		says string
	}{
		"drawing.svg": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "envoyez une image JPEG"},
		"page.jpg":    {[]byte("\xff\xd8<html><script>alert(1)</script>"), "envoyez une image JPEG"},
		"bomb.png":    {bomb, "40 millions de pixels"},
		"huge.jpg":    {bytes.Repeat([]byte{0xff}, instance.MaxPicture+1), "12 Mo"},
	} {
		v := s.upload(cookie, "/publier/evenement", cartopartie(), name, tc.file)
		if v.Code != http.StatusUnprocessableEntity || !strings.Contains(v.text(), tc.says) && !strings.Contains(v.text(), "12\u00a0Mo") {
			t.Errorf("%s: %d\n%s", name, v.Code, v.text())
		}
	}
	if v := s.upload(cookie, "/publier/evenement", url.Values{"content": {strings.Repeat("a", maxForm+1)}}, "x.jpg", nil); v.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge field: %d", v.Code)
	}
	for _, target := range []string{"/media/..%2f..%2fetc%2fpasswd", "/media/x.jpg", "/media/00000000000000000000000000000000.svg", "/media/00000000000000000000000000000000.jpg"} {
		if v := s.do(http.MethodGet, target, nil); v.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, v.Code)
		}
	}
	form := cartopartie()
	form.Set("image", "../../config.jpg")
	form.Set("image-alt", "Rien")
	if v := s.as(cookie, http.MethodPost, "/publier/evenement", form); v.Code != http.StatusUnprocessableEntity {
		t.Errorf("a picture that is none of ours: %d", v.Code)
	}
}
