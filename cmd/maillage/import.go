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
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

type importCommand struct {
	Format       string            `enum:"auto,maillage-json,archive,ical,geojson,csv,kml,gogocarto,overpass,html,atom" default:"auto" placeholder:"FORMAT" help:"Format des données (${enum}) ; reconnu tout seul par défaut."`
	As           string            `placeholder:"ORGANISATION" help:"Organisation de ce nœud au nom de laquelle publier (voir « maillage org add »)."`
	DryRun       bool              `help:"Dire ce qui serait fait, et ne rien faire."`
	Source       string            `placeholder:"NOM" help:"Nom de la source, toujours le même d’un import à l’autre ; l’adresse ou le nom du fichier par défaut."`
	Licence      string            `placeholder:"LICENCE" help:"Licence des données, quand elles ne la disent pas (par exemple ODbL-1.0)."`
	Map          map[string]string `placeholder:"COLONNE=CHAMP" help:"Champ où va une colonne d’un tableau ; « - » la laisse de côté."`
	Theme        []string          `placeholder:"THÈME" help:"Thème ajouté à chaque publication."`
	Territory    []string          `placeholder:"TERRITOIRE" help:"Territoire de ce nœud ajouté à chaque publication."`
	KeepContacts bool              `help:"Garder dans les textes les adresses et les numéros de personnes : assurez-vous de leur accord."`
	Announce     string            `enum:"few,all,none" default:"few" help:"Prévenir ceux qui suivent l’organisation et les territoires : few, jusqu’à dix nouveautés ; all, toujours ; none, jamais."`
	Undo         string            `placeholder:"NUMÉRO" help:"Annuler un import, d’ici ou du navigateur : retirer ce qu’il a créé, remettre ce qu’il a modifié."`
	List         bool              `help:"Lister les imports passés, avec leurs numéros."`
	Path         string            `arg:"" optional:"" name:"dossier, fichier ou adresse" help:"Dossier qui contient communes.json, organisations.json, events.json, recipes.json ; ou fichier, ou adresse, d’un autre format."`
}

// Run imports what the path names and says what became of each row.
func (cmd importCommand) Run(ctx context.Context, cli *commandLine) error {
	switch {
	case cmd.List:
		return withNode(ctx, cli, func(a *app) error { return cmd.list(ctx, a, os.Stdout) })
	case cmd.Undo != "":
		return withNode(ctx, cli, func(a *app) error { return cmd.undo(ctx, a) })
	case cmd.Path == "":
		return errors.New("dites quoi importer : un dossier, un fichier ou une adresse")
	case cmd.Format == instance.FormatArchive:
		return cmd.archive(ctx, cli)
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
		return nil, fmt.Errorf("%s est un dossier : le format %s est celui d’un fichier", cmd.Path, cmd.Format)
	}
	return cmd.intake, nil
}

// dataset imports a folder of our own format.
func (cmd importCommand) dataset(ctx context.Context, a *app, owner *instance.Actor, data *instance.Dataset) error {
	if cmd.DryRun {
		return errors.New("--dry-run ne vaut pas pour un dossier maillage-json : il peut être relancé sans rien dupliquer")
	}
	p := newProgress(data.Len(), "lignes lues")
	o := cmd.options(cmd.source())
	report, id, err := a.node.ImportDataset(ctx, owner.ID, data, o, p.set)
	p.done()
	fmt.Println(reportLine(report))
	for _, row := range report.Refused {
		fmt.Printf("  refusé : %s %s : %s\n", row.Kind, row.Slug, row.Reason)
	}
	if report.Created+report.Updated > 0 {
		sayHowToUndo(os.Stdout, id)
	}
	return err
}

func sayHowToUndo(w io.Writer, id string) {
	fmt.Fprintf(w, "Pour l’annuler : maillage import --undo %s\n", id)
}

// source is the name of what is imported: the same each time.
func (cmd importCommand) source() string {
	switch {
	case cmd.Source != "":
		return cmd.Source
	case isAddress(cmd.Path):
		return cmd.Path
	}
	if path, err := filepath.Abs(cmd.Path); err == nil {
		return filepath.Base(path)
	}
	return filepath.Base(cmd.Path)
}

func (cmd importCommand) options(source string) instance.IntakeOptions {
	announce := instance.IntakeAnnounce(cmd.Announce)
	if announce == "few" {
		announce = instance.AnnounceFew
	}
	return instance.IntakeOptions{
		Source: source, DryRun: cmd.DryRun, Licence: cmd.Licence, Themes: cmd.Theme, KeepContacts: cmd.KeepContacts,
		Announce: announce, Via: instance.ViaCommand,
	}
}

