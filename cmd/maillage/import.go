package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/instance"
)

type importCommand struct {
	Format string `enum:"maillage-json" default:"maillage-json" placeholder:"FORMAT" help:"Format des données (${enum})."`
	As     string `required:"" placeholder:"ORGANISATION" help:"Organisation de ce nœud au nom de laquelle publier (voir « maillage org add »)."`
	Path   string `arg:"" name:"dossier" type:"path" help:"Dossier qui contient communes.json, organisations.json, events.json, recipes.json."`
}

// Run imports a folder and says what became of each row.
func (cmd importCommand) Run(ctx context.Context, cli *commandLine) error {
	data, err := readDataset(cmd.Path)
	if err != nil {
		return err
	}
	return withNode(ctx, cli, func(a *app) error {
		owner, err := organisation(ctx, a.node, cmd.As)
		if err != nil {
			return err
		}
		p := newProgress(data.Len(), "lignes lues")
		report, err := a.node.Import(ctx, owner.ID, data, p.set)
		p.done()
		fmt.Println(reportLine(report))
		for _, row := range report.Refused {
			fmt.Printf("  refusé : %s %s : %s\n", row.Kind, row.Slug, row.Reason)
		}
		return err
	})
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
