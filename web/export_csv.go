package web

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// csvFormat is a table (RFC 4180, UTF-8), for spreadsheets.
var csvFormat = &format{
	extension: ".csv", mediaType: "text/csv; charset=utf-8; header=present", label: "files.csv",
	encoder: func(w io.Writer, x *export) encoder {
		out := csv.NewWriter(w)
		out.UseCRLF = true
		return &csvEncoder{export: x, csv: out, columns: columnsOf(x.kinds)}
	},
}

// column is one of a table. Those that are about other kinds of things than the
// table's are left out of it.
type column struct {
	name   string
	number bool // written by us: a minus sign begins no formula
	kinds  []instance.Kind
	value  func(x *export, it *item) string
}

var (
	ofEvents      = []instance.Kind{instance.KindEvent}
	ofPartners    = []instance.Kind{instance.KindPartner}
	ofTerritories = []instance.Kind{instance.KindTerritory}
)

// columns are those of every table, in order. Their names are part of what people
// build on: add some, at the end of their group, and rename none.
var columns = []column{
	{name: "identifiant", value: func(_ *export, it *item) string { return it.ID }},
	{name: "nature", value: func(x *export, it *item) string { return x.T("kind." + string(it.Kind)) }},
	{name: "type", value: (*export).subkind},
	{name: "titre", value: func(_ *export, it *item) string { return it.Name }},
	{name: "résumé", value: func(_ *export, it *item) string {
		return cmp.Or(it.Summary, instance.Truncate(instance.PlainText(it.Content), 280))
	}},
	{name: "début", kinds: ofEvents, value: eventCell(func(_ *export, e *instance.Event) string { return machineTime(e.When) })},
	{name: "fin", kinds: ofEvents, value: eventCell(func(_ *export, e *instance.Event) string { return machineEnd(e.When) })},
	{name: "date en toutes lettres", kinds: ofEvents, value: eventCell(func(x *export, e *instance.Event) string { return x.when(e.When) })},
	{name: "état", kinds: ofEvents, value: eventCell(func(x *export, e *instance.Event) string { return x.label("event_status", string(e.Status)) })},
	{name: "organisateurs", kinds: ofEvents, value: eventCell(func(_ *export, e *instance.Event) string { return refNames(e.Organisers) })},
	{name: "inscription", kinds: ofEvents, value: eventCell(func(_ *export, e *instance.Event) string { return webURL(e.ParticipationURL) })},
	{name: "typologie", kinds: ofPartners, value: partnerCell(func(x *export, p *instance.Partner) string { return x.label("typologies", p.Typology) })},
	{name: "rôles", kinds: ofPartners, value: partnerCell(func(x *export, p *instance.Partner) string { return list(x.labels("ecosystem_roles", p.Roles)) })},
	{name: "site web", kinds: ofPartners, value: partnerCell(func(_ *export, p *instance.Partner) string { return webURL(p.Website) })},
	{name: "compte à suivre", kinds: ofTerritories, value: func(x *export, it *item) string {
		if it.territory == nil {
			return ""
		}
		return strings.TrimPrefix(it.territory.Address(x.s.node.Domain()), "@")
	}},
	{name: "codes", kinds: ofTerritories, value: func(_ *export, it *item) string { return codes(it.territory) }},
	{name: "thèmes", value: func(x *export, it *item) string { return list(x.labels("themes", it.Themes)) }},
	{name: "territoires", value: func(_ *export, it *item) string { return refNames(it.Territories) }},
	{name: "lieu", value: placeCell(func(p *instance.Place) string { return p.Name })},
	{name: "rue", value: placeCell(func(p *instance.Place) string { return p.Street })},
	{name: "code postal", value: placeCell(func(p *instance.Place) string { return p.PostalCode })},
	{name: "commune", value: placeCell(func(p *instance.Place) string { return p.Locality })},
	{name: "code INSEE", value: placeCell(func(p *instance.Place) string { return p.INSEE })},
	{name: "département", value: placeCell(func(p *instance.Place) string { return p.Departement })},
	{name: "région", value: placeCell(func(p *instance.Place) string { return p.Region })},
	{name: "pays", value: placeCell(func(p *instance.Place) string { return p.Country })},
	{name: "latitude", number: true, value: pointCell(func(p *instance.Point) float64 { return p.Lat })},
	{name: "longitude", number: true, value: pointCell(func(p *instance.Point) float64 { return p.Lon })},
	{name: "précision", value: placeCell(func(p *instance.Place) string { return string(p.Precision) })},
	{name: "page", value: func(_ *export, it *item) string { return it.link() }},
	{name: "licence", value: func(x *export, it *item) string { return x.label("licences", it.Licence) }},
	{name: "origine", value: (*export).origin},
	{name: "publié le", value: func(_ *export, it *item) string { return timeLD(it.Published) }},
	{name: "modifié le", value: func(_ *export, it *item) string { return timeLD(it.changed()) }},
}

