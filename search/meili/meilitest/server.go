// Package meilitest is a stand-in for a Meilisearch server, for tests without one.
// It behaves as the documentation says for the subset that maillage uses: writes
// are tasks that are carried out later, in order, and may fail then; settings
// decide what can be filtered, sorted and searched; keys, limits and error codes
// are those of the real one. It says which request was wrong rather than guess.
package meilitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options shape a Server; the zero value is a recent server without a key.
type Options struct {
	Key       string        // master key
	SearchKey string        // a key that may only search
	Version   string        // "1.22.0" when empty
	Delay     time.Duration // how long a task waits before it is carried out
}

// Server is a running stand-in.
type Server struct {
	URL string

	options Options
	http    *httptest.Server
	mu      sync.Mutex
	indexes map[string]*index
	tasks   []*task
	fail    map[string]string // task type -> error code, once
	refuse  int               // how many requests are refused
	after   string            // their Retry-After
}

// task is a write that was accepted.
type task struct {
	UID        int64      `json:"uid"`
	IndexUID   *string    `json:"indexUid"`
	Status     string     `json:"status"`
	Type       string     `json:"type"`
	Error      *apiError  `json:"error"`
	EnqueuedAt time.Time  `json:"enqueuedAt"`
	FinishedAt *time.Time `json:"finishedAt"`

	due time.Time
	run func() error
}

// apiError is an error as the API gives it.
type apiError struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Type    string `json:"type"`
	Link    string `json:"link"`

	status int
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func fail(status int, code, format string, args ...any) *apiError {
	kind := "invalid_request"
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		kind = "auth"
	}
	return &apiError{
		Message: fmt.Sprintf(format, args...), Code: code, Type: kind, status: status,
		Link: "https://docs.meilisearch.com/errors#" + code,
	}
}

// New starts a server that stops with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Version == "" {
		o.Version = "1.22.0"
	}
	s := &Server{options: o, indexes: map[string]*index{}, fail: map[string]string{}}
	s.http = httptest.NewServer(s.routes())
	s.URL = s.http.URL
	t.Cleanup(s.Stop)
	return s
}

// Stop cuts every connection and answers no more, as a server that is killed. What
// it holds is kept.
func (s *Server) Stop() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Start answers again, at the same address.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	s.http = httptest.NewUnstartedServer(s.routes())
	_ = s.http.Listener.Close()
	s.http.Listener = l
	s.http.Start()
}

// Refuse answers the next n requests with 503 and a Retry-After, as a server whose
// queue of searches is full.
func (s *Server) Refuse(n int, retryAfter string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse, s.after = n, retryAfter
}

// busy says that a request is refused.
func (s *Server) busy() (retryAfter string, busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse == 0 {
		return "", false
	}
	s.refuse--
	return s.after, true
}

// Forget loses every index and document, as a server whose disk was replaced.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexes = map[string]*index{}
}

// FailNext makes the next task of a type ("documentAdditionOrUpdate") be accepted,
// then fail with a code.
func (s *Server) FailNext(taskType, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail[taskType] = code
}

// Indexes lists the indexes that exist.
func (s *Server) Indexes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work(true)
	var uids []string
	for uid := range s.indexes {
		uids = append(uids, uid)
	}
	return uids
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "available"})
	})
	for pattern, handle := range map[string]func(*http.Request, []byte) (int, any, error){
		"GET /version":                                 s.version,
		"GET /tasks/{uid}":                             s.task,
		"POST /indexes":                                s.createIndex,
		"GET /indexes/{index}":                         s.getIndex,
		"DELETE /indexes/{index}":                      s.deleteIndex,
		"GET /indexes/{index}/stats":                   s.stats,
		"PATCH /indexes/{index}/settings":              s.patchSettings,
		"POST /indexes/{index}/documents":              s.addDocuments,
		"POST /indexes/{index}/documents/delete-batch": s.deleteDocuments,
		"POST /indexes/{index}/search":                 s.search,
		"POST /multi-search":                           s.multiSearch,
		"POST /swap-indexes":                           s.swap,
	} {
		mux.HandleFunc(pattern, s.handler(handle, strings.HasSuffix(pattern, "search")))
	}
	return mux
}

