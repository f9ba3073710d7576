package source

import "github.com/maillage/maillage/instance"

// Files is this package for those who may not import it, which call formats and
// fields by their names.
type Files struct{}

var _ instance.IntakeReader = Files{}

// Formats implements instance.IntakeReader.
func (Files) Formats() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return names
}

// Fields implements instance.IntakeReader.
func (Files) Fields() []string { return FieldNames() }

// Detect implements instance.IntakeReader.
func (Files) Detect(name string, data []byte) string { return string(Detect(name, data)) }

// Preview implements instance.IntakeReader.
func (Files) Preview(data []byte, rows int) (*instance.IntakeTable, error) {
	return Preview(data, rows)
}

// Read implements instance.IntakeReader.
func (Files) Read(data []byte, o instance.IntakeReading) (*instance.Harvest, error) {
	return Parse(Format(o.Format), data, Options{Base: o.Address, Mapping: o.Mapping, Kind: o.Kind})
}
