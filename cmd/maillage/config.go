package main

import (
	"encoding"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
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
	SourceCode  string           `toml:"source_code"` // where the program's source is, for a host who changed it
	Data        string           `toml:"data"`        // folder of the database, the index and the media
	Database    string           `toml:"database"`    // postgres://… ; a file in the data folder when empty
	LogLevel    logLevel         `toml:"log_level"`   // debug, info, warn or error
	Search      searchConfig     `toml:"search"`
	Federation  federationConfig `toml:"federation"`
	Mail        mailConfig       `toml:"mail"`
	Geocoder    geocoderConfig   `toml:"geocoder"`
	Map         mapConfig        `toml:"map"`
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

// geocoderConfig names the service that finds addresses. What people type leaves
// the node for it: there is none by default.
type geocoderConfig struct {
	Service   string  `toml:"service"`    // ban, nominatim or photon
	URL       string  `toml:"url"`        // of its search; the public one when empty
	PerSecond float64 `toml:"per_second"` // requests in a second; what the service allows when 0
}

// mapConfig replaces the base map that the node has of its own.
type mapConfig struct {
	Tiles       string `toml:"tiles"`       // a PMTiles file, or the address of tiles: https://…/{z}/{x}/{y}.png
	Attribution string `toml:"attribution"` // who made them: required with tiles
}

func defaults() config {
	return config{
		BaseURL: "http://localhost:8080", Listen: "127.0.0.1:8080", Data: "data",
		Search: searchConfig{Engine: "embedded"},
	}
}

// logLevel is how much is logged; zero is info.
type logLevel slog.Level

const goodLevels = "écrivez debug, info, warn ou error"

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *logLevel) UnmarshalText(text []byte) error {
	if err := (*slog.Level)(l).UnmarshalText(text); err != nil {
		return fmt.Errorf("%s, pas « %s »", goodLevels, text)
	}
	return nil
}

// quiet is the level of a command that says what it does itself: without the
// progress of the node, unless all is asked for.
func (l logLevel) quiet() logLevel {
	if l == logLevel(slog.LevelInfo) {
		return logLevel(slog.LevelWarn)
	}
	return l
}

// Level implements slog.Leveler.
func (l logLevel) Level() slog.Level { return slog.Level(l) }

// The files that are read when none is named: in the folder, else the machine's. They
// may be missing: a node runs on its defaults.
const (
	defaultConfig = "maillage.toml"
	systemConfig  = "/etc/maillage/maillage.toml"
)

func usualConfig() string {
	if !exists(defaultConfig) && exists(systemConfig) {
		return systemConfig
	}
	return defaultConfig
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// loadConfig reads the file, then the environment, and checks the result. A file
// that somebody named must be there; without a name it is the usual one, if it is there.
func loadConfig(path string, getenv func(string) string) (config, error) {
	c := defaults()
	named := path != ""
	if !named {
		path = usualConfig()
	}
	meta, err := toml.DecodeFile(path, &c)
	if err != nil && (named || !errors.Is(err, fs.ErrNotExist)) {
		return c, fmt.Errorf("configuration %s%s", path, badTOML(err))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, fmt.Errorf("configuration %s : clé inconnue « %s » (une faute de frappe ?)", path, unknown[0])
	}
	if err := overlay(reflect.ValueOf(&c).Elem(), "MAILLAGE", getenv); err != nil {
		return c, err
	}
	return c, c.validate()
}

// badType is how the TOML library refuses a value, in words only.
var badType = regexp.MustCompile(`line (\d+) \(last key "(.*?)"\): incompatible types`)

// badTOML says where a file is wrong, and why, in French: the library speaks English.
func badTOML(err error) string {
	if found := badType.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Sprintf(", ligne %s : « %s » n’est pas du genre attendu : un texte s’écrit entre guillemets, true et false sans", found[1], found[2])
	}
	wrong, ok := errors.AsType[toml.ParseError](err)
	switch {
	case !ok:
		return " : " + because(err)
	case strings.HasPrefix(wrong.Message, goodLevels): // ours, which the library does not wrap
		return fmt.Sprintf(", ligne %d : %s : %s", wrong.Position.Line, wrong.LastKey, wrong.Message)
	}
	return fmt.Sprintf(", ligne %d : la ligne ne se lit pas ; une clé s’écrit : name = \"Mon nœud\"", wrong.Position.Line)
}

// overlay sets the fields that the environment names.
func overlay(v reflect.Value, prefix string, getenv func(string) string) error {
	for i := range v.NumField() {
		name := prefix + "_" + strings.ToUpper(v.Type().Field(i).Tag.Get("toml"))
		if field := v.Field(i); field.Kind() == reflect.Struct {
			if err := overlay(field, name, getenv); err != nil {
				return err
			}
		} else if err := overlayField(field, name, getenv); err != nil {
			return err
		}
	}
	return nil
}

// overlayField sets one field to the value of a variable or to the content of the
// file that its _FILE twin names.
func overlayField(field reflect.Value, name string, getenv func(string) string) error {
	value := getenv(name)
	if file := getenv(name + "_FILE"); file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%s_FILE : %s : %s", name, file, because(err))
		}
		value = strings.TrimSpace(string(data))
	}
	if value == "" {
		return nil
	}
	switch target := field.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		if err := target.UnmarshalText([]byte(value)); err != nil {
			return fmt.Errorf("%s : %w", name, err)
		}
	case *int:
		number, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%s : écrivez un nombre, pas « %s »", name, value)
		}
		*target = number
	case *bool:
		on, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%s : écrivez true ou false, pas « %s »", name, value)
		}
		*target = on
	case *float64:
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%s : écrivez un nombre, pas « %s »", name, value)
		}
		*target = number
	default:
		field.SetString(value)
	}
	return nil
}

func (c config) validate() error {
	if _, err := instance.NewURLs(c.BaseURL); err != nil {
		return fmt.Errorf("base_url : %w", err)
	}
	if scheme, _, ok := strings.Cut(c.Database, "://"); ok && scheme != "postgres" && scheme != "postgresql" {
		return fmt.Errorf("database : écrivez une adresse postgres://…, ou rien pour un fichier SQLite, pas « %s://… »", scheme)
	}
	if c.Search.Engine != "embedded" && c.Search.Engine != "meilisearch" {
		return fmt.Errorf("search.engine : écrivez embedded ou meilisearch, pas « %s »", c.Search.Engine)
	}
	if c.Search.Engine == "meilisearch" && c.Search.URL == "" {
		return errors.New("search.url : donnez l’adresse du serveur Meilisearch, par exemple http://127.0.0.1:7700")
	}
	return nil
}

// dsn is where the data is: a PostgreSQL address, or the file of the data folder.
func (c config) dsn() string {
	if c.Database != "" {
		return c.Database
	}
	return filepath.Join(c.Data, "maillage.db")
}

// pointsFile is where the host adds positions of communes; it may be missing.
func (c config) pointsFile() string { return filepath.Join(c.Data, "communes.csv") }

// mediaFolder is where the pictures that authors send are kept.
func (c config) mediaFolder() string { return filepath.Join(c.Data, "media") }

// indexFile is where the embedded index is; it can be deleted at any time.
func (c config) indexFile() string { return filepath.Join(c.Data, "index.db") }
