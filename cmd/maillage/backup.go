package main

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
)

// backupFormat names the form of backups.
const backupFormat = "maillage-sauvegarde/1"

// The files of a backup, besides the pictures.
const (
	backupManifestName = "manifest.json"
	backupDatabase     = "maillage.db"
	mediaFolder        = "media"
)

// backupManifest is how a backup is checked before it is put back.
type backupManifest struct {
	Format  string                          `json:"format"`
	BaseURL string                          `json:"base_url"`
	Version string                          `json:"version"` // of the program that made it
	Created time.Time                       `json:"created"`
	Files   map[string]instance.ArchiveFile `json:"files"`
}

type backupCommand struct {
	Path string `arg:"" name:"fichier" type:"path" help:"Fichier .zip à écrire ; il contient tout, clés et mots de passe compris."`
}

// Run copies the database and the pictures while the node runs.
func (cmd backupCommand) Run(ctx context.Context, cli *commandLine) error {
	c, err := configBeside(cli)
	if err != nil {
		return err
	}
	start := time.Now()
	size, err := backUp(ctx, c, cmd.Path)
	if errors.Is(err, store.ErrNotSQLite) {
		return fmt.Errorf("%w : sauvegardez-la avec ses propres outils, sans arrêter le nœud :\n\n  pg_dump --format=custom --file=maillage.dump \"%s\"\n\net copiez le dossier %s", err, "$MAILLAGE_DATABASE", filepath.Join(c.Data, mediaFolder))
	}
	if err != nil {
		return err
	}
	fmt.Printf("Sauvegardé dans %s (%s Mo) en %s. Gardez ce fichier ailleurs que sur cette machine, comme un mot de passe.\n",
		cmd.Path, decimal(float64(size)/1e6), lasting(time.Since(start)))
	return nil
}

// backUp writes the backup of a node and returns its size in bytes.
func backUp(ctx context.Context, c config, path string) (int64, error) {
	copied := path + ".db.part"
	if err := store.BackUp(ctx, c.dsn(), copied); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return 0, fmt.Errorf("%s est là : une autre sauvegarde est en cours, ou fut interrompue ; supprimez ce fichier", copied)
		}
		return 0, err
	}
	defer func() { _ = os.Remove(copied) }() // what it holds is in the backup
	m := backupManifest{Format: backupFormat, BaseURL: c.BaseURL, Version: version, Created: time.Now().UTC().Truncate(time.Second), Files: map[string]instance.ArchiveFile{}}
	err := writeZip(path, func(z *zip.Writer) error {
		if err := m.add(z, backupDatabase, copied, zip.Deflate); err != nil {
			return err
		}
		if err := m.addPictures(z, filepath.Join(c.Data, mediaFolder)); err != nil {
			return err
		}
		w, err := z.Create(backupManifestName)
		if err != nil {
			return err
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(m)
	})
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// add copies a file into the backup and notes its digest.
func (m *backupManifest) add(z *zip.Writer, name, path string, method uint16) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: m.Created})
	if err != nil {
		return err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, sum), f)
	m.Files[name] = instance.ArchiveFile{SHA256: hex.EncodeToString(sum.Sum(nil)), Size: size}
	return err
}

// addPictures copies the pictures; a node may have none. They are compressed already.
func (m *backupManifest) addPictures(z *zip.Writer, folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		return m.add(z, mediaFolder+"/"+filepath.ToSlash(relative), path, zip.Store)
	})
}
