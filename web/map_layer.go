package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/instance"
)

// whiteLayer is the value of "couche" that draws the communes with nobody around.
const whiteLayer = "zones-blanches"

// layer is a kind of thing that the map shows or not.
type layer struct {
	Kind     instance.Kind
	Label    string
	Selected bool
}

// layerOrder is the order of the layers: first what most people come for.
var layerOrder = []instance.Kind{
	instance.KindEvent, instance.KindPartner, instance.KindTerritory, instance.KindAnnouncement, instance.KindRecipe,
}

// layers are what can be shown; nothing chosen is all of them, noKind none.
func (r *request) layers(chosen []instance.Kind) []layer {
	layers := make([]layer, len(layerOrder))
	for i, kind := range layerOrder {
		layers[i] = layer{kind, r.T("map.layer." + string(kind)), len(chosen) == 0 || slices.Contains(chosen, kind)}
	}
	return layers
}

// timeline is the dates of the events that are shown, and how far they reach.
type timeline struct {
	From, To    string // days as typed; "" = no limit
	First, Last string // months of the oldest and the last event, "2011-05"; "" without any
}

// firstDate is before every event: asking for what comes after leaves out what has no
// date at all.
var firstDate = time.Date(1900, time.January, 1, 0, 0, 0, 0, time.UTC)

// timeline reads the dates asked for, and how far those of the events go.
func (r *request) timeline() (timeline, error) {
	t := timeline{From: r.QueryParam("from"), To: r.QueryParam("to")}
	for _, end := range []struct {
		sort  instance.ObjectSort
		month *string
	}{{instance.ByStart, &t.First}, {instance.ByStartDesc, &t.Last}} {
		events, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
			Kinds: []instance.Kind{instance.KindEvent}, From: firstDate, Sort: end.sort, Limit: 1,
		})
		if err != nil {
			return t, err
		}
		for _, o := range events {
			if start, _ := o.(*instance.Event).When.Bounds(); !start.IsZero() { // a vague one has bounds too
				*end.month = start.In(o.(*instance.Event).When.Location()).Format("2006-01")
			}
		}
	}
	if today := r.s.node.Now().Format("2006-01"); t.First != "" {
		t.First, t.Last = min(t.First, today), max(cmp.Or(t.Last, today), addMonths(today, 6))
	}
	return t, nil
}

func addMonths(month string, n int) string {
	at, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return at.AddDate(0, n, 0).Format("2006-01")
}

// whiteMap is the layer of the communes with nobody around, and its list.
type whiteMap struct {
	Shown      bool
	Km         int
	Choices    []option
	Total      int
	Population int
	Rows       []whiteZoneRow // the most populated in view
	TableURL   string
	Credit     string
}

const whiteRowsShown = 20

// whiteMap reads the layer off the page's parameters: what the box holds, when there
// is one.
func (r *request) whiteMap(box *instance.BBox) (whiteMap, error) {
	p := newParams(r.QueryParams())
	q := p.whiteZones()
	q.BBox = box
	v := whiteMap{Shown: r.QueryParam("couche") == whiteLayer, Km: q.Km, Credit: gazetteerCredit}
	for _, km := range whiteZoneKm {
		v.Choices = append(v.Choices, option{strconv.Itoa(km), strconv.Itoa(km) + nbsp + "km", km == q.Km})
	}
	v.TableURL = localURL(whiteZonePath, url.Values{"km": {strconv.Itoa(q.Km)}})
	if !v.Shown {
		return v, nil
	}
	zones, err := r.s.white.within(r.ctx(), q.Km)
	if err != nil {
		return v, err
	}
	picked, population := q.pick(zones)
	v.Total, v.Population, v.Rows = len(picked), population, r.whiteZoneRows(picked[:min(len(picked), whiteRowsShown)])
	return v, nil
}
