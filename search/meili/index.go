package meili

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
)

const (
	// schemaVersion is part of the index's name: another analyser or another shape
	// of document starts another index, to be rebuilt.
	schemaVersion = 3
	// batchSize and batchBytes are how many documents one task adds, and about how
	// much they may weigh: far under the server's limit of 100 MB.
	batchSize  = 1000
	batchBytes = 16 << 20
)

var (
	// oldest is the oldest server whose filters and settings are those used here.
	oldest = [2]int{1, 15}
	// withGeoJSON is the first one that knows the field "_geojson".
	withGeoJSON = [2]int{1, 22}
)

// Options say where the server is. URL is required.
type Options struct {
	URL   string           // http://127.0.0.1:7700
	Key   string           // may search, write documents and settings, create and swap indexes; "" without a master key
	Index string           // prefix of the index names; "maillage" when empty
	HTTP  *http.Client     // a client with a timeout of 30 s when nil
	Now   func() time.Time // what "upcoming" is measured against; time.Now when nil
	Log   *slog.Logger     // slog.Default when nil
}

// Index is an instance.Index on a Meilisearch server. It is safe for concurrent use.
type Index struct {
	client meilisearch.ServiceManager
	uid    string
	now    func() time.Time
	log    *slog.Logger

	geojson bool // the server knows "_geojson"

	writing    sync.Mutex // one writer at a time, so that tasks keep the order of calls
	rebuilding sync.Mutex
	journal    map[string]*instance.Document // what changed during a rebuild, nil when removed; guarded by writing

	mu           sync.Mutex
	needsRebuild bool
}

var _ instance.Index = (*Index)(nil)

// Open checks the server, its version and the key, and makes the index ready. Its
// errors tell the person who hosts the node what to do.
func Open(ctx context.Context, o Options) (*Index, error) {
	if o.Index == "" {
		o.Index = "maillage"
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	o.HTTP = patient(o.HTTP)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	x := &Index{
		client: meilisearch.New(strings.TrimRight(o.URL, "/"), meilisearch.WithAPIKey(o.Key), meilisearch.WithCustomClient(o.HTTP), meilisearch.DisableRetries()),
		uid:    fmt.Sprintf("%s_v%d", o.Index, schemaVersion),
		now:    o.Now, log: o.Log,
	}
	if err := x.check(ctx, o.URL); err != nil {
		return nil, err
	}
	if err := x.prepare(ctx); err != nil {
		return nil, fmt.Errorf("préparer l'index %s de Meilisearch : %w", x.uid, err)
	}
	return x, nil
}

// check says in clear words why the server cannot be used.
func (x *Index) check(ctx context.Context, url string) error {
	if _, err := x.client.HealthWithContext(ctx); err != nil {
		return fmt.Errorf("le serveur Meilisearch ne répond pas à %s : vérifiez l'adresse et qu'il est démarré (%w)", url, err)
	}
	version, err := x.client.VersionWithContext(ctx)
	switch code, status := codeOf(err); {
	case status == http.StatusUnauthorized:
		return fmt.Errorf("le serveur Meilisearch de %s demande une clé : donnez-la dans la configuration (%w)", url, err)
	case status == http.StatusForbidden:
		return fmt.Errorf("le serveur Meilisearch de %s refuse la clé (%s) : vérifiez-la et qu'elle permet « version », « search », « documents.* », « indexes.* », « settings.* », « tasks.get » et « stats.get » (%w)", url, code, err)
	case err != nil:
		return fmt.Errorf("le serveur Meilisearch de %s ne dit pas sa version : %w", url, err)
	}
	x.geojson = since(version.PkgVersion, withGeoJSON)
	if !since(version.PkgVersion, oldest) {
		return fmt.Errorf("le serveur Meilisearch de %s est en version %s : il faut au moins la version %d.%d", url, version.PkgVersion, oldest[0], oldest[1])
	}
	return nil
}

// since says that a version is one or follows it.
func since(version string, first [2]int) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	return errA == nil && errB == nil && (a > first[0] || a == first[0] && b >= first[1])
}

