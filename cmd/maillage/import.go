package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

type importCommand struct {
	Format       string            `enum:"auto,maillage-json,archive,ical,geojson,csv,gogocarto,overpass,html,atom" default:"auto" placeholder:"FORMAT" help:"Format des données (${enum}) ; reconnu tout seul par défaut."`
	As           string            `placeholder:"ORGANISATION" help:"Organisation de ce nœud au nom de laquelle publier (voir « maillage org add »)."`
	DryRun       bool              `help:"Dire ce qui serait fait, et ne rien faire."`
	Source       string            `placeholder:"NOM" help:"Nom de la source, toujours le même d'un import à l'autre ; l'adresse ou le nom du fichier par défaut."`
	Licence      string            `placeholder:"LICENCE" help:"Licence des données, quand elles ne la disent pas (par exemple ODbL-1.0)."`
	Map          map[string]string `placeholder:"COLONNE=CHAMP" help:"Champ où va une colonne d'un tableau ; « - » la laisse de côté."`
	Theme        []string          `placeholder:"THÈME" help:"Thème ajouté à chaque publication."`
	Territory    []string          `placeholder:"TERRITOIRE" help:"Territoire de ce nœud ajouté à chaque publication."`
	KeepContacts bool              `help:"Garder dans les textes les adresses et les numéros de personnes : assurez-vous de leur accord."`
	Undo         string            `placeholder:"NUMÉRO" help:"Annuler un import : retirer ce qu'il a créé."`
	Path         string            `arg:"" optional:"" name:"dossier, fichier ou adresse" help:"Dossier qui contient communes.json, organisations.json, events.json, recipes.json ; ou fichier, ou adresse, d'un autre format."`
}

// Run imports what the path names and says what became of each row.
func (cmd importCommand) Run(ctx context.Context, cli *commandLine) error {
	if cmd.Path == "" && cmd.Undo == "" {
		return errors.New("dites quoi importer : un dossier, un fichier ou une adresse")
	}
	if cmd.Format == "archive" && cmd.Undo == "" {
		return importArchive(ctx, cli, cmd.Path, cmd.As)
	}
	if cmd.As == "" {
		return errors.New("il manque --as=ORGANISATION (voir « maillage import --help »)")
	}
	take, err := cmd.take()
	if err != nil {
		return err
	}
	return withNode(ctx, cli, func(a *app) error {
		owner, err := organisation(ctx, a.node, cmd.As)
		if err != nil {
			return err
		}
		return take(ctx, a, owner)
	})
}

// take chooses what to do, and reads our own format at once: what is wrong with a file
// is said before any node is opened.
func (cmd importCommand) take() (func(context.Context, *app, *instance.Actor) error, error) {
	if cmd.Undo != "" {
		return cmd.undo, nil
	}
	info, err := os.Stat(cmd.Path)
	folder := err == nil && info.IsDir()
	switch {
	case isAddress(cmd.Path):
		return cmd.intake, nil
	case err != nil:
		return nil, fmt.Errorf("%s : %s", cmd.Path, because(err))
	case cmd.Format == "maillage-json" || cmd.Format == "auto" && folder:
		data, err := readDataset(cmd.Path)
		return func(ctx context.Context, a *app, owner *instance.Actor) error {
			return cmd.dataset(ctx, a, owner, data)
		}, err
	case folder:
		return nil, fmt.Errorf("%s est un dossier : le format %s est celui d'un fichier", cmd.Path, cmd.Format)
	}
	return cmd.intake, nil
}

// dataset imports a folder of our own format.
func (cmd importCommand) dataset(ctx context.Context, a *app, owner *instance.Actor, data *instance.Dataset) error {
	if cmd.DryRun {
		return errors.New("--dry-run ne vaut pas pour un dossier maillage-json : il peut être relancé sans rien dupliquer")
	}
	p := newProgress(data.Len(), "lignes lues")
	report, err := a.node.Import(ctx, owner.ID, data, p.set)
	p.done()
	fmt.Println(reportLine(report))
	for _, row := range report.Refused {
		fmt.Printf("  refusé : %s %s : %s\n", row.Kind, row.Slug, row.Reason)
	}
	return err
}

// intake imports a file or an address of another software.
func (cmd importCommand) intake(ctx context.Context, a *app, owner *instance.Actor) error {
	data, name, err := cmd.read(ctx, a)
	if err != nil {
		return err
	}
	format := source.Format(cmd.Format)
	if cmd.Format == "auto" {
		if format = source.Detect(name, data[:min(len(data), 4096)]); format == "" {
			return fmt.Errorf("%s : format non reconnu ; dites-le avec --format", cmd.Path)
		}
	}
	options := source.Options{Mapping: cmd.Map}
	if isAddress(cmd.Path) {
		options.Base = cmd.Path
	}
	harvest, err := source.Parse(format, data, options)
	if err != nil {
		return fmt.Errorf("%s : %s", cmd.Path, because(err))
	}
	territories, err := cmd.territories(ctx, a)
	if err != nil {
		return err
	}
	p := newProgress(len(harvest.Rows), "lignes lues")
	report, err := a.node.Intake(ctx, owner.ID, harvest, instance.IntakeOptions{
		Source: name, DryRun: cmd.DryRun, Licence: cmd.Licence, Themes: cmd.Theme, Territories: territories, KeepContacts: cmd.KeepContacts,
	}, p.set)
	p.done()
	printIntake(os.Stdout, report)
	if err == nil && report.Batch != "" && !report.DryRun {
		fmt.Printf("Pour l'annuler : maillage import --as %s --undo %s\n", cmd.As, report.Batch)
	}
	return err
}