// maxPayload is the server's default limit of a request.
const maxPayload = 100 << 20

func (s *Server) handler(handle func(*http.Request, []byte) (int, any, error), searching bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if after, busy := s.busy(); busy {
			w.Header().Set("Retry-After", after)
			answer(w, http.StatusServiceUnavailable, fail(http.StatusServiceUnavailable, "too_many_search_requests", "Too many search requests running at the same time."))
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
		if err == nil && len(body) > maxPayload {
			err = fail(http.StatusRequestEntityTooLarge, "payload_too_large", "The provided payload reached the size limit.")
		}
		if err == nil {
			err = s.authorise(r, searching)
		}
		status, value := 0, any(nil)
		if err == nil {
			s.mu.Lock()
			s.work(false)
			status, value, err = handle(r, body)
			s.mu.Unlock()
		}
		var e *apiError
		switch {
		case errors.As(err, &e):
			answer(w, e.status, e)
		case err != nil:
			answer(w, http.StatusBadRequest, fail(http.StatusBadRequest, "bad_request", "%v", err))
		default:
			answer(w, status, value)
		}
	}
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client has gone
}

func (s *Server) authorise(r *http.Request, searching bool) error {
	if s.options.Key == "" {
		return nil
	}
	key, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !found || key == "":
		return fail(http.StatusUnauthorized, "missing_authorization_header", "The Authorization header is missing. It must use the bearer authorization method.")
	case key == s.options.Key, key == s.options.SearchKey && searching:
		return nil
	}
	return fail(http.StatusForbidden, "invalid_api_key", "The provided API key is invalid.")
}

func (s *Server) version(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, map[string]string{"commitSha": "unknown", "commitDate": "unknown", "pkgVersion": s.options.Version}, nil
}

// enqueue accepts a write.
func (s *Server) enqueue(kind, uid string, run func() error) (int, any, error) {
	t := &task{UID: int64(len(s.tasks)), Status: "enqueued", Type: kind, EnqueuedAt: time.Now(), run: run}
	if uid != "" {
		t.IndexUID = &uid
	}
	t.due = t.EnqueuedAt.Add(s.options.Delay)
	s.tasks = append(s.tasks, t)
	return http.StatusAccepted, map[string]any{
		"taskUid": t.UID, "indexUid": t.IndexUID, "status": t.Status, "type": t.Type, "enqueuedAt": t.EnqueuedAt,
	}, nil
}

// work carries out the tasks that are due, in order; each is seen "processing" once
// before, as on a real server.
func (s *Server) work(all bool) {
	for _, t := range s.tasks {
		switch {
		case t.Status != "enqueued" && t.Status != "processing":
			continue
		case !all && time.Now().Before(t.due):
			return
		case !all && t.Status == "enqueued" && s.options.Delay > 0:
			t.Status = "processing"
			return
		}
		err := error(nil)
		if code := s.fail[t.Type]; code != "" {
			delete(s.fail, t.Type)
			err = fail(0, code, "made to fail by the test")
		} else {
			err = t.run()
		}
		now := time.Now()
		t.FinishedAt, t.Status = &now, "succeeded"
		if err != nil {
			t.Status = "failed"
			if !errors.As(err, &t.Error) {
				t.Error = fail(0, "internal", "%v", err)
			}
		}
	}
}

func (s *Server) task(r *http.Request, _ []byte) (int, any, error) {
	uid, err := strconv.Atoi(r.PathValue("uid"))
	if err != nil || uid < 0 || uid >= len(s.tasks) {
		return 0, nil, fail(http.StatusNotFound, "task_not_found", "Task `%s` not found.", r.PathValue("uid"))
	}
	return http.StatusOK, s.tasks[uid], nil
}

// index returns an index, or the error that search and read give.
func (s *Server) index(uid string) (*index, error) {
	if x := s.indexes[uid]; x != nil {
		return x, nil
	}
	return nil, fail(http.StatusNotFound, "index_not_found", "Index `%s` not found.", uid)
}