// codeOf reads the server's error code and HTTP status; "" and 0 for other errors.
func codeOf(err error) (code string, status int) {
	var e *meilisearch.Error
	if !errors.As(err, &e) {
		return "", 0
	}
	return e.MeilisearchApiError.Code, e.StatusCode
}

// prepare creates the index if it is missing, and gives it its settings.
func (x *Index) prepare(ctx context.Context) error {
	_, err := x.client.GetIndexWithContext(ctx, x.uid)
	if code, _ := codeOf(err); code == "index_not_found" {
		x.needsRebuild = true
		return x.create(ctx, x.uid)
	}
	if err != nil {
		return err
	}
	return x.configure(ctx, x.uid)
}

func (x *Index) create(ctx context.Context, uid string) error {
	if err := x.wait(ctx)(x.client.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: uid, PrimaryKey: "key"})); err != nil {
		return err
	}
	return x.configure(ctx, uid)
}

func (x *Index) configure(ctx context.Context, uid string) error {
	return x.wait(ctx)(x.client.Index(uid).UpdateSettingsWithContext(ctx, settings()))
}

// NeedsRebuild says that the index was created and nothing was rebuilt since.
func (x *Index) NeedsRebuild() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.needsRebuild
}

// Close implements instance.Index.
func (x *Index) Close() error {
	x.client.Close()
	return nil
}

// Count implements instance.Index.
func (x *Index) Count(ctx context.Context) (int, error) {
	stats, err := x.client.Index(x.uid).GetStatsWithContext(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("count documents: %w", err)
	}
	return int(stats.NumberOfDocuments), nil
}

// Put implements instance.Index.
func (x *Index) Put(ctx context.Context, docs ...instance.Document) error {
	if len(docs) == 0 {
		return nil
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := x.add(ctx, x.uid, docs); err != nil {
		return fmt.Errorf("put documents: %w", err)
	}
	if x.journal != nil {
		for _, d := range docs {
			x.journal[d.ID] = &d
		}
	}
	return nil
}

// Remove implements instance.Index.
func (x *Index) Remove(ctx context.Context, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := x.delete(ctx, x.uid, ids); err != nil {
		return fmt.Errorf("remove documents: %w", err)
	}
	if x.journal != nil {
		for _, id := range ids {
			x.journal[id] = nil
		}
	}
	return nil
}

func (x *Index) add(ctx context.Context, uid string, docs []instance.Document) error {
	index := x.client.Index(uid)
	for len(docs) > 0 {
		batch := x.encode(docs)
		if err := x.wait(ctx)(index.AddDocumentsWithContext(ctx, batch, nil)); err != nil {
			return err
		}
		docs = docs[len(batch):]
	}
	return nil
}

func (x *Index) delete(ctx context.Context, uid string, ids []string) error {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = instance.Key(id)
	}
	return x.wait(ctx)(x.client.Index(uid).DeleteDocumentsWithContext(ctx, keys, nil))
}

// wait makes the outcome of a task the outcome of the call that enqueued it, which
// only said that it was written down.
func (x *Index) wait(ctx context.Context) func(*meilisearch.TaskInfo, error) error {
	return func(info *meilisearch.TaskInfo, err error) error {
		if err != nil {
			return err
		}
		pause := 5 * time.Millisecond
		for {
			task, err := x.client.GetTaskWithContext(ctx, info.TaskUID)
			if err != nil {
				return fmt.Errorf("task %d: %w", info.TaskUID, err)
			}
			switch task.Status {
			case meilisearch.TaskStatusSucceeded:
				return nil
			case meilisearch.TaskStatusFailed, meilisearch.TaskStatusCanceled:
				return &TaskError{UID: info.TaskUID, Type: string(task.Type), Status: string(task.Status), Code: task.Error.Code, Message: task.Error.Message}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
				pause = min(pause*3/2, 2*time.Second)
			}
		}
	}
}

// TaskError is a write that the server accepted, then failed.
type TaskError struct {
	UID     int64
	Type    string // "documentAdditionOrUpdate"
	Status  string // "failed" or "canceled"
	Code    string // "invalid_document_id"
	Message string
}

func (e *TaskError) Error() string {
	return fmt.Sprintf("task %d (%s) %s: %s %s", e.UID, e.Type, e.Status, e.Code, e.Message)
}
