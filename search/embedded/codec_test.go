package embedded

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// fill gives every field of a value something of its own, so that one which is not
// written is missed.
func fill(v reflect.Value, next *int) {
	*next++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(int64(*next)*1000, 7).UTC()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), next)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), next)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), next)
		fill(v.Index(1), next)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Float64:
		v.SetFloat(float64(*next) + 0.5)
	default:
		v.SetString("é" + strconv.Itoa(*next))
	}
}

func TestDocumentIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	var full instance.Document
	next := 0
	fill(reflect.ValueOf(&full).Elem(), &next)
	for name, doc := range map[string]instance.Document{"full": full, "empty": {}, "long ago": {Updated: time.Unix(-5e9, 0).UTC()}} {
		data := encode(&doc)
		got, err := decode(data)
		if err != nil || !reflect.DeepEqual(*got, doc) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, doc)
		}
		for cut := range data {
			if _, err := decode(data[:cut]); err == nil {
				t.Errorf("%s: cut at %d of %d is no error", name, cut, len(data))
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(&instance.Document{Name: "Fablab", Themes: []string{"libre"}, Point: &instance.Point{Lat: 48, Lon: -4}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := decode(data)
		if (d == nil) == (err == nil) {
			t.Errorf("%v, %v", d, err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var full instance.Document
	next := 0
	fill(reflect.ValueOf(&full).Elem(), &next)
	data := encode(&full)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
