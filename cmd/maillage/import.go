package main

import (
	"context"
	"fmt"
	"os"

	"github.com/maillage/maillage/instance"
)

type importCommand struct {
	Format string `enum:"maillage-json" default:"maillage-json" help:"Format des données (${enum})."`
	As     string `required:"" placeholder:"ORGANISATION" help:"Organisation de ce nœud au nom de laquelle publier (voir « maillage org add »)."`
	Path   string `arg:"" type:"existingdir" help:"Dossier qui contient communes.json, organisations.json, events.json, recipes.json."`
}

// Run imports a folder and says what became of each row.
func (cmd importCommand) Run(ctx context.Context, cli *commandLine) error {
	data, err := instance.ReadDataset(os.DirFS(cmd.Path), ".")
	if err != nil {
		return fmt.Errorf("%s : %w", cmd.Path, err)
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

func reportLine(r instance.ImportReport) string {
	return fmt.Sprintf("%d créés, %d modifiés, %d inchangés, %d refusés", r.Created, r.Updated, r.Unchanged, len(r.Refused))
}
