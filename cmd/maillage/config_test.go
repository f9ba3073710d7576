package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(t *testing.T, name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := func(pairs ...string) func(string) string {
		return func(key string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == key {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	t.Run("defaults without a file", func(t *testing.T) {
		t.Parallel()
		c, err := loadConfig("", env())
		if err != nil || c != defaults() {
			t.Errorf("%+v, %v", c, err)
		}
	})
	t.Run("refuses a file that was named and is missing", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{filepath.Join(dir, "absent.toml"), dir} {
			if _, err := loadConfig(path, env()); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
	t.Run("the level is read from the file and from the environment", func(t *testing.T) {
		t.Parallel()
		path := write(t, "level.toml", "log_level = \"debug\"")
		if c, err := loadConfig(path, env()); err != nil || c.LogLevel.Level() != slog.LevelDebug {
			t.Errorf("%v, %v", c.LogLevel.Level(), err)
		}
		if c, err := loadConfig(path, env("MAILLAGE_LOG_LEVEL", "error")); err != nil || c.LogLevel.Level() != slog.LevelError {
			t.Errorf("%v, %v", c.LogLevel.Level(), err)
		}
		if _, err := loadConfig(path, env("MAILLAGE_LOG_LEVEL", "fort")); err == nil || !strings.Contains(err.Error(), "debug, info, warn ou error") {
			t.Error(err)
		}
	})
	t.Run("the file, then the environment, then a secret's file", func(t *testing.T) {
		t.Parallel()
		path := write(t, "a.toml", "base_url = \"https://opl.example\"\nname = \"OPL\"\n[search]\nengine = \"meilisearch\"\nurl = \"http://m:7700\"\n")
		secret := write(t, "key", "s3cret\n")
		c, err := loadConfig(path, env("MAILLAGE_NAME", "Tiriad", "MAILLAGE_SEARCH_KEY_FILE", secret, "MAILLAGE_FEDERATION_FOLLOW_BACK", "true"))
		if err != nil {
			t.Fatal(err)
		}
		if c.BaseURL != "https://opl.example" || c.Name != "Tiriad" || c.Search.Key != "s3cret" || !c.Federation.FollowBack {
			t.Errorf("%+v", c)
		}
	})
	for name, tc := range map[string]struct{ content, says string }{
		"a typing error": {"nmae = \"x\"", "nmae"},
		"a path":         {"base_url = \"https://opl.example/a\"", "base_url"},
		"an engine":      {"[search]\nengine = \"solr\"", "search.engine"},
		"no server":      {"[search]\nengine = \"meilisearch\"", "search.url"},
		"a database":     {"database = \"mysql://u:secret@x\"", "postgres://"},
		"a level":        {"log_level = \"loud\"", "log_level"},
		"no TOML":        {"name = \"x\"\n<xml/>", "ligne 2"},
		"a number":       {"listen = 8080", "ligne 1 : « listen »"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := loadConfig(write(t, strings.ReplaceAll(name, " ", "-")+".toml", tc.content), env())
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v does not name %s", err, tc.says)
			}
			inFrench(t, err)
		})
	}
}