// read opens the file or the address, and names the source.
func (cmd importCommand) read(ctx context.Context, a *app) (data []byte, name string, err error) {
	name = cmd.Source
	if isAddress(cmd.Path) {
		if name == "" {
			name = cmd.Path
		}
		if data, _, err = a.fed.Download(ctx, cmd.Path, ""); err != nil {
			err = fmt.Errorf("%s ne se laisse pas lire : %w", cmd.Path, err)
		}
		return data, name, err
	}
	if name == "" {
		name = filepath.Base(cmd.Path)
	}
	if data, err = os.ReadFile(cmd.Path); err != nil {
		err = fmt.Errorf("%s : %s", cmd.Path, because(err))
	}
	return data, name, err
}

func isAddress(path string) bool {
	return strings.HasPrefix(path, "https://") || strings.HasPrefix(path, "http://")
}

func (cmd importCommand) territories(ctx context.Context, a *app) ([]instance.Ref, error) {
	var refs []instance.Ref
	for _, slug := range cmd.Territory {
		t, err := a.node.ActorBySlug(ctx, instance.KindTerritory, slug)
		if errors.Is(err, instance.ErrNotFound) {
			return nil, fmt.Errorf("aucun territoire « %s » sur ce nœud", slug)
		}
		if err != nil {
			return nil, err
		}
		refs = append(refs, instance.Ref{ID: t.ID, Slug: t.Slug, Name: t.Name})
	}
	return refs, nil
}

// undo takes back what an import created.
func (cmd importCommand) undo(ctx context.Context, a *app, owner *instance.Actor) error {
	report, err := a.node.UndoIntake(ctx, owner.ID, cmd.Undo)
	if err != nil {
		return err
	}
	fmt.Printf("%d publications retirées, %d gardées parce qu'elles ont été corrigées ici depuis\n", report.Withdrawn, len(report.Kept))
	for _, ref := range report.Kept {
		fmt.Printf("  gardée : %s %s\n", ref.Name, ref.URL)
	}
	return nil
}

// printIntake says what became of the rows: the counts, then each row that is not
// simply taken.
func printIntake(w io.Writer, r instance.IntakeReport) {
	if r.DryRun {
		fmt.Fprint(w, "Essai, rien n'est publié : ")
	}
	fmt.Fprintf(w, "%d créées, %d modifiées, %d inchangées, %d déjà connues, %d refusées\n",
		r.Counts[instance.IntakeCreated], r.Counts[instance.IntakeUpdated], r.Counts[instance.IntakeUnchanged],
		r.Counts[instance.IntakeDuplicate], r.Counts[instance.IntakeRefused])
	for _, notice := range r.Notices {
		fmt.Fprintf(w, "  %s\n", notice)
	}
	for _, column := range r.Columns {
		if column.Field == "" {
			fmt.Fprintf(w, "  colonne « %s » laissée de côté (%d valeurs)%s\n", column.Name, column.Filled, after(" : ", column.Note))
		}
	}
	for _, row := range r.Rows {
		if row.Verdict == instance.IntakeDuplicate {
			fmt.Fprintf(w, "  ligne %d, %s : déjà connue, %s\n", row.Line, row.Name, row.ID)
		}
		for _, reason := range row.Reasons {
			fmt.Fprintf(w, "  ligne %d, %s : %s%s\n", row.Line, row.Name, reason.Message, after(" — champ ", reason.Field))
		}
		if len(row.Kept) > 0 {
			fmt.Fprintf(w, "  ligne %d, %s : corrigés ici, gardés : %s\n", row.Line, row.Name, strings.Join(row.Kept, ", "))
		}
	}
	for _, ref := range r.Missing {
		fmt.Fprintf(w, "  n'y est plus : %s %s\n", ref.Name, ref.URL)
	}
}

func after(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// readDataset reads a folder, and says in French what is wrong with it.
func readDataset(dir string) (*instance.Dataset, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("%s : %s", dir, because(err))
	}
	data, err := instance.ReadDataset(os.DirFS(dir), ".")
	if errors.Is(err, instance.ErrNotFound) {
		return nil, fmt.Errorf("%s ne contient ni communes.json, ni organisations.json, ni events.json, ni recipes.json", dir)
	}
	if says, offset, ok := badJSON(err); ok {
		// The domain names the file and the offset; people count lines.
		for _, name := range []string{"communes.json", "organisations.json", "events.json", "recipes.json"} {
			if file, err2 := os.ReadFile(filepath.Join(dir, name)); err2 == nil && strings.Contains(err.Error(), name) {
				line := 1 + bytes.Count(file[:min(int(offset), len(file))], []byte("\n"))
				return nil, fmt.Errorf("%s, ligne %d : %s", filepath.Join(dir, name), line, says)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s : %s", dir, because(err))
	}
	return data, nil
}

func reportLine(r instance.ImportReport) string {
	return fmt.Sprintf("%d créés, %d modifiés, %d inchangés, %d refusés", r.Created, r.Updated, r.Unchanged, len(r.Refused))
}
