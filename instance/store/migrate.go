package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/migrations"
)

// ErrNewerSchema says that a later version of maillage changed the database.
var ErrNewerSchema = errors.New("la base de données vient d’une version plus récente de maillage")

// migrate applies the steps that the database has not had, each in a transaction
// of its own. Several processes may open the database at once: each step runs once.
func migrate(ctx context.Context, db *bun.DB, steps []migrations.Migration, log *slog.Logger) error {
	if err := createMigrationsTable(ctx, db); err != nil {
		return fmt.Errorf("préparation de la base de données : %w", err)
	}
	applied, err := appliedSteps(ctx, db)
	if err != nil {
		return err
	}
	if err := checkApplied(applied, steps); err != nil {
		return err
	}
	for _, step := range steps[len(applied):] {
		done, err := applyStep(ctx, db, step)
		if err != nil {
			return fmt.Errorf("mise à jour %d (%s) de la base de données : %w", step.Version, step.Name, err)
		}
		if done {
			log.Info("database schema updated", "version", step.Version, "name", step.Name)
		}
	}
	return nil
}

// appliedStep is a row of schema_migrations.
type appliedStep struct {
	Version  int    `bun:"version"`
	Checksum string `bun:"checksum"`
}

func appliedSteps(ctx context.Context, db bun.IDB) ([]appliedStep, error) {
	var rows []appliedStep
	err := db.NewRaw("SELECT version, checksum FROM schema_migrations ORDER BY version").Scan(ctx, &rows)
	return rows, err
}

// checkApplied refuses a database that these steps did not make.
func checkApplied(applied []appliedStep, steps []migrations.Migration) error {
	if len(applied) > len(steps) {
		return fmt.Errorf("%w : son schéma porte le numéro %d et cette version connaît le numéro %d. "+
			"Rien n’a été modifié. Installez la dernière version de maillage, ou restaurez la sauvegarde faite avant la mise à jour",
			ErrNewerSchema, applied[len(applied)-1].Version, len(steps))
	}
	for i, row := range applied {
		if row.Version != steps[i].Version || row.Checksum != steps[i].Checksum {
			return fmt.Errorf("le schéma %d de la base de données n’est pas celui de cette version de maillage. "+
				"Rien n’a été modifié. Installez une version publiée de maillage, ou restaurez une sauvegarde", row.Version)
		}
	}
	return nil
}

func createMigrationsTable(ctx context.Context, db *bun.DB) error {
	return exclusively(ctx, db, func(tx bun.Tx) error {
		_, err := tx.NewRaw(`CREATE TABLE IF NOT EXISTS schema_migrations (
			version bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied bigint NOT NULL)`).Exec(ctx)
		return err
	})
}

// applyStep runs one step; done is false when another process just did.
func applyStep(ctx context.Context, db *bun.DB, step migrations.Migration) (done bool, err error) {
	err = exclusively(ctx, db, func(tx bun.Tx) error {
		applied, err := appliedSteps(ctx, tx)
		if err != nil || len(applied) >= step.Version {
			return err
		}
		// Not NewRaw: a question mark in the SQL is no placeholder.
		if _, err := tx.Tx.ExecContext(ctx, step.SQL); err != nil {
			return err
		}
		done = true
		_, err = tx.NewRaw("INSERT INTO schema_migrations (version, name, checksum, applied) VALUES (?, ?, ?, ?)",
			step.Version, step.Name, step.Checksum, micros(time.Now())).Exec(ctx)
		return err
	})
	return done, err
}

// exclusively runs fn in a transaction that no other process migrating runs with.
func exclusively(ctx context.Context, db *bun.DB, fn func(bun.Tx) error) error {
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if err := (&transaction{reader: reader{tx}}).Lock(ctx, "maillage migrations"); err != nil {
			return err
		}
		return fn(tx)
	})
}
