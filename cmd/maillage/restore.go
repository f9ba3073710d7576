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
	"strings"

	"github.com/maillage/maillage/instance/store"
)

type restoreCommand struct {
	Path  string `arg:"" name:"fichier" type:"existingfile" help:"Sauvegarde faite par « maillage backup »."`
	Force bool   `help:"Remplacer les données qui sont là ; elles sont gardées à côté."`
}

// Run puts a backup in the place of the node's data.
func (cmd restoreCommand) Run(ctx context.Context, cli *commandLine) error {
	c, err := loadConfig(cli.Config, os.Getenv)
	if err != nil {
		return err
	}
	if c.Database != "" {
		return errors.New("ce nœud garde ses données dans PostgreSQL : remettez-les avec pg_restore --clean, puis lancez « maillage reindex »")
	}
	if answers(ctx, c.BaseURL) {
		return fmt.Errorf("%s répond : arrêtez le nœud avant de remettre une sauvegarde", c.BaseURL)
	}
	m, aside, err := restore(ctx, c, cmd.Path, cmd.Force)
	if err != nil {
		return err
	}
	fmt.Printf("La sauvegarde du %s est en place. L’index sera reconstruit au démarrage.\n", m.Created.Local().Format("02/01/2006 à 15:04"))
	if aside != "" {
		fmt.Printf("Ce qui était là est dans %s.\n", aside)
	}
	return nil
}

// restore checks a backup whole, beside the data, then puts it in its place; aside is
// where the data that was there is now.
func restore(ctx context.Context, c config, path string, force bool) (m backupManifest, aside string, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return m, "", fmt.Errorf("%s n’est pas un fichier .zip entier : %s", path, because(err))
	}
	defer func() { _ = z.Close() }() // only read
	if m, err = readBackupManifest(&z.Reader); err != nil {
		return m, "", fmt.Errorf("%s : %w", path, err)
	}
	if m.BaseURL != c.BaseURL {
		return m, "", fmt.Errorf("cette sauvegarde est celle de %s, et non de %s : corrigez base_url, ou prenez un autre fichier", m.BaseURL, c.BaseURL)
	}
	_, err = os.Stat(c.dsn())
	there := !errors.Is(err, fs.ErrNotExist)
	if there && !force {
		return m, "", fmt.Errorf("%s existe : ajoutez --force pour le remplacer (il sera gardé à côté)", c.dsn())
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return m, "", err
	}
	fresh, err := os.MkdirTemp(c.Data, "restauration-")
	if err != nil {
		return m, "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // empty, or what was refused
	for name := range m.Files {
		if err := m.extract(&z.Reader, name, fresh); err != nil {
			return m, "", fmt.Errorf("%s : %w", path, err)
		}
	}
	if err := store.CheckFile(ctx, filepath.Join(fresh, backupDatabase)); err != nil {
		return m, "", fmt.Errorf("%s : %w", path, err)
	}
	if there {
		aside = filepath.Join(c.Data, "avant-"+filepath.Base(fresh))
	}
	return m, aside, swap(c, fresh, aside)
}

func readBackupManifest(z *zip.Reader) (m backupManifest, err error) {
	data, err := fs.ReadFile(z, backupManifestName)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if _, whole := m.Files[backupDatabase]; err != nil || m.Format != backupFormat || !whole {
		return m, errors.New("ce n’est pas une sauvegarde de maillage (une archive se reprend avec « maillage import --format archive »)")
	}
	return m, nil
}

// extract writes one file of the backup, if it is what the manifest says.
func (m *backupManifest) extract(z *zip.Reader, name, folder string) error {
	if name != backupDatabase && (!strings.HasPrefix(name, mediaFolder+"/") || !filepath.IsLocal(name)) {
		return fmt.Errorf("%s n’a rien à faire dans une sauvegarde", name)
	}
	in, err := z.Open(name)
	if err != nil {
		return fmt.Errorf("%s manque : la sauvegarde est incomplète", name)
	}
	defer func() { _ = in.Close() }() // only read
	to := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // checked above
	if err != nil {
		return err
	}
	want, sum := m.Files[name], sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, want.Size+1))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("%s : la sauvegarde est abîmée : %s", name, because(err))
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%s a changé depuis la sauvegarde : le fichier est abîmé, prenez-en un autre", name)
	}
	return nil
}

// swap puts aside what is there and what was restored in its place. The index, which
// is made again, and the journal of the old database go aside too.
func swap(c config, fresh, aside string) error {
	database := filepath.Base(c.dsn())
	if aside != "" {
		if err := os.Mkdir(aside, 0o700); err != nil {
			return err
		}
	}
	for _, name := range []string{database, database + "-wal", database + "-shm", filepath.Base(c.indexFile()), mediaFolder} {
		old := filepath.Join(c.Data, name)
		var err error
		if aside != "" {
			err = os.Rename(old, filepath.Join(aside, name))
		} else if name != mediaFolder {
			err = os.Remove(old)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(filepath.Join(fresh, backupDatabase), c.dsn()); err != nil {
		return err
	}
	err := os.Rename(filepath.Join(fresh, mediaFolder), filepath.Join(c.Data, mediaFolder))
	if errors.Is(err, fs.ErrNotExist) { // a node without pictures
		return nil
	}
	return err
}
