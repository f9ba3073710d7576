package source

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// kmlPlacemark is a place of KML (OGC 12-007), as Google My Maps, uMap and QGIS write it.
type kmlPlacemark struct {
	Name        string `xml:"name"`
	Description string `xml:"description"`
	Address     string `xml:"address"`
	When        string `xml:"TimeStamp>when"`
	Begin       string `xml:"TimeSpan>begin"`
	End         string `xml:"TimeSpan>end"`
	Data        []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value"`
	} `xml:"ExtendedData>Data"`
	Simple []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:",chardata"`
	} `xml:"ExtendedData>SchemaData>SimpleData"`
	Point   string   `xml:"Point>coordinates"`
	Line    string   `xml:"LineString>coordinates"`
	Polygon string   `xml:"Polygon>outerBoundaryIs>LinearRing>coordinates"`
	Points  []string `xml:"MultiGeometry>Point>coordinates"`
	Lines   []string `xml:"MultiGeometry>LineString>coordinates"`
	Areas   []string `xml:"MultiGeometry>Polygon>outerBoundaryIs>LinearRing>coordinates"`
}

// readKML reads the placemarks of a map, each as a sheet, or as an event when it has a
// date. The folder that a placemark is in names its category.
func readKML(r *reading) error {
	d := newXML(decode(r.data))
	root := ""
	var open []string    // elements
	var folders []string // names of those that are folders, "" until it is read
	for {
		token, err := d.Token()
		if err != nil {
			break // the end, or where the file is broken: what was read stays
		}
		switch t := token.(type) {
		case xml.EndElement:
			if open = open[:max(len(open)-1, 0)]; t.Name.Local == "Folder" {
				folders = folders[:max(len(folders)-1, 0)]
			}
		case xml.StartElement:
			name, parent := t.Name.Local, firstOf(open[max(len(open)-1, 0):]...)
			if root = firstOf(root, name); root != "kml" {
				return invalid("ce n’est pas une carte KML")
			}
			if len(open) > maxDepth {
				return invalid("cette carte est trop imbriquée")
			}
			switch {
			case name == "Placemark":
				line, _ := d.InputPos()
				if r.full() {
					return nil
				}
				r.placemark(d, t, line, strings.Join(folders, "|"))
				continue
			case name == "name" && (parent == "Folder" || parent == "Document"):
				var title string
				if d.DecodeElement(&title, &t) != nil {
					continue
				}
				if last := len(folders) - 1; parent == "Folder" && last >= 0 {
					folders[last] = instance.CleanName(title, 200)
				} else if parent == "Document" && r.harvest.Title == "" {
					r.harvest.Title = instance.CleanName(title, 200)
				}
				continue
			case name == "Folder":
				folders = append(folders, "")
			}
			open = append(open, name)
		}
	}
	if root != "kml" {
		return invalid("ce n’est pas une carte KML")
	}
	return nil
}

// newXML is a decoder as tolerant as what writes XML by hand asks for.
func newXML(text string) *xml.Decoder {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	return d
}

func (r *reading) placemark(d *xml.Decoder, start xml.StartElement, line int, folder string) {
	var p kmlPlacemark
	if err := d.DecodeElement(&p, &start); err != nil {
		r.add(instance.IntakeRow{Line: line, Problems: []instance.IntakeProblem{fatal("unreadable", "line", "repère de la carte illisible")}})
		return
	}
	rec := record{line: line, fields: map[string]string{}, point: p.centre()}
	set := func(column, field, note, value string) {
		if value = strings.TrimSpace(value); value == "" || len(value) > maxField {
			return
		}
		r.column(column, field, note)
		if field != "" && field != skip && rec.fields[field] == "" {
			rec.fields[field] = value
		}
	}
	set("name", "name", "", p.Name)
	set("address", "address", "", p.Address)
	set("begin", "start", "", firstOf(p.Begin, p.When))
	set("end", "end", "", p.End)
	asked := func(column, value string) {
		field, note := guess(column)
		if wanted, ok := r.options.Mapping[column]; ok {
			field, note = wanted, ""
		}
		set(column, field, note, value)
	}
	for _, data := range p.Data {
		asked(data.Name, data.Value)
	}
	for _, data := range p.Simple {
		asked(data.Name, data.Value)
	}
	set("description", "content", "", p.Description) // which My Maps repeats the data in
	rec.fields["themes"] = strings.Trim(rec.fields["themes"]+"|"+folder, "|")
	r.addRecord(rec)
}

// centre is where a placemark is: its point, or the middle of the box around its outline.
func (p *kmlPlacemark) centre() *instance.Point {
	for _, shape := range append(append([]string{p.Point, p.Line, p.Polygon}, p.Points...), append(p.Lines, p.Areas...)...) {
		box := &extent{}
		for position := range strings.FieldsSeq(shape) {
			parts := strings.Split(position, ",")
			if len(parts) < 2 {
				continue
			}
			lon, errLon := strconv.ParseFloat(parts[0], 64)
			lat, errLat := strconv.ParseFloat(parts[1], 64)
			if errLon == nil && errLat == nil {
				box.walk([]any{lon, lat}, 0)
			}
		}
		if box.n > 0 {
			return point((box.south+box.north)/2, (box.west+box.east)/2)
		}
	}
	return nil
}
