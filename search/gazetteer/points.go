package gazetteer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/maillage/maillage/instance"
)

// ReadPoints reads the positions that a host adds, for Options: a CSV file with a
// header and the columns insee, latitude and longitude, in degrees. A line that
// does not read is an error that names it.
func ReadPoints(r io.Reader) (map[string]instance.Point, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = 3
	lines.TrimLeadingSpace = true
	lines.Comment = '#'
	points := map[string]instance.Point{}
	for header := true; ; header = false {
		field, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return points, nil
		}
		if err != nil {
			return nil, fmt.Errorf("positions des communes : %w", err)
		}
		if header {
			continue
		}
		p, err := parsePoint(field[1], field[2])
		if err != nil || p == nil {
			line, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("positions des communes, ligne %d : écrivez insee,latitude,longitude, par exemple 34079,43.6280,3.4300", line)
		}
		points[field[0]] = *p
	}
}

// PointLine is a commune's position as a line that ReadPoints reads, after the
// header PointsHeader.
func PointLine(insee string, p instance.Point) string {
	return insee + "," + degrees(p.Lat) + "," + degrees(p.Lon) + "\n"
}

// PointsHeader is the first line of a file of positions.
const PointsHeader = "insee,latitude,longitude\n"

func degrees(d float64) string { return strconv.FormatFloat(d, 'f', 5, 64) }

// Locate asks a geocoder where the centre of a commune is. It returns
// instance.ErrNotFound when no answer is this commune for sure, and the geocoder's
// error when it did not answer.
func Locate(ctx context.Context, geocoder instance.Geocoder, c instance.Commune) (instance.Point, error) {
	q := instance.AddressQuery{Text: c.Name, INSEE: c.INSEE}
	if len(c.PostalCodes) > 0 {
		q.PostalCode = c.PostalCodes[0]
	}
	found, err := geocoder.Geocode(ctx, q)
	if err != nil {
		return instance.Point{}, fmt.Errorf("position de %s (%s) : %w", c.Name, c.INSEE, err)
	}
	for _, l := range found {
		same := l.INSEE == c.INSEE || l.INSEE == "" && Fold(l.Locality) == Fold(c.Name) && l.PostalCode == q.PostalCode
		if same && l.Precision == instance.PrecisionCommune {
			return l.Point, nil
		}
	}
	return instance.Point{}, fmt.Errorf("position de %s (%s) : %w", c.Name, c.INSEE, instance.ErrNotFound)
}
