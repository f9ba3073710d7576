package main

import (
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
		c, err := loadConfig(filepath.Join(dir, "absent.toml"), env())
		if err != nil || c != defaults() {
			t.Errorf("%+v, %v", c, err)
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
		"a level":        {"log_level = \"loud\"", "log_level"},
		"no TOML":        {"<xml/>", "configuration"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := loadConfig(write(t, strings.ReplaceAll(name, " ", "-")+".toml", tc.content), env())
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v does not name %s", err, tc.says)
			}
		})
	}
}
