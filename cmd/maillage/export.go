package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/instance"
)

type exportCommand struct {
	Path     string `arg:"" name:"fichier" type:"path" help:"Archive à écrire : un fichier .zip, ou un dossier qui n’existe pas encore."`
	WithKeys bool   `help:"Avec les clés privées : pour déménager le nœud sous la même adresse. Qui a l’archive peut alors publier en son nom."`
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
		fmt.Printf("%d choses dans %s, en %d fichiers. LISEZMOI.txt dit ce que contient l’archive.\n", total, cmd.Path, len(manifest.Files))
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
	z, err := openZip(path)
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}

// What a .zip file of strangers may be: its directory is all in memory before any file is
// read, and texts and pictures shrink ten times, not hundreds.
const (
	maxZipDirectory = 32 << 20 // bytes: the names of two hundred thousand files
	maxZipRatio     = 200
	minZipRatio     = 64 << 20 // bytes, below which the ratio does not matter
)

// openZip opens a .zip file for reading, unless it is made to exhaust who opens it.
func openZip(path string) (*zip.ReadCloser, error) {
	directory, err := zipDirectory(path)
	if directory > maxZipDirectory {
		return nil, fmt.Errorf("%s contient plus de fichiers qu’une archive de maillage : il n’est pas ouvert", path)
	}
	var z *zip.ReadCloser
	if err == nil {
		z, err = zip.OpenReader(path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s n’est pas un fichier .zip entier : %s", path, because(err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Join(err, z.Close())
	}
	total := uint64(0)
	for _, f := range z.File {
		total += min(f.UncompressedSize64, 1<<40) // no sum overflows
	}
	if total > minZipRatio && total/maxZipRatio > uint64(info.Size()) {
		return nil, errors.Join(fmt.Errorf("%s grossirait %d fois en s’ouvrant : ce n’est pas une archive de maillage", path, total/uint64(info.Size())), z.Close())
	}
	return z, nil
}

// zipDirectory is how many bytes of a .zip file its directory may take, to the end of the
// file, as archive/zip finds it: neither the number of entries nor the size that it
// announces can be trusted.
func zipDirectory(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	tail := make([]byte, min(info.Size(), 64<<10+22+20)) // the longest comment, and two records
	from := info.Size() - int64(len(tail))
	if _, err := f.ReadAt(tail, from); err != nil {
		return 0, err
	}
	i := bytes.LastIndex(tail[:max(len(tail)-18, 0)], []byte("PK\x05\x06")) // with room for its 22 bytes
	if i < 0 {
		return 0, zip.ErrFormat
	}
	end, last := from+int64(i), tail[i:]
	size, offset := int64(binary.LittleEndian.Uint32(last[12:])), int64(binary.LittleEndian.Uint32(last[16:]))
	full := binary.LittleEndian.Uint16(last[10:]) == math.MaxUint16 || size == math.MaxUint32 || offset == math.MaxUint32
	if full && i >= 20 && isLocator(tail[i-20:i]) {
		var record [56]byte
		end = int64(binary.LittleEndian.Uint64(tail[i-12:]))
		if _, err := f.ReadAt(record[:], end); err != nil {
			return 0, err
		}
		size, offset = int64(binary.LittleEndian.Uint64(record[40:])), int64(binary.LittleEndian.Uint64(record[48:]))
	}
	return info.Size() - max(min(end-size, offset), 0), nil
}

// isLocator says that 20 bytes tell where the zip64 record is, in this file alone.
func isLocator(b []byte) bool {
	return bytes.HasPrefix(b, []byte("PK\x06\x07\x00\x00\x00\x00")) && binary.LittleEndian.Uint32(b[16:]) == 1
}
