package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// Migration is one numbered step of the schema.
type Migration struct {
	Version  int    // from 1, without gaps
	Name     string // file name without its number: "init"
	SQL      string // one or more statements
	Checksum string // hex SHA-256 of SQL
}

// SQLite returns the steps for SQLite, in order.
func SQLite() []Migration { return load("sqlite") }

// Postgres returns the steps for PostgreSQL, in order.
func Postgres() []Migration { return load("postgres") }

// load reads a folder. It panics on a badly named file: the binary was built wrong.
func load(dir string) []Migration {
	entries, err := files.ReadDir(dir)
	if err != nil {
		panic(err)
	}
	steps := make([]Migration, 0, len(entries))
	for _, e := range entries {
		sql, err := files.ReadFile(path.Join(dir, e.Name()))
		if err != nil {
			panic(err)
		}
		number, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			panic(fmt.Sprintf("migrations: %s/%s: a name starts with its number", dir, e.Name()))
		}
		sum := sha256.Sum256(sql)
		steps = append(steps, Migration{version, name, string(sql), hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(steps, func(a, b Migration) int { return a.Version - b.Version })
	return steps
}
