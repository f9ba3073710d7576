package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/gazetteer"
	"github.com/maillage/maillage/search/geocode"
)

// openGazetteer returns the communes of France, with the positions that the host
// added.
func openGazetteer(c config) (*gazetteer.Gazetteer, error) {
	points, err := hostPoints(c)
	return gazetteer.New(gazetteer.Options{Points: points}), err
}

// hostPoints reads the positions that the host added; none when there is no file.
func hostPoints(c config) (map[string]instance.Point, error) {
	f, err := os.Open(c.pointsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("positions des communes : %s : %s", c.pointsFile(), because(err))
	}
	defer func() { _ = f.Close() }() // only read
	points, err := gazetteer.ReadPoints(f)
	if err != nil {
		return nil, fmt.Errorf("%s : %w", c.pointsFile(), err)
	}
	return points, nil
}

// openGeocoder returns the service that the host chose; nil for none.
func openGeocoder(c config) (instance.Geocoder, error) {
	if c.Geocoder.Service == "" {
		return nil, nil
	}
	g, err := geocode.New(geocode.Options{
		Service: c.Geocoder.Service, URL: c.Geocoder.URL, PerSecond: c.Geocoder.PerSecond,
		UserAgent: "maillage/" + version + " (+" + c.BaseURL + ")",
	})
	if err != nil {
		return nil, fmt.Errorf("geocoder : %w", err)
	}
	return g, nil
}

// communesCommand works on what the node knows of the communes.
type communesCommand struct {
	Place placeCommand `cmd:"" name:"placer" help:"Cherche, avec le géocodeur, la position des communes qui n’en ont pas."`
}

// placeCommand asks the geocoder where the communes without a position are. What was
// found is kept line by line: it can be stopped, and goes on where it was.
type placeCommand struct {
	Limit int `default:"0" placeholder:"NOMBRE" help:"S’arrêter après tant de communes ; 0 : toutes."`
}

// Run places communes until all have been asked for, or ctx ends.
func (cmd placeCommand) Run(ctx context.Context, cli *commandLine) error {
	c, err := loadConfig(cli.Config, os.Getenv)
	if err != nil {
		return err
	}
	geocoder, err := openGeocoder(c)
	if err != nil {
		return err
	}
	if geocoder == nil {
		return errors.New("aucun géocodeur : choisissez-en un dans maillage.toml, par exemple\n\n  [geocoder]\n  service = \"ban\"")
	}
	communes, err := openGazetteer(c)
	if err != nil {
		return err
	}
	todo := slices.DeleteFunc(slices.Clone(communes.Communes()), func(c instance.Commune) bool { return c.Point != nil })
	if cmd.Limit > 0 {
		todo = todo[:min(cmd.Limit, len(todo))]
	}
	out, err := openPoints(c.pointsFile())
	if err != nil {
		return err
	}
	placed, err := placeCommunes(ctx, out, geocoder, todo)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	fmt.Printf("%d communes placées sur %d ; elles le seront sur la carte au prochain démarrage (%s).\n", placed, len(todo), c.pointsFile())
	return nil
}

// placeCommunes writes a line for each commune that the geocoder is sure of.
func placeCommunes(ctx context.Context, out io.Writer, geocoder instance.Geocoder, todo []instance.Commune) (placed int, err error) {
	p := newProgress(len(todo), "communes")
	defer p.done()
	for i, commune := range todo {
		point, err := gazetteer.Locate(ctx, geocoder, commune)
		switch {
		case errors.Is(err, instance.ErrNotFound):
		case err != nil:
			return placed, fmt.Errorf("%w ; ce qui est trouvé est gardé : relancez la commande", err)
		default:
			if _, err := io.WriteString(out, gazetteer.PointLine(commune.INSEE, point)); err != nil {
				return placed, err
			}
			placed++
		}
		p.set(i + 1)
	}
	return placed, nil
}

// openPoints opens the file of positions to add to it, with its header when it is new.
func openPoints(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) // public positions
	if err != nil {
		return nil, fmt.Errorf("positions des communes : %s : %s", name, because(err))
	}
	if info, err := f.Stat(); err == nil && info.Size() == 0 {
		_, err = f.WriteString(gazetteer.PointsHeader)
		return f, err
	}
	return f, nil
}
