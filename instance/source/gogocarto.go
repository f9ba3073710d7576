package source

import (
	"maps"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// gogoFields says where what GoGoCarto puts in every element goes; the others are
// what each map chose to ask, and are guessed like columns.
var gogoFields = map[string]string{
	"id": "key", "name": "name", "geo": "point", "address": "address", "categories": "themes", "abstract": "summary",
	"description": "content", "descriptionmore": "content", "website": "website", "openhours": "hours", "openhoursmorinfos": "hours",
}

// gogoOwn are the properties by which GoGoCarto runs a map: of no use elsewhere.
var gogoOwn = []string{
	"status", "createdAt", "updatedAt", "sourceKey", "categoriesFull", "searchScore", "images", "affichage", "optionValues",
	"moderationState", "source", "fullAddress", "isEditable", "distance", "gogo",
}

// readGoGoCarto reads the elements of a GoGoCarto map (Transiscope is one).
func readGoGoCarto(r *reading) error {
	elements, err := r.gogoElements()
	if err != nil {
		return err
	}
	for i, element := range elements {
		if r.full() {
			return nil
		}
		r.gogoElement(i+1, element)
	}
	return nil
}

// gogoElements finds the list of elements: the API wraps it, exports may not.
func (r *reading) gogoElements() ([]map[string]any, error) {
	var document any
	if err := readJSON(r.data, &document); err != nil {
		return nil, err
	}
	list, isList := document.([]any)
	if top, ok := document.(map[string]any); ok {
		r.harvest.Licence = licenceOf(textOf(top["licence"]))
		for _, name := range []string{"data", "elements"} {
			if l, ok := top[name].([]any); ok {
				list, isList = l, true
			}
		}
	}
	if !isList {
		return nil, invalid("ce n’est pas un export de GoGoCarto : il n’y a ni « data » ni « elements »")
	}
	var elements []map[string]any
	for _, item := range list {
		if element, ok := item.(map[string]any); ok {
			elements = append(elements, element)
		}
	}
	if len(elements) == 0 && len(list) > 0 {
		return nil, invalid("c’est la forme abrégée de GoGoCarto : demandez la forme complète, /api/elements.json sans « ontology=gogocompact »")
	}
	return elements, nil
}

func (r *reading) gogoElement(line int, element map[string]any) {
	rec := record{line: line, fields: map[string]string{}}
	if status, ok := element["status"].(float64); ok && status <= 0 {
		name := instance.CleanName(textOf(element["name"]), 200)
		r.add(instance.IntakeRow{Line: line, Object: &instance.Partner{Base: instance.Base{Kind: instance.KindPartner, Name: name}}, Problems: []instance.IntakeProblem{
			fatal("not-validated", "status", "pas validé sur sa carte : laissé de côté"),
		}})
		return
	}
	for _, name := range slices.Sorted(maps.Keys(element)) {
		value := textOf(element[name])
		nested, isNested := element[name].(map[string]any)
		if value == "" && !isNested || slices.Contains(gogoOwn, name) || strings.HasPrefix(name, "@") {
			continue
		}
		field, note := gogoFields[strings.ToLower(name)], ""
		if field == "" {
			field, note = guess(name)
		}
		r.column(name, field, note)
		switch {
		case field == "point" && isNested:
			rec.point = pointOf(textOf(nested["latitude"]), textOf(nested["longitude"]))
		case field == "address" && isNested:
			gogoAddress(rec.fields, nested)
		case field == "content" && rec.fields["content"] != "":
			rec.fields["content"] += "\n\n" + value
		case field != "" && rec.fields[field] == "":
			rec.fields[field] = value
		}
	}
	if source := textOf(element["sourceKey"]); source != "" && rec.fields["key"] != "" {
		rec.fields["key"] = source + "/" + rec.fields["key"] // ids are those of each map that was gathered
	}
	rec.global = len(rec.fields["key"]) >= 12
	rec.kind = r.options.Kind
	if rec.kind == "" {
		rec.kind = instance.KindPartner
	}
	r.addRecord(rec)
}

// gogoAddress reads an address, which schema.org's names are used for.
func gogoAddress(fields map[string]string, address map[string]any) {
	for name, field := range map[string]string{
		"streetAddress": "street", "addressLocality": "locality", "postalCode": "postal_code", "addressCountry": "country",
		"addressRegion": "region", "streetNumber": "",
	} {
		value := textOf(address[name])
		if country, ok := address[name].(map[string]any); ok {
			value = textOf(country["name"])
		}
		if field != "" && value != "" {
			fields[field] = value
		}
	}
	if number := textOf(address["streetNumber"]); number != "" && fields["street"] != "" && !strings.HasPrefix(fields["street"], number) {
		fields["street"] = number + " " + fields["street"]
	}
}
