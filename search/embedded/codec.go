package embedded

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/maillage/maillage/instance"
)

// What is shown of a document is kept as its strings and numbers in a row. That is read
// much faster than JSON would be, into one piece of memory: the documents of a map or of
// a close look can be read each time.

var errDocument = errors.New("damaged document")

func encode(d *instance.Document) []byte {
	e := encoder(make([]byte, 0, 256+len(d.Summary)+len(d.Text)))
	for _, s := range stringsOf(d) {
		e.string(*s)
	}
	for _, list := range listsOf(d) {
		e.number(int64(len(*list)))
		for _, s := range *list {
			e.string(s)
		}
	}
	for _, t := range timesOf(d) {
		e.time(*t)
	}
	e.bool(d.When.AllDay)
	e.bool(d.Point != nil)
	if d.Point != nil {
		e.float(d.Point.Lat)
		e.float(d.Point.Lon)
	}
	return e
}

func decode(data []byte) (*instance.Document, error) {
	d := new(instance.Document)
	in := decoder{left: string(data)}
	for _, s := range stringsOf(d) {
		*s = in.string()
	}
	for _, list := range listsOf(d) {
		n := in.number()
		if n < 0 || n > int64(len(in.left)) { // an empty string takes a byte
			return nil, errDocument
		}
		if n > 0 {
			*list = make([]string, n)
		}
		for i := range *list {
			(*list)[i] = in.string()
		}
	}
	for _, t := range timesOf(d) {
		*t = in.time()
	}
	d.When.AllDay = in.bool()
	if in.bool() {
		d.Point = &instance.Point{Lat: in.float(), Lon: in.float()}
	}
	if in.damaged || in.left != "" {
		return nil, errDocument
	}
	return d, nil
}

func stringsOf(d *instance.Document) [16]*string {
	return [...]*string{
		&d.ID, (*string)(&d.Kind), &d.URL, &d.Path, &d.Origin, &d.Name, &d.Summary, &d.Text, &d.Subkind, &d.Status,
		&d.Locality, (*string)(&d.Precision), &d.When.Zone, &d.When.Text, &d.When.Approx, &d.When.Source,
	}
}

func listsOf(d *instance.Document) [4]*[]string {
	return [...]*[]string{&d.Keywords, &d.Themes, &d.Roles, &d.Territories}
}

func timesOf(d *instance.Document) [5]*time.Time {
	return [...]*time.Time{&d.When.Start, &d.When.End, &d.Start, &d.End, &d.Updated}
}

type encoder []byte

func (e *encoder) number(n int64)  { *e = binary.AppendVarint(*e, n) }
func (e *encoder) float(f float64) { *e = binary.LittleEndian.AppendUint64(*e, math.Float64bits(f)) }

func (e *encoder) string(s string) {
	e.number(int64(len(s)))
	*e = append(*e, s...)
}

func (e *encoder) bool(b bool) {
	n := byte(0)
	if b {
		n = 1
	}
	*e = append(*e, n)
}

// time writes an instant; it is read in UTC.
func (e *encoder) time(t time.Time) {
	e.bool(!t.IsZero())
	if !t.IsZero() {
		e.number(t.Unix())
		e.number(int64(t.Nanosecond()))
	}
}

// decoder reads what an encoder wrote. Past the end everything is zero, and damaged.
type decoder struct {
	left    string
	damaged bool
}

func (d *decoder) cut(n int) string {
	if n < 0 || n > len(d.left) {
		d.damaged, d.left = true, ""
		return ""
	}
	piece := d.left[:n]
	d.left = d.left[n:]
	return piece
}

func (d *decoder) number() int64 {
	u, shift := uint64(0), 0
	for i := 0; i < len(d.left) && i < binary.MaxVarintLen64; i++ {
		b := d.left[i]
		u |= uint64(b&0x7f) << shift
		if shift += 7; b < 0x80 {
			d.left = d.left[i+1:]
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	d.damaged, d.left = true, ""
	return 0
}

func (d *decoder) string() string { return d.cut(int(min(d.number(), math.MaxInt32))) }

func (d *decoder) bool() bool { return d.cut(1) == "\x01" }

func (d *decoder) float() float64 {
	piece := d.cut(8)
	if piece == "" {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64([]byte(piece)))
}

func (d *decoder) time() time.Time {
	if !d.bool() {
		return time.Time{}
	}
	return time.Unix(d.number(), d.number()).UTC()
}