func (s *Server) getIndex(r *http.Request, _ []byte) (int, any, error) {
	x, err := s.index(r.PathValue("index"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"uid": r.PathValue("index"), "primaryKey": x.primaryKey}, nil
}

func (s *Server) createIndex(_ *http.Request, body []byte) (int, any, error) {
	var in struct {
		UID        string `json:"uid"`
		PrimaryKey string `json:"primaryKey"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return 0, nil, err
	}
	if !validID(in.UID) {
		return 0, nil, fail(http.StatusBadRequest, "invalid_index_uid", "`%s` is not a valid index uid.", in.UID)
	}
	return s.enqueue("indexCreation", in.UID, func() error {
		if s.indexes[in.UID] != nil {
			return fail(0, "index_already_exists", "Index `%s` already exists.", in.UID)
		}
		s.indexes[in.UID] = newIndex(in.PrimaryKey)
		return nil
	})
}

func (s *Server) deleteIndex(r *http.Request, _ []byte) (int, any, error) {
	uid := r.PathValue("index")
	return s.enqueue("indexDeletion", uid, func() error {
		_, err := s.index(uid)
		delete(s.indexes, uid)
		return err
	})
}

func (s *Server) stats(r *http.Request, _ []byte) (int, any, error) {
	x, err := s.index(r.PathValue("index"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"numberOfDocuments": len(x.docs), "isIndexing": false, "fieldDistribution": map[string]int{}}, nil
}

func (s *Server) patchSettings(r *http.Request, body []byte) (int, any, error) {
	uid := r.PathValue("index")
	var patch settings
	if err := json.Unmarshal(body, &patch); err != nil {
		return 0, nil, err
	}
	return s.enqueue("settingsUpdate", uid, func() error {
		if s.indexes[uid] == nil {
			s.indexes[uid] = newIndex("")
		}
		s.indexes[uid].apply(patch)
		return nil
	})
}

func (s *Server) addDocuments(r *http.Request, body []byte) (int, any, error) {
	uid := r.PathValue("index")
	var docs []document
	if err := json.Unmarshal(body, &docs); err != nil {
		return 0, nil, fail(http.StatusBadRequest, "malformed_payload", "%v", err)
	}
	return s.enqueue("documentAdditionOrUpdate", uid, func() error {
		if s.indexes[uid] == nil {
			s.indexes[uid] = newIndex("")
		}
		return s.indexes[uid].add(docs)
	})
}

func (s *Server) deleteDocuments(r *http.Request, body []byte) (int, any, error) {
	uid := r.PathValue("index")
	var ids []string
	if err := json.Unmarshal(body, &ids); err != nil {
		return 0, nil, err
	}
	return s.enqueue("documentDeletion", uid, func() error {
		x, err := s.index(uid)
		if err == nil {
			x.remove(ids)
		}
		return err
	})
}

func (s *Server) search(r *http.Request, body []byte) (int, any, error) {
	var in request
	if err := json.Unmarshal(body, &in); err != nil {
		return 0, nil, err
	}
	response, err := s.answer(r.PathValue("index"), in)
	return http.StatusOK, response, err
}

func (s *Server) multiSearch(_ *http.Request, body []byte) (int, any, error) {
	var in struct {
		Queries []request `json:"queries"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return 0, nil, err
	}
	results := []any{}
	for _, q := range in.Queries {
		response, err := s.answer(q.IndexUID, q)
		if err != nil {
			return 0, nil, err
		}
		results = append(results, response)
	}
	return http.StatusOK, map[string]any{"results": results}, nil
}

func (s *Server) answer(uid string, q request) (map[string]any, error) {
	x, err := s.index(uid)
	if err != nil {
		return nil, err
	}
	return x.search(q)
}

func (s *Server) swap(_ *http.Request, body []byte) (int, any, error) {
	var in []struct {
		Indexes []string `json:"indexes"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return 0, nil, err
	}
	return s.enqueue("indexSwap", "", func() error {
		for _, pair := range in {
			if len(pair.Indexes) != 2 || s.indexes[pair.Indexes[0]] == nil || s.indexes[pair.Indexes[1]] == nil {
				return fail(0, "index_not_found", "Indexes %q not found.", pair.Indexes)
			}
			a, b := pair.Indexes[0], pair.Indexes[1]
			s.indexes[a], s.indexes[b] = s.indexes[b], s.indexes[a]
		}
		return nil
	})
}
