package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// rdfPrefixes are those of what we describe.
var rdfPrefixes = map[string]string{
	"dcat":   "http://www.w3.org/ns/dcat#",
	"dcatap": "http://data.europa.eu/r5r/",
	"dct":    "http://purl.org/dc/terms/",
	"foaf":   "http://xmlns.com/foaf/0.1/",
	"rdf":    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
	"rdfs":   "http://www.w3.org/2000/01/rdf-schema#",
	"vcard":  "http://www.w3.org/2006/vcard/ns#",
	"xsd":    "http://www.w3.org/2001/XMLSchema#",
}

// triple is a statement about its node: predicate and one value.
type triple struct {
	predicate string // "dct:title"
	value     rdfValue
}

// rdfValue is an IRI, or a literal with its language or datatype.
type rdfValue struct{ iri, text, lang, datatype string }

func iri(s string) rdfValue     { return rdfValue{iri: s} }
func french(s string) rdfValue  { return rdfValue{text: s, lang: "fr"} }
func literal(s string) rdfValue { return rdfValue{text: s} }
func dateTime(t time.Time) rdfValue {
	if t.IsZero() {
		return rdfValue{}
	}
	return rdfValue{text: t.UTC().Format(time.RFC3339), datatype: "xsd:dateTime"}
}

// rdfNode is a thing and what is said of it.
type rdfNode struct {
	id      string
	triples []triple
}

// say states something; a value that is not known is left out.
func (n *rdfNode) say(predicate string, value rdfValue) {
	if value.iri != "" || value.text != "" {
		n.triples = append(n.triples, triple{predicate, value})
	}
}

// rdfJSON writes the graph as JSON-LD.
func rdfJSON(nodes []rdfNode) ([]byte, error) {
	graph := make([]map[string]any, len(nodes))
	for i, n := range nodes {
		m := map[string]any{"@id": n.id}
		for _, t := range n.triples {
			name, value := t.predicate, any(map[string]string{"@id": t.value.iri})
			switch v := t.value; {
			case name == "rdf:type":
				name, value = "@type", v.iri
			case v.lang != "":
				value = map[string]string{"@value": v.text, "@language": v.lang}
			case v.datatype != "":
				value = map[string]string{"@value": v.text, "@type": v.datatype}
			case v.iri == "":
				value = v.text
			}
			switch was := m[name].(type) {
			case nil:
				m[name] = value
			case []any:
				m[name] = append(was, value)
			default:
				m[name] = []any{was, value}
			}
		}
		graph[i] = m
	}
	return json.MarshalIndent(map[string]any{"@context": rdfPrefixes, "@graph": graph}, "", " ")
}

var turtleEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// rdfTurtle writes the graph as Turtle.
func rdfTurtle(nodes []rdfNode) ([]byte, error) {
	var out strings.Builder
	for _, prefix := range slices.Sorted(maps.Keys(rdfPrefixes)) {
		fmt.Fprintf(&out, "@prefix %s: <%s> .\n", prefix, rdfPrefixes[prefix])
	}
	for _, n := range nodes {
		fmt.Fprintf(&out, "\n<%s>", n.id)
		for i, t := range n.triples {
			if i > 0 {
				out.WriteString(" ;")
			}
			fmt.Fprintf(&out, "\n  %s %s", t.predicate, t.value.turtle())
		}
		out.WriteString(" .\n")
	}
	return []byte(out.String()), nil
}

func (v rdfValue) turtle() string {
	switch prefix, _, _ := strings.Cut(v.iri, ":"); {
	case v.iri != "" && rdfPrefixes[prefix] != "":
		return v.iri
	case v.iri != "":
		return "<" + v.iri + ">"
	}
	text := `"` + turtleEscapes.Replace(printable(v.text, "\n\t")) + `"`
	switch {
	case v.lang != "":
		return text + "@" + v.lang
	case v.datatype != "":
		return text + "^^" + v.datatype
	}
	return text
}
