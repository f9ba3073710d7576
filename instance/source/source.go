package source

import (
	"fmt"
	"time"

	"github.com/maillage/maillage/instance"
)

// Format is the name of a format, as the command line and feeds write it.
type Format string

// The formats.
const (
	ICal      Format = "ical"      // iCalendar, RFC 5545
	GeoJSON   Format = "geojson"   // RFC 7946, and uMap's .umap
	CSV       Format = "csv"       // and any table of text
	GoGoCarto Format = "gogocarto" // elements of GoGoCarto, Transiscope
	KML       Format = "kml"       // Google My Maps, uMap, QGIS
	Overpass  Format = "overpass"  // OpenStreetMap elements as Overpass JSON
	HTML      Format = "html"      // pages with schema.org JSON-LD or h-event
	Feed      Format = "atom"      // Atom and RSS
)

// parsers says which function reads each format.
var parsers = map[Format]func(*reading) error{
	ICal:      readICal,
	GeoJSON:   readGeoJSON,
	CSV:       readCSV,
	GoGoCarto: readGoGoCarto,
	KML:       readKML,
	Overpass:  readOverpass,
	HTML:      readHTML,
	Feed:      readFeed,
}

// Formats lists the formats that Parse reads.
func Formats() []Format { return []Format{ICal, GeoJSON, CSV, KML, GoGoCarto, Overpass, HTML, Feed} }

// Options say how to read. The zero value is usable.
type Options struct {
	// Base is the address the bytes were read at: addresses in them are relative to it.
	Base string
	// Mapping says which field each column of a table goes to (see Fields), by the
	// column's heading; "-" leaves a column out. Columns that are not in it are guessed.
	Mapping map[string]string
	// Kind says what the rows of a table or map are, KindEvent or KindPartner, when
	// it does not show; guessed when empty.
	Kind instance.Kind
	// Zone is the IANA time zone of times that have none; Europe/Paris when empty.
	Zone string
	// From and To bound the occurrences of a repeated event: two months ago and a
	// year ahead of Now when zero.
	From, To time.Time
	Now      time.Time // time.Now when zero
	MaxRows  int       // 20,000 when zero; what is beyond is left out and said
}

func (o Options) withDefaults() Options {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.From.IsZero() {
		o.From = o.Now.AddDate(0, -2, 0)
	}
	if o.To.IsZero() {
		o.To = o.Now.AddDate(1, 0, 0)
	}
	if o.MaxRows <= 0 {
		o.MaxRows = 20_000
	}
	return o
}

// Parse reads data. ErrInvalid, with a sentence for a person: these bytes are not of
// the format, or too many. What is wrong with one row is in the harvest.
func Parse(format Format, data []byte, o Options) (*instance.Harvest, error) {
	parse, ok := parsers[format]
	if !ok {
		return nil, fmt.Errorf("%w : format inconnu : « %s » (connus : %v)", instance.ErrInvalid, format, Formats())
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%w : le fichier dépasse %d Mo ; découpez-le", instance.ErrInvalid, maxBytes>>20)
	}
	o = o.withDefaults()
	r := &reading{
		data: data, options: o, zone: instance.When{Zone: o.Zone}.Location(),
		harvest: &instance.Harvest{Format: string(format)}, columns: map[string]int{},
	}
	if err := parse(r); err != nil {
		return nil, err
	}
	return r.harvest, nil
}

// Read reads bytes found at an address, in a format or, when it is empty, in the one
// that they are recognised to be. It is what feeds are read with.
func Read(format string, data []byte, address string) (*instance.Harvest, error) {
	f := Format(format)
	if f == "" {
		if f = Detect(address, data); f == "" {
			return nil, invalid("ce format n’est pas reconnu : dites lequel c’est (%v)", Formats())
		}
	}
	return Parse(f, data, Options{Base: address})
}

var _ instance.ReadHarvest = Read

// reading is one call of Parse.
type reading struct {
	data    []byte
	options Options
	zone    *time.Location // of times that have none
	harvest *instance.Harvest
	columns map[string]int // name -> index in harvest.Columns
}

// full says that no more rows are taken, and notes it the first time.
func (r *reading) full() bool {
	if len(r.harvest.Rows) < r.options.MaxRows {
		return false
	}
	if !r.harvest.Partial {
		r.harvest.Partial = true
		r.notice("Il y a plus de %d lignes : les suivantes n’ont pas été lues. Découpez le fichier.", r.options.MaxRows)
	}
	return true
}

func (r *reading) add(row instance.IntakeRow) { r.harvest.Rows = append(r.harvest.Rows, row) }

func (r *reading) notice(format string, args ...any) {
	r.harvest.Notices = append(r.harvest.Notices, fmt.Sprintf(format, args...))
}

// column counts a row that has a value in a column, and says where the column goes.
func (r *reading) column(name, field, note string) {
	i, ok := r.columns[name]
	if !ok {
		if len(r.columns) >= maxColumns {
			return
		}
		i = len(r.harvest.Columns)
		r.columns[name] = i
		r.harvest.Columns = append(r.harvest.Columns, instance.IntakeColumn{Name: name, Field: field, Note: note})
	}
	r.harvest.Columns[i].Filled++
}

// invalid is an error about the whole input.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w : "+format, append([]any{instance.ErrInvalid}, args...)...)
}

// fatal is a problem that leaves its row out.
func fatal(code, field, format string, args ...any) instance.IntakeProblem {
	p := warning(code, field, format, args...)
	p.Fatal = true
	return p
}

// warning is a problem that leaves only a field out.
func warning(code, field, format string, args ...any) instance.IntakeProblem {
	return instance.NewIntakeProblem(code, field, format, args...)
}
