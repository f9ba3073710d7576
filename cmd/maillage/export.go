package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/instance"
)

type exportCommand struct {
	Path     string `arg:"" name:"fichier" type:"path" help:"Archive à écrire : un fichier .zip, ou un dossier qui n'existe pas encore."`
	WithKeys bool   `help:"Avec les clés privées : pour déménager le nœud sous la même adresse. Qui a l'archive peut alors publier en son nom."`
}

// Run writes everything that the node publishes, beside the server if it runs.
func (cmd exportCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		manifest, err := writeArchive(ctx, a, cmd.Path, cmd.WithKeys)
		if err != nil {
			return err
		}
		total := 0
		for _, count := range manifest.Counts {
			total += count
		}
		fmt.Printf("%d choses dans %s, en %d fichiers. LISEZMOI.txt dit ce que contient l'archive.\n", total, cmd.Path, len(manifest.Files))
		if cmd.WithKeys {
			fmt.Println("Elle contient les clés privées du nœud : gardez-la comme un mot de passe.")
		}
		return nil
	})
}

// writeArchive makes the archive, and nothing when it cannot be made whole.
func writeArchive(ctx context.Context, a *app, path string, keys bool) (m instance.ArchiveManifest, err error) {
	options := instance.ArchiveOptions{Keys: keys, Document: a.fed.Document}
	if !strings.EqualFold(filepath.Ext(path), ".zip") {
		folder := &archiveFolder{path: path}
		if err := os.Mkdir(path, 0o700); err != nil {
			return m, newFile(path, err)
		}
		m, err = a.node.Archive(ctx, folder, options)
		if err = errors.Join(err, folder.end()); err != nil {
			err = errors.Join(err, os.RemoveAll(path))
		}
		return m, err
	}
	return m, writeZip(path, func(z *zip.Writer) error {
		m, err = a.node.Archive(ctx, z, options)
		return err
	})
}

// writeZip makes a new .zip file, readable by its owner alone, whole or not at all.
func writeZip(path string, fill func(*zip.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return newFile(path, err)
	}
	z := zip.NewWriter(f)
	err = fill(z)
	if err == nil {
		err = errors.Join(z.Close(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// newFile says why a file or folder could not be made.
func newFile(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s existe déjà : choisissez un autre nom", path)
	}
	return fmt.Errorf("%s : %s", path, because(err))
}

// archiveFolder writes an archive as files of a folder.
type archiveFolder struct {
	path string
	file *os.File // being written
}

// Create implements instance.ArchiveWriter.
func (d *archiveFolder) Create(name string) (io.Writer, error) {
	if err := d.end(); err != nil {
		return nil, err
	}
	path := filepath.Join(d.path, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	var err error
	d.file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // the names are the node's own paths
	return d.file, err
}

func (d *archiveFolder) end() error {
	if d.file == nil {
		return nil
	}
	err := d.file.Close()
	d.file = nil
	return err
}

// importArchive takes in an archive: as this node's own when it is, else in the name
// of an organisation.
func importArchive(ctx context.Context, cli *commandLine, path, as string) error {
	files, closeFiles, err := openFiles(path)
	if err != nil {
		return err
	}
	defer func() { _ = closeFiles() }() // only read
	archive, err := instance.OpenArchive(files)
	if err != nil {
		return fmt.Errorf("%s : %w", path, err)
	}
	return withNode(ctx, cli, func(a *app) error {
		p := newProgress(archive.Len(), "choses lues")
		var report instance.ImportReport
		if archive.Manifest.BaseURL == a.node.URLs().Base() && archive.Manifest.Keys {
			report, err = a.node.RestoreArchive(ctx, archive, p.set)
		} else {
			var owner *instance.Actor
			if as == "" {
				return errors.New("il manque --as=ORGANISATION (voir « maillage import --help »)")
			}
			if owner, err = organisation(ctx, a.node, as); err != nil {
				return err
			}
			report, err = a.node.ImportArchive(ctx, owner.ID, archive, p.set)
		}
		p.done()
		fmt.Println(reportLine(report))
		for _, row := range report.Refused {
			fmt.Printf("  refusé : %s %s : %s\n", row.Kind, row.Slug, row.Reason)
		}
		return err
	})
}

// openFiles opens a folder or a .zip file for reading.
func openFiles(path string) (files fs.FS, closeFiles func() error, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s : %s", path, because(err))
	}
	if info.IsDir() {
		root, err := os.OpenRoot(path) // a link in the folder leads nowhere outside it
		if err != nil {
			return nil, nil, fmt.Errorf("%s : %s", path, because(err))
		}
		return root.FS(), root.Close, nil
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s n'est pas un fichier .zip entier : %s", path, because(err))
	}
	return z, z.Close, nil
}
