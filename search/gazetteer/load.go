package gazetteer

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

//go:embed data/communes.tsv.gz
var communesGZ []byte

//go:embed data/departements.tsv
var departementsTSV string

//go:embed data/quartiers-et-pays.txt
var byHand string

// records are the data as they were read.
type records struct {
	departements  []instance.Departement
	today, others []instance.Commune // in the order of the files
	former        map[string]string  // the commune of today that took a code over
}

// readAll reads the embedded files. Strings are cut from them, not copied.
func readAll() (*records, error) {
	r := &records{former: map[string]string{}}
	if err := r.readDepartements(departementsTSV); err != nil {
		return nil, fmt.Errorf("departements.tsv: %w", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(communesGZ))
	if err != nil {
		return nil, fmt.Errorf("communes.tsv.gz: %w", err)
	}
	var tsv strings.Builder
	if _, err := io.Copy(&tsv, z); err != nil {
		return nil, fmt.Errorf("communes.tsv.gz: %w", err)
	}
	if err := r.readCommunes(tsv.String()); err != nil {
		return nil, fmt.Errorf("communes.tsv.gz: %w", err)
	}
	if err := r.readByHand(byHand); err != nil {
		return nil, fmt.Errorf("quartiers-et-pays.txt, %w", err)
	}
	return r, nil
}

func (r *records) readDepartements(tsv string) error {
	for line := range strings.Lines(tsv) {
		field := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(field) != 3 {
			return fmt.Errorf("%q has not 3 columns", line)
		}
		r.departements = append(r.departements, instance.Departement{
			Code: field[0], Name: field[1], Region: field[2], Zone: instance.Zone(field[0]),
		})
	}
	return nil
}

// region is the name of the region of a département; ok is false for one that
// does not exist.
func (r *records) region(departement string) (name string, ok bool) {
	for i := range r.departements {
		if r.departements[i].Code == departement {
			return r.departements[i].Region, true
		}
	}
	return "", false
}

// The letters of communes.tsv: build/cog.go writes them.
var kinds = map[string]instance.CommuneKind{
	"c": instance.CommuneToday,
	"d": instance.CommuneDeleguee,
	"a": instance.CommuneAssociee,
	"m": instance.CommuneArrondissement,
}

// readCommunes reads the lines that build/cog.go writes, in the order of the codes.
func (r *records) readCommunes(tsv string) error {
	lines := strings.Count(tsv, "\n")
	r.today = make([]instance.Commune, 0, lines+100) // with room for the others, which newTables puts behind
	points := make([]instance.Point, 0, lines)       // one allocation for all
	var departement, region string
	for line := range strings.Lines(tsv) {
		var field [9]string
		if !cutColumns(strings.TrimSuffix(line, "\n"), field[:]) || len(field[0]) != 5 || kinds[field[2]] == "" {
			return fmt.Errorf("%q does not read", line)
		}
		if d := departementOf(field[0]); d != departement {
			departement = d
			var ok bool
			if region, ok = r.region(d); !ok {
				return fmt.Errorf("%q is of no département", line)
			}
		}
		c := instance.Commune{
			Kind: kinds[field[2]], INSEE: field[0], Name: field[1], In: field[3], PostalCodes: strings.Fields(field[4]),
			Departement: departement, Region: region,
		}
		c.Population, _ = strconv.Atoi(field[5]) // "" is nobody
		if field[6] != "" {
			lat, errLat := strconv.Atoi(field[6])
			lon, errLon := strconv.Atoi(field[7])
			if err := errors.Join(errLat, errLon); err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
			points = append(points, instance.Point{Lat: float64(lat) / 1e4, Lon: float64(lon) / 1e4})
			c.Point = &points[len(points)-1]
		}
		for _, old := range strings.Fields(field[8]) {
			r.former[old] = c.INSEE
		}
		if c.Kind == instance.CommuneToday {
			r.today = append(r.today, c)
		} else {
			r.others = append(r.others, c)
		}
	}
	return nil
}

// cutColumns splits a line in exactly as many columns as there is room for.
func cutColumns(line string, into []string) bool {
	for i := range into {
		var more bool
		into[i], line, more = strings.Cut(line, "\t")
		if more != (i < len(into)-1) {
			return false
		}
	}
	return true
}

// departementOf is the département of an INSEE code: three characters overseas.
func departementOf(insee string) string {
	if strings.HasPrefix(insee, "97") || strings.HasPrefix(insee, "98") {
		return insee[:3]
	}
	return insee[:2]
}

// readByHand reads the file whose beginning says how it is written. It comes after
// the communes, which quartiers lie in.
func (r *records) readByHand(text string) error {
	number, seen := 0, map[string]bool{}
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c, err := r.parseByHand(line)
		if err == nil && seen[c.Slug] {
			err = fmt.Errorf("la clé « %s » y est deux fois", c.Slug)
		}
		if err != nil {
			return fmt.Errorf("ligne %d : %w", number, err)
		}
		seen[c.Slug] = true
		r.others = append(r.others, c)
	}
	return nil
}

func (r *records) parseByHand(line string) (c instance.Commune, err error) {
	field := strings.Split(line, ";")
	if len(field) != 6 {
		return c, fmt.Errorf("écrivez six champs séparés par « ; », il y en a %d", len(field))
	}
	for i := range field {
		field[i] = strings.TrimSpace(field[i])
	}
	c = instance.Commune{Slug: field[0], Name: field[1], Kind: instance.CommuneKind(field[2])}
	if c.Slug == "" || c.Name == "" {
		return c, errors.New("il manque la clé ou le nom")
	}
	switch c.Kind {
	case instance.CommuneQuartier:
		at, ok := slices.BinarySearchFunc(r.today, field[3], byCode)
		if !ok {
			return c, fmt.Errorf("« %s » n'est le code INSEE d'aucune commune d'aujourd'hui", field[3])
		}
		parent := &r.today[at]
		c.In, c.PostalCodes, c.Departement, c.Region = parent.INSEE, parent.PostalCodes, parent.Departement, parent.Region
	case instance.CommunePays:
		if c.Departements = strings.Fields(field[3]); len(c.Departements) == 0 {
			return c, errors.New("un pays a au moins un département")
		}
		for _, d := range c.Departements {
			if _, ok := r.region(d); !ok {
				return c, fmt.Errorf("« %s » n'est pas un département", d)
			}
		}
		c.Departement = c.Departements[0]
		c.Region, _ = r.region(c.Departement)
	default:
		return c, fmt.Errorf("le genre est quartier ou pays, pas « %s »", c.Kind)
	}
	c.Point, err = parsePoint(field[4], field[5])
	return c, err
}

// parsePoint reads degrees; two empty strings are no point.
func parsePoint(lat, lon string) (*instance.Point, error) {
	if lat == "" && lon == "" {
		return nil, nil
	}
	var p instance.Point
	var errLat, errLon error
	p.Lat, errLat = strconv.ParseFloat(lat, 64)
	p.Lon, errLon = strconv.ParseFloat(lon, 64)
	if errLat != nil || errLon != nil || !p.Valid() {
		return nil, fmt.Errorf("« %s » et « %s » ne sont pas une latitude et une longitude en degrés", lat, lon)
	}
	return &p, nil
}
