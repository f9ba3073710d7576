package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/maillage/maillage/instance"
)

// config is maillage.toml. Every key can be overridden by MAILLAGE_<KEY> in the
// environment (MAILLAGE_SEARCH_URL for url in [search]), and by
// MAILLAGE_<KEY>_FILE, a file that holds the value (for secrets).
type config struct {
	BaseURL     string           `toml:"base_url"`    // public address; permanent: peers know the node by it
	Listen      string           `toml:"listen"`      // address and port to listen on
	Name        string           `toml:"name"`        // of the node, for people
	Description string           `toml:"description"` //
	Contact     string           `toml:"contact"`     // shown on the about page
	Data        string           `toml:"data"`        // folder of the database, the index and the media
	Database    string           `toml:"database"`    // postgres://… ; a file in the data folder when empty
	LogLevel    string           `toml:"log_level"`   // debug, info, warn or error
	Search      searchConfig     `toml:"search"`
	Federation  federationConfig `toml:"federation"`
}

type searchConfig struct {
	Engine string `toml:"engine"` // embedded or meilisearch
	URL    string `toml:"url"`
	Key    string `toml:"key"`
}

type federationConfig struct {
	FollowBack   bool `toml:"follow_back"`   // follow any node that follows us
	AllowPrivate bool `toml:"allow_private"` // peers on private addresses and plain http: tests and demonstrations only
}

func defaults() config {
	return config{
		BaseURL: "http://localhost:8080", Listen: "127.0.0.1:8080", Data: "data", LogLevel: "info",
		Search: searchConfig{Engine: "embedded"},
	}
}

// loadConfig reads the file, if it is there, then the environment, and checks the result.
func loadConfig(path string, getenv func(string) string) (config, error) {
	c := defaults()
	meta, err := toml.DecodeFile(path, &c)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("configuration %s : %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, fmt.Errorf("configuration %s : clé inconnue « %s » (une faute de frappe ?)", path, unknown[0])
	}
	if err := overlay(reflect.ValueOf(&c).Elem(), "MAILLAGE", getenv); err != nil {
		return c, err
	}
	return c, c.validate()
}

// overlay sets the fields that the environment names.
func overlay(v reflect.Value, prefix string, getenv func(string) string) error {
	for i := range v.NumField() {
		name := prefix + "_" + strings.ToUpper(v.Type().Field(i).Tag.Get("toml"))
		field := v.Field(i)
		if field.Kind() == reflect.Struct {
			if err := overlay(field, name, getenv); err != nil {
				return err
			}
			continue
		}
		value := getenv(name)
		if file := getenv(name + "_FILE"); file != "" {
			data, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("%s_FILE : %w", name, err)
			}
			value = strings.TrimSpace(string(data))
		}
		if value == "" {
			continue
		}
		if field.Kind() == reflect.Bool {
			on, err := strconv.ParseBool(value)
			if err != nil {
				return fmt.Errorf("%s : écrivez true ou false, pas « %s »", name, value)
			}
			field.SetBool(on)
			continue
		}
		field.SetString(value)
	}
	return nil
}

func (c config) validate() error {
	if _, err := instance.NewURLs(c.BaseURL); err != nil {
		return fmt.Errorf("base_url : %w", err)
	}
	if c.Search.Engine != "embedded" && c.Search.Engine != "meilisearch" {
		return fmt.Errorf("search.engine : écrivez embedded ou meilisearch, pas « %s »", c.Search.Engine)
	}
	if c.Search.Engine == "meilisearch" && c.Search.URL == "" {
		return errors.New("search.url : donnez l'adresse du serveur Meilisearch, par exemple http://127.0.0.1:7700")
	}
	if _, err := c.level(); err != nil {
		return err
	}
	return nil
}

func (c config) level() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return level, fmt.Errorf("log_level : écrivez debug, info, warn ou error, pas « %s »", c.LogLevel)
	}
	return level, nil
}

// dsn is where the data is: a PostgreSQL address, or the file of the data folder.
func (c config) dsn() string {
	if c.Database != "" {
		return c.Database
	}
	return filepath.Join(c.Data, "maillage.db")
}

// indexFile is where the embedded index is; it can be deleted at any time.
func (c config) indexFile() string { return filepath.Join(c.Data, "index.db") }