func columnsOf(kinds []instance.Kind) []column {
	return slices.DeleteFunc(slices.Clone(columns), func(c column) bool {
		return c.kinds != nil && !slices.ContainsFunc(c.kinds, func(k instance.Kind) bool { return slices.Contains(kinds, k) })
	})
}

func eventCell(value func(*export, *instance.Event) string) func(*export, *item) string {
	return func(x *export, it *item) string {
		if e := it.event(); e != nil {
			return value(x, e)
		}
		return ""
	}
}

func partnerCell(value func(*export, *instance.Partner) string) func(*export, *item) string {
	return func(x *export, it *item) string {
		if p := it.partner(); p != nil {
			return value(x, p)
		}
		return ""
	}
}

func placeCell(value func(*instance.Place) string) func(*export, *item) string {
	return func(_ *export, it *item) string {
		if it.Place == nil {
			return ""
		}
		return value(it.Place)
	}
}

func pointCell(degrees func(*instance.Point) float64) func(*export, *item) string {
	return func(_ *export, it *item) string {
		if it.point() == nil {
			return ""
		}
		return strconv.FormatFloat(degrees(it.point()), 'f', -1, 64)
	}
}

// list puts several values in one cell.
func list(values []string) string { return strings.Join(values, " ; ") }

func refNames(refs []instance.Ref) string {
	var names []string
	for _, ref := range refs {
		names = append(names, cmp.Or(ref.Name, ref.Slug, ref.ID))
	}
	return list(names)
}

func codes(a *instance.Actor) string {
	if a == nil || a.Territory == nil {
		return ""
	}
	var out []string
	for _, code := range a.Territory.Codes {
		out = append(out, code.Type+" "+code.Value)
	}
	return list(out)
}

// machineEnd is when an event ends, for machines: the last day when only days are
// known; "" for an open end.
func machineEnd(w instance.When) string {
	if w.Vague() || w.End.IsZero() {
		return ""
	}
	return machineTime(instance.When{Start: w.End, AllDay: w.AllDay, Zone: w.Zone})
}

type csvEncoder struct {
	*export
	csv     *csv.Writer
	columns []column
}

func (e *csvEncoder) begin() error {
	names := make([]string, len(e.columns))
	for i, c := range e.columns {
		names[i] = c.name
	}
	return e.csv.Write(names)
}

func (e *csvEncoder) add(it *item) error {
	row := make([]string, len(e.columns))
	for i, c := range e.columns {
		if row[i] = c.value(e.export, it); !c.number {
			row[i] = cell(row[i])
		}
	}
	return e.csv.Write(row)
}

func (e *csvEncoder) end() error {
	e.csv.Flush()
	return e.csv.Error()
}

// cell makes a stranger's text harmless to a spreadsheet, which would compute
// what begins like a formula; some drop the spaces before it.
func cell(s string) string {
	s = printable(s, "\n\t")
	begins := strings.TrimLeft(s, " \u00a0\u202f\n")
	if begins != "" && strings.ContainsRune("=+-@\t＝＋－＠", []rune(begins)[0]) {
		return "'" + s
	}
	return s
}