// intake imports a file or an address of another software.
func (cmd importCommand) intake(ctx context.Context, a *app, owner *instance.Actor) error {
	data, err := cmd.read(ctx, a)
	if err != nil {
		return err
	}
	name := cmd.source()
	format := source.Format(cmd.Format)
	if cmd.Format == "auto" {
		if format = source.Detect(cmd.Path, data[:min(len(data), 4096)]); format == "" {
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
	o := cmd.options(name)
	o.Territories = territories
	report, err := a.node.Intake(ctx, owner.ID, harvest, o, p.set)
	p.done()
	printIntake(os.Stdout, report)
	return err
}

// read opens the file or the address.
func (cmd importCommand) read(ctx context.Context, a *app) ([]byte, error) {
	if isAddress(cmd.Path) {
		data, _, err := a.fed.Download(ctx, cmd.Path, "")
		if err != nil {
			err = fmt.Errorf("%s ne se laisse pas lire : %w", cmd.Path, err)
		}
		return data, err
	}
	data, err := os.ReadFile(cmd.Path)
	if err != nil {
		err = fmt.Errorf("%s : %s", cmd.Path, because(err))
	}
	return data, err
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

// archive takes in an archive: as this node's own when it is, else under new addresses, in
// the name of one organisation or of those of the archive.
func (cmd importCommand) archive(ctx context.Context, cli *commandLine) error {
	files, closeFiles, err := openFiles(cmd.Path)
	if err != nil {
		return err
	}
	defer func() { _ = closeFiles() }() // only read
	archive, err := instance.OpenArchive(files)
	if err != nil {
		return fmt.Errorf("%s : %w", cmd.Path, err)
	}
	return withNode(ctx, cli, func(a *app) error {
		p := newProgress(archive.Len(), "choses lues")
		if archive.Manifest.BaseURL == a.node.URLs().Base() && archive.Manifest.Keys {
			if cmd.DryRun {
				return errors.New("--dry-run ne vaut pas pour l’archive de ce nœud même : la reprendre deux fois ne change rien")
			}
			report, err := a.node.RestoreArchive(ctx, archive, p.set)
			p.done()
			fmt.Println(reportLine(report))
			for _, row := range report.Refused {
				fmt.Printf("  refusé : %s %s : %s\n", row.Kind, row.Slug, row.Reason)
			}
			return err
		}
		by := ""
		if cmd.As != "" {
			owner, err := organisation(ctx, a.node, cmd.As)
			if err != nil {
				return err
			}
			by = owner.ID
		}
		report, err := a.node.ImportArchive(ctx, by, archive, cmd.options(""), p.set)
		p.done()
		printIntake(os.Stdout, report)
		return err
	})
}

// undo takes an import back.
func (cmd importCommand) undo(ctx context.Context, a *app) error {
	by := ""
	if record, err := a.store.IntakeRecord(ctx, cmd.Undo); err == nil {
		by = record.Owner
	} else if !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	if cmd.As != "" {
		owner, err := organisation(ctx, a.node, cmd.As)
		if err != nil {
			return err
		}
		by = owner.ID
	}
	if by == "" {
		return fmt.Errorf("aucun import ne porte le numéro %s : « maillage import --list » les donne", cmd.Undo)
	}
	report, err := a.node.UndoIntake(ctx, by, cmd.Undo)
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return fmt.Errorf("l’import %s est déjà annulé, ou n’a rien changé", cmd.Undo)
	case errors.Is(err, instance.ErrForbidden):
		return fmt.Errorf("l’import %s n’est pas de l’organisation « %s » : retirez --as", cmd.Undo, cmd.As)
	case errors.Is(err, instance.ErrConflict):
		return fmt.Errorf("l’import %s n’est pas fini : attendez, ou arrêtez-le d’abord", cmd.Undo)
	case err != nil:
		return err
	}
	fmt.Printf("%s, %s, %s\n", some(report.Withdrawn, "publication retirée", "publications retirées"),
		some(report.Restored, "remise comme avant", "remises comme avant"),
		some(len(report.Kept), "gardée parce qu’elle a été changée ici depuis ou sert encore", "gardées parce qu’elles ont été changées ici depuis ou servent encore"))
	for _, ref := range report.Kept {
		fmt.Printf("  gardée : %s %s\n", ref.Name, ref.URL)
	}
	return nil
}

// list writes the imports of everyone here, newest first, whichever way they were made.
func (cmd importCommand) list(ctx context.Context, a *app, w io.Writer) error {
	actors, _, err := a.node.Actors(ctx, instance.ActorFilter{Kinds: []instance.Kind{instance.KindNode, instance.KindOrganisation}, Scope: instance.ScopeLocal, Limit: 10_000})
	if err != nil {
		return err
	}
	names, owners := map[string]string{}, make([]string, len(actors))
	for i, actor := range actors {
		owners[i], names[actor.ID] = actor.ID, actor.Name
	}
	records, err := a.store.IntakeRecords(ctx, owners...)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		fmt.Fprintln(w, "Aucun import pour l’instant.")
	}
	for _, r := range records {
		fmt.Fprintf(w, "%s  %s  %s, %s, %s%s\n    %s\n", r.ID, r.At.Local().Format("02/01/2006 15:04"), r.Source, names[r.Owner], viaWords(r.Via), after(" : ", importState(&r, a.node.Now())), countWords(r.Report))
	}
	return nil
}

func viaWords(via instance.IntakeVia) string {
	switch via {
	case instance.ViaCommand:
		return "par la ligne de commande"
	case instance.ViaFeed:
		return "par une source suivie"
	case instance.ViaAPI:
		return "par l’API"
	case instance.ViaBrowser:
	}
	return "par le navigateur"
}

func importState(r *instance.IntakeRecord, now time.Time) string {
	switch {
	case !r.Undone.IsZero():
		return "annulé"
	case r.GoesOn(now):
		return "en cours"
	case r.CutOff(now):
		return "interrompu"
	case r.Stopped:
		return "arrêté"
	}
	return ""
}

func countWords(r instance.IntakeReport) string {
	return strings.Join([]string{
		some(r.Counts[instance.IntakeCreated], "créée", "créées"),
		some(r.Counts[instance.IntakeUpdated], "modifiée", "modifiées"),
		some(r.Counts[instance.IntakeUnchanged], "inchangée", "inchangées"),
		some(r.Counts[instance.IntakeDuplicate], "déjà connue", "déjà connues"),
		some(r.Counts[instance.IntakeRefused], "refusée", "refusées"),
	}, ", ")
}

// printIntake says what became of the rows: the counts, then each row that is not
// simply taken.
func printIntake(w io.Writer, r instance.IntakeReport) {
	if r.DryRun {
		fmt.Fprint(w, "Essai, rien n’est publié : ")
	}
	fmt.Fprintln(w, countWords(r))
	if r.Quiet && r.News > 0 {
		fmt.Fprintf(w, "  %s : ceux qui suivent n’en sont pas prévenus un à un (--announce all pour le faire)\n", some(r.News, "nouveauté", "nouveautés"))
	}
	for _, notice := range r.Notices {
		fmt.Fprintf(w, "  %s\n", notice)
	}
	for _, column := range r.Columns {
		if column.Field == "" {
			fmt.Fprintf(w, "  colonne « %s » laissée de côté (%s)%s\n", column.Name, some(column.Filled, "valeur", "valeurs"), after(" : ", column.Note))
		}
	}
	for _, row := range r.Rows {
		if row.Verdict == instance.IntakeDuplicate {
			fmt.Fprintf(w, "  %s : déjà connue, %s\n", rowWords(row), row.ID)
		}
		for _, reason := range row.Reasons {
			fmt.Fprintf(w, "  %s : %s%s\n", rowWords(row), reason.Message, after(" — champ ", reason.Field))
		}
		if len(row.Kept) > 0 {
			fmt.Fprintf(w, "  %s : corrigés ici, gardés : %s\n", rowWords(row), strings.Join(row.Kept, ", "))
		}
	}
	for _, ref := range r.Missing {
		fmt.Fprintf(w, "  n’y est plus : %s %s\n", ref.Name, ref.URL)
	}
	if !r.DryRun && r.Batch != "" && r.Counts[instance.IntakeCreated]+r.Counts[instance.IntakeUpdated] > 0 {
		sayHowToUndo(w, r.Batch)
	}
}

// rowWords names a row: those of an archive have no line.
func rowWords(row instance.IntakeOutcome) string {
	if row.Line == 0 {
		return row.Name
	}
	return fmt.Sprintf("ligne %d, %s", row.Line, row.Name)
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
	return strings.Join([]string{
		some(r.Created, "créé", "créés"), some(r.Updated, "modifié", "modifiés"),
		some(r.Unchanged, "inchangé", "inchangés"), some(len(r.Refused), "refusé", "refusés"),
	}, ", ")
}
