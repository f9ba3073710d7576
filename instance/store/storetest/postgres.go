package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// EnvPostgres names the variable with the DSN of a PostgreSQL database in which
// tests may create schemas. Unset: a throw-away server is started from the
// installed programs, if there are any.
const EnvPostgres = "MAILLAGE_TEST_POSTGRES"

// errNoPostgres says that PostgreSQL is not installed.
var errNoPostgres = errors.New("PostgreSQL is not installed: install it (apt-get install postgresql) or set " + EnvPostgres)

var (
	server  = sync.OnceValues(findServer)
	schemas atomic.Int64
)

// Postgres is the DSN of an empty schema, dropped at the end of the test. Without
// PostgreSQL the test is skipped; in CI (CI=true) it fails.
func Postgres(t testing.TB) string {
	t.Helper()
	dsn, err := server()
	if errors.Is(err, errNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("maillage_test_%d_%d", os.Getpid(), schemas.Add(1))
	if err := execute(dsn, "CREATE SCHEMA "+schema); err != nil {
		t.Fatalf("create a schema for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(dsn, "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Errorf("drop the schema of the test: %v", err)
		}
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("%s: %v", EnvPostgres, err)
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

func execute(dsn, statement string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

func findServer() (dsn string, err error) {
	if dsn := os.Getenv(EnvPostgres); dsn != "" {
		return dsn, nil
	}
	bin, err := programs()
	if err != nil {
		return "", err
	}
	return startServer(bin)
}

// programs is the folder of initdb and pg_ctl, of the newest version installed.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			found = append(found, target)
		}
	}
	slices.Reverse(found)
	for _, initdb := range found {
		bin := filepath.Dir(initdb)
		if _, err := os.Stat(filepath.Join(bin, "postgres")); err == nil {
			return bin, nil
		}
	}
	return "", errNoPostgres
}

// startServer makes a cluster in a temporary folder and serves it on a socket
// there. Nothing is ever synced to disk: it does not outlive the tests.
func startServer(bin string) (dsn string, err error) {
	identity, err := unprivileged()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "maillage-pg-")
	if err != nil {
		return "", err
	}
	if identity != nil {
		if err := os.Chown(dir, int(identity.Uid), int(identity.Gid)); err != nil {
			return "", err
		}
	}
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir = dir
		// A group of its own: Ctrl-C stops the tests, and they stop the server.
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: identity, Setpgid: true}
		return cmd
	}
	data := filepath.Join(dir, "data")
	initdb := run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(dir))
	}
	if err := watch(run, bin, data, dir); err != nil {
		return "", err
	}
	options := fmt.Sprintf("-F -k %s -c listen_addresses='' -c max_connections=300", dir)
	start := run("pg_ctl", "-D", data, "-w", "-t", "60", "-l", filepath.Join(dir, "log"), "-o", options, "start")
	if err := start.Run(); err != nil { // no output: the server would keep a pipe open
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return "", fmt.Errorf("pg_ctl start: %w\n%s", err, log)
	}
	return "postgres:///postgres?" + url.Values{"host": {dir}, "user": {"postgres"}}.Encode(), nil
}

// watchdog is kept open until this process ends, however it ends.
var watchdog atomic.Pointer[io.WriteCloser]

// watch starts a shell that reads a pipe of ours: the pipe closes when this
// process ends, even by kill -9, and the shell then stops the server and removes
// its folder.
func watch(run func(string, ...string) *exec.Cmd, bin, data, dir string) error {
	script := `cat >/dev/null; "$0/pg_ctl" -D "$1" -m immediate stop; cd /; rm -rf "$2"`
	cmd := run("sh", "-c", script, bin, data, dir)
	cmd.Path = "/bin/sh"
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	watchdog.Store(&pipe)
	return cmd.Start()
}

// unprivileged is who runs the server when we are root, which PostgreSQL refuses:
// the user postgres, else nobody. Nil: ourselves.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return nil, fmt.Errorf("a user to run PostgreSQL: %w", err)
		}
	}
	uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(errUID, errGID)
}
