package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// apiDescription is as much of an OpenAPI document as the tests look at.
type apiDescription struct {
	OpenAPI    string                                `json:"openapi"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Parameters map[string]apiParameter `json:"parameters"`
		Responses  map[string]any          `json:"responses"`
		Schemas    map[string]apiSchema    `json:"schemas"`
	} `json:"components"`
}

type apiOperation struct {
	Parameters []apiParameter        `json:"parameters"`
	Security   []map[string][]string `json:"security"`
	Responses  map[string]struct{}   `json:"responses"`
}

type apiParameter struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
}

type apiSchema struct {
	Required   []string       `json:"required"`
	Properties map[string]any `json:"properties"`
}

func describeAPI(t *testing.T) apiDescription {
	t.Helper()
	var d apiDescription
	if err := json.Unmarshal(openapi, &d); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Fatalf("openapi = %q, want 3.1", d.OpenAPI)
	}
	return d
}

func (d apiDescription) operation(t *testing.T, method, path string) apiOperation {
	t.Helper()
	var o apiOperation
	if err := json.Unmarshal(d.Paths[path][strings.ToLower(method)], &o); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return o
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	t.Parallel()
	e := echo.New()
	api := &apiV1{}
	api.register(e.Group("/api/v1"))
	var routes, described []string
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range e.Routes() {
		if r.Method != http.MethodHead && r.Method != echo.RouteNotFound {
			routes = append(routes, r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}"))
		}
	}
	d := describeAPI(t)
	for path, operations := range d.Paths {
		for method := range operations {
			if method == "parameters" {
				continue
			}
			described = append(described, strings.ToUpper(method)+" "+path)
			if o := d.operation(t, method, path); method != "get" && len(o.Security) == 0 {
				t.Errorf("%s %s: what writes asks for a token", method, path)
			}
		}
	}
	sameNames(t, "routes", routes, described)
}

func TestOpenAPIDescribesEveryParameter(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*params){
		"/api/v1/search":              func(p *params) { p.query() },
		"/api/v1/map":                 func(p *params) { p.mapQuery() },
		"/api/v1/suggest":             func(p *params) { p.suggestQuery() },
		"/api/v1/white-zones":         func(p *params) { p.whiteZones() },
		"/api/v1/events":              func(p *params) { p.objectFilter(instance.KindEvent) },
		"/api/v1/recipes":             func(p *params) { p.objectFilter(instance.KindRecipe) },
		"/api/v1/partners":            func(p *params) { p.objectFilter(instance.KindPartner) },
		"/api/v1/announcements":       func(p *params) { p.objectFilter(instance.KindAnnouncement) },
		"/api/v1/territories":         func(p *params) { p.actorFilter(instance.KindTerritory) },
		"/api/v1/organisations":       func(p *params) { p.actorFilter(instance.KindOrganisation) },
		"/api/v1/imports":             func(p *params) { p.paging() },
		"/api/v1/feeds":               func(p *params) { p.paging() },
		"/api/v1/imports/{id}/report": func(p *params) { p.importReport() },
		"/api/v1/feeds/{id}/report":   func(p *params) { p.importReport() },
		"/api/v1/proposals":           func(p *params) { p.proposalStates(); p.paging() },
		"/api/v1/replies":             func(p *params) { p.replyState(); p.paging() },
		"/api/v1/hidden":              func(p *params) { p.paging() },
		"/api/v1/invitations":         func(p *params) { p.paging() },
		"/api/v1/accounts":            func(p *params) { p.paging() },
		"/api/v1/drafts":              func(p *params) { p.paging() },
		"/api/v1/organising":          func(p *params) { p.organisingQuery() },
		"/api/v1/people":              func(p *params) { p.peopleFilter() },
		"/api/v1/communes":            func(p *params) { p.communesQuery() },
		"/api/v1/communes/position":   func(p *params) { p.communeQuery() },
		"/api/v1/me":                  func(*params) {},
		"/api/v1/me/sheet":            func(*params) {},
		"/api/v1/me/data":             func(*params) {},
	}
	d := describeAPI(t)
	for path, operations := range d.Paths {
		if _, tested := tests[path]; !tested && operations["get"] != nil && path != "/api/v1/openapi.json" && !strings.Contains(path, "{") {
			t.Errorf("%s: add the function that reads its parameters to this test", path)
		}
	}
	for path, read := range tests {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			p := newParams(url.Values{})
			read(p)
			var described []string
			for _, q := range d.operation(t, http.MethodGet, path).Parameters {
				if name, ok := strings.CutPrefix(q.Ref, "#/components/parameters/"); ok {
					q = d.Components.Parameters[name]
				}
				described = append(described, q.Name)
			}
			sameNames(t, "parameters", p.read, described)
		})
	}
}

// publicProvenance is what presentObject leaves of an instance.Provenance.
type publicProvenance struct {
	Source   string    `json:"source"`
	Key      string    `json:"key"`
	Licence  string    `json:"licence,omitempty"`
	Imported time.Time `json:"imported,omitzero"`
}

func TestOpenAPIDescribesEveryField(t *testing.T) {
	t.Parallel()
	schemas := map[string]any{
		"SearchResult": searchAnswer{}, "FacetValue": facetValue{}, "Hit": hitJSON{}, "Brief": briefJSON{},
		"FeatureCollection": featureCollection{}, "Feature": feature{}, "Geometry": geometry{}, "MapProperties": mapProperties{},
		"WhiteZoneCollection": whiteZoneCollection{}, "WhiteZoneFeature": whiteZoneFeature{}, "WhiteZone": whiteZoneProperties{},
		"SuggestResult": suggestAnswer{}, "Suggestion": suggestion{},
		"EventPage": pageOf[any]{}, "RecipePage": pageOf[any]{}, "PartnerPage": pageOf[any]{}, "AnnouncementPage": pageOf[any]{}, "TerritoryPage": pageOf[any]{},
		"Organisation": organisationJSON{}, "OrganisationPage": pageOf[any]{}, "OrganisationDraft": organisationJSON{}, "TerritoryDraft": territoryJSON{},
		"Person": personJSON{}, "PersonPage": pageOf[any]{}, "LetterDraft": letterBody{}, "Communes": communesAnswer{}, "Commune": communeJSON{},
		"Me": meJSON{}, "Token": tokenJSON{}, "MeDraft": meBody{}, "SheetDraft": sheetBody{}, "PersonalData": dataJSON{},
		"Draft": draftJSON{}, "DraftPage": pageOf[any]{}, "DraftDraft": draftBody{},
		"Organising": organisingJSON{}, "Organiser": organiserJSON{}, "Organisers": organisersJSON{}, "OrganisingPage": pageOf[any]{}, "OrganisingAnswer": organisingBody{},
		"Participants": participantsJSON{}, "Participant": participantJSON{}, "ParticipantNote": deskBody{}, "ParticipantAnswer": answerBody{}, "Participation": placeJSON{},
		"ProposalPage": pageOf[any]{}, "Proposal": proposalJSON{}, "ProposalDraft": proposalBody{}, "Change": instance.Change{}, "Decision": decisionBody{},
		"Refusal": refusalBody{}, "Settlement": settlementBody{}, "ProposalKey": keyBody{}, "Discard": sweepBody{}, "Discarded": sweptJSON{},
		"ReplyPage": pageOf[any]{}, "Reply": replyJSON{}, "WriteBack": writeBackBody{}, "HiddenPage": pageOf[any]{}, "Hidden": hiddenJSON{},
		"InvitationPage": pageOf[any]{}, "Invitation": invitationJSON{}, "InvitationDraft": invitationBody{},
		"AccountPage": pageOf[any]{}, "Account": memberJSON{}, "AccountSettings": memberBody{},
		"ImportPage": pageOf[any]{}, "Import": importJSON{}, "ImportSettings": importSettingsJSON{}, "ImportColumn": importHeadJSON{}, "ImportProgress": importProgressJSON{},
		"ImportCounts": importCountsJSON{}, "ImportUndone": importUndoneJSON{}, "ImportReport": importReportJSON{}, "ImportReportColumn": instance.IntakeColumn{},
		"ImportRow": importRowJSON{}, "ImportProblem": instance.IntakeProblem{}, "FeedPage": pageOf[any]{}, "Feed": feedJSON{}, "FeedDraft": feedBody{},
		"Versions": versionsJSON{}, "Version": versionJSON{}, "SeriesDraft": seriesBody{}, "Series": seriesJSON{},
		"Event": instance.Event{}, "Recipe": instance.Recipe{}, "Partner": instance.Partner{}, "Announcement": instance.Announcement{}, "Territory": territoryJSON{},
		"When": instance.When{}, "Place": instance.Place{}, "Point": instance.Point{}, "Image": instance.Image{}, "Ref": instance.Ref{}, "Provenance": publicProvenance{},
		"Contribution": instance.Contribution{}, "Ingredient": instance.Ingredient{}, "Step": instance.Step{}, "Slot": instance.Slot{},
		"RecipeRole": instance.RecipeRole{}, "Argument": instance.Argument{}, "OriginalSource": instance.OriginalSource{}, "Code": instance.Code{},
		"Problem": problem{}, "FieldError": instance.FieldError{},
	}
	words := []string{"Kind", "Precision"} // schemas of a string
	d := describeAPI(t)
	sameNames(t, "schemas", append(slices.Collect(maps.Keys(schemas)), words...), slices.Collect(maps.Keys(d.Components.Schemas)))
	for name, value := range schemas {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schema := d.Components.Schemas[name]
			sameNames(t, "fields", jsonFields(reflect.TypeOf(value)), slices.Collect(maps.Keys(schema.Properties)))
			for _, field := range schema.Required {
				if _, ok := schema.Properties[field]; !ok {
					t.Errorf("%s is required and not described", field)
				}
			}
		})
	}
}

func TestOpenAPIReferencesExist(t *testing.T) {
	t.Parallel()
	var document any
	if err := json.Unmarshal(openapi, &document); err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`"\$ref": "#/([^"]+)"`).FindAllStringSubmatch(string(openapi), -1) {
		at := document
		for step := range strings.SplitSeq(match[1], "/") {
			object, _ := at.(map[string]any)
			if at = object[step]; at == nil {
				t.Errorf("nothing at #/%s", match[1])
				break
			}
		}
	}
}

// jsonFields are the names that encoding/json writes for a struct.
func jsonFields(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			names = append(names, jsonFields(field.Type)...)
		} else if field.IsExported() && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func sameNames(t *testing.T, what string, code, described []string) {
	t.Helper()
	slices.Sort(code)
	slices.Sort(described)
	if code, described = slices.Compact(code), slices.Compact(described); !slices.Equal(code, described) {
		t.Errorf("%s differ:\n     code %s\ndescribed %s", what, fmt.Sprint(code), fmt.Sprint(described))
	}
}
