package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// english are words that no message for a host has.
var english = regexp.MustCompile(`(?i)\b(the|but|got|must|expected|missing|unexpected|unknown|did you mean|no such|not a|is a|failed|invalid|cannot|character|value of type|usage:|flags|commands:|run "|address|listen tcp|lookup|write|open|stat)\b`)

func inFrench(t *testing.T, err error) {
	t.Helper()
	if says := sentence(err); english.MatchString(says) {
		t.Errorf("%q is said to a host: %s", english.FindString(says), says)
	}
}

// What a host types wrong is answered in French, with what is wrong in it.
func TestWrongArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := func(name, events string) string {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if events != "" {
			if err := os.WriteFile(filepath.Join(path, "events.json"), []byte(events), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	file := filepath.Join(dir, "plain")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		says string
	}{
		"no command":            {[]string{"peer"}, "il manque une commande : add, list"},
		"an incomplete command": {[]string{"token"}, "il manque une commande : create, list, revoke (voir « maillage token --help »)"},
		"an unknown command":    {[]string{"bogus"}, "« bogus »"},
		"a typing error":        {[]string{"serv"}, "peut-être serve, user ?"},
		"no argument":           {[]string{"peer", "add"}, "il manque <noeud>"},
		"two missing":           {[]string{"org", "add"}, "il manque <nom-court> <nom>"},
		"one too many":          {[]string{"peer", "add", "a", "b"}, "« b » est de trop"},
		"an unknown flag":       {[]string{"--nope"}, "l’option --nope n’existe pas"},
		"a flag mistyped":       {[]string{"serve", "--confg", "x"}, "peut-être --config ?"},
		"a flag left out":       {[]string{"import", dir}, "il manque --as=ORGANISATION (voir « maillage import --help »)"},
		"a flag without value":  {[]string{"import", "--as"}, "l’option --as attend une valeur"},
		"a flag for a value":    {[]string{"demo", "--ports", "--dir"}, "l’option --ports attend une valeur, pas « --dir »"},
		"a value too many":      {[]string{"--help=3"}, "l’option --help ne prend pas de valeur"},
		"another format":        {[]string{"import", "--as", "x", "--format", "csv", dir}, "est un dossier : le format csv est celui d’un fichier"},
		"no folder":             {[]string{"import", "--as", "x", filepath.Join(dir, "absent")}, "introuvable"},
		"a file for a folder":   {[]string{"import", "--as", "x", "--format", "maillage-json", file}, "pas un dossier"},
		"an empty folder":       {[]string{"import", "--as", "x", folder("empty", "")}, "ne contient ni communes.json"},
		"no JSON":               {[]string{"import", "--as", "x", folder("comma", "[\n{\"slug\": \"a\" \"name\": \"b\"}]")}, "events.json, ligne 2"},
		"JSON cut short":        {[]string{"import", "--as", "x", folder("cut", "[\n{\"slug\":\n\"a\"")}, "events.json, ligne 3"},
		"JSON of another kind":  {[]string{"import", "--as", "x", folder("kind", "[{\"slug\": \"a\",\n\"name\": 3}]")}, "ligne 2 : la valeur de « name »"},
		"no configuration":      {[]string{"--config", filepath.Join(dir, "typo.toml"), "serve"}, "typo.toml : introuvable"},
		"a domain of nothing":   {[]string{"peer", "block", ""}, "n’est pas un domaine"},
		"a domain with a space": {[]string{"peer", "unblock", "a b"}, "n’est pas un domaine"},
		"a domain with a path":  {[]string{"peer", "remove", "a.example/b"}, "n’est pas un domaine"},
		"a role of our own":     {[]string{"user", "role", "a@b.example", "chef"}, "écrivez contributor, moderator, host, pas « chef »"},
		"no backup":             {[]string{"restore", filepath.Join(dir, "absent.zip")}, "absent.zip : introuvable"},
		"a folder for a backup": {[]string{"restore", dir}, "est un dossier, pas un fichier"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), tc.args)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("maillage %s says %v, not %s", strings.Join(tc.args, " "), err, tc.says)
			}
			inFrench(t, err)
		})
	}
}

func TestHelpIsFrench(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"import", "--help"}, {"peer", "--help"}, {"demo", "--help"}} {
		out := runProgram(t, args...)
		if says, err := out.CombinedOutput(); err != nil || english.Match(says) || !strings.Contains(string(says), "Usage :") {
			t.Errorf("maillage %s: %v, %q in\n%s", strings.Join(args, " "), err, english.Find(says), says)
		}
	}
}

// In the wrong folder, a command used to open another node, with nothing in it.
func TestNoNodeInTheFolder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, args := range [][]string{{"org", "add", "mon-asso", "Mon asso"}, {"backup", "x.zip"}, {"reindex"}, {"user", "list"}} {
		err := run(t.Context(), args)
		if err == nil || !strings.Contains(err.Error(), "il n’y a pas de nœud ici") {
			t.Fatalf("maillage %s: %v", strings.Join(args, " "), err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v is left behind: %v", files, err)
	}
}

func TestABrokenDatabaseIsSaidInFrench(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := filepath.Join(dir, "maillage.toml")
	for path, content := range map[string]string{
		filepath.Join(dir, "maillage.db"): strings.Repeat("no database ", 100),
		config:                            "data = \"" + dir + "\"",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := run(t.Context(), []string{"--config", config, "org", "add", "mon-asso", "Mon asso"})
	if err == nil || !strings.Contains(sentence(err), "ce n’est pas une base de données") {
		t.Fatalf("a file that is no database: %v", err)
	}
	inFrench(t, err)
}

func TestFrenchFigures(t *testing.T) {
	t.Parallel()
	for took, says := range map[time.Duration]string{
		12 * time.Millisecond:         "12\u00a0ms",
		4900 * time.Millisecond:       "4,9\u00a0s",
		12*time.Minute + time.Second:  "12\u00a0min",
		2*time.Hour + 5*time.Minute:   "2\u00a0h\u00a005\u00a0min",
		49*time.Hour + 30*time.Minute: "49\u00a0h\u00a030\u00a0min",
	} {
		if got := lasting(took); got != says {
			t.Errorf("%s is %q, not %q", took, got, says)
		}
	}
}

func TestListenErrors(t *testing.T) {
	t.Parallel()
	for address, says := range map[string]string{
		"8080":            "comme 127.0.0.1:8080",
		"127.0.0.1:99999": "comme 127.0.0.1:8080",
		"192.0.2.1:8080":  "cette adresse n’est pas celle de cette machine",
	} {
		l, err := listen(t.Context(), address)
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Fatalf("%s: %v", address, err)
		}
		inFrench(t, err)
	}
}
