package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/sync/errgroup"

	"github.com/maillage/maillage/federation"
	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/jobs"
	"github.com/maillage/maillage/instance/source"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/search/embedded"
	"github.com/maillage/maillage/search/fallback"
	"github.com/maillage/maillage/search/meili"
	"github.com/maillage/maillage/web"
)

// app is one whole node, built and not yet started.
type app struct {
	config config
	log    *slog.Logger
	store  *store.Store
	index  instance.Index
	node   *instance.Node
	fed    *federation.Federation
	pages  *web.Server
	runner *jobs.Runner
	http   *echo.Echo
	ready  atomic.Bool // what /healthz and /readyz answer
}

// openApp builds a node from its configuration. Without an index (withIndex
// false) it can do everything but search: what the subcommands beside a running
// node need.
func openApp(ctx context.Context, c config, withIndex bool, log *slog.Logger) (*app, error) {
	a := &app{config: c, log: log}
	if err := a.open(ctx, withIndex); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *app) open(ctx context.Context, withIndex bool) (err error) {
	c, log := a.config, a.log
	if a.store, err = store.Open(ctx, store.Options{DSN: c.dsn(), Log: log}); err != nil {
		return err
	}
	stale := false
	if withIndex {
		if a.index, stale, err = openIndex(ctx, c, log); err != nil {
			return err
		}
	}
	communes, err := openGazetteer(c)
	if err != nil {
		return err
	}
	geocoder, err := openGeocoder(c)
	if err != nil {
		return err
	}
	mailer, err := openMailer(c)
	if err != nil {
		return err
	}
	a.node, err = instance.New(ctx, instance.Options{
		BaseURL: c.BaseURL, Name: c.Name, Description: c.Description, Contact: c.Contact, SourceCode: c.SourceCode,
		Store: a.store, Index: a.index, FollowBack: c.Federation.FollowBack, Mailer: mailer, Gazetteer: communes, Geocoder: geocoder,
		Media: instance.MediaFolder(c.mediaFolder()), Log: log,
	})
	if err != nil {
		return err
	}
	if stale {
		if err := a.node.Reindex(ctx, nil); err != nil {
			return fmt.Errorf("reconstruction de l’index : %w", err)
		}
	}
	a.fed, err = federation.New(federation.Options{
		Node: a.node, AllowPrivate: c.Federation.AllowPrivate, Version: version, Log: log,
	})
	if err != nil {
		return err
	}
	a.runner = newRunner(a.store, a.node, a.fed, log)
	return nil
}

// openIndex opens the search engine; stale says that it must be filled again.
func openIndex(ctx context.Context, c config, log *slog.Logger) (index instance.Index, stale bool, err error) {
	engine, err := embedded.Open(ctx, c.indexFile(), embedded.Options{Log: log})
	if err != nil {
		return nil, false, err
	}
	if c.Search.Engine != "meilisearch" {
		return engine, engine.NeedsRebuild(), nil
	}
	both := fallback.Open(ctx, fallback.Options{
		Local: engine, Marker: c.indexFile() + ".behind", Log: log,
		Connect: func(ctx context.Context) (instance.Index, error) {
			return meili.Open(ctx, meili.Options{URL: c.Search.URL, Key: c.Search.Key, Log: log})
		},
	})
	return both, both.NeedsRebuild(), nil
}

// mount puts the pages, the API and the federation on one HTTP server.
func (a *app) mount() error {
	passkeys, err := openPasskeys(a.config, a.node.Self().Name)
	if err != nil {
		return err
	}
	pages, err := web.New(web.Options{
		Node: a.node, Log: a.log, Version: version, FollowIntent: a.fed.FollowIntent, Discover: a.fed.Discover,
		Basemap:  web.Basemap{Tiles: a.config.Map.Tiles, Attribution: a.config.Map.Attribution},
		Passkeys: passkeys, Importing: a.importing(),
	})
	if err != nil {
		return err
	}
	a.pages = pages
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Use(middleware.Recover(), middleware.RequestID())
	e.GET("/healthz", a.health)
	e.GET("/readyz", a.health)
	a.fed.Register(e)
	pages.Register(e)
	a.http = e
	return nil
}

// importing is what the pages need to import what other software writes.
func (a *app) importing() *web.Importing {
	return &web.Importing{
		Reader: source.Files{}, Fetch: a.fed.Download, Log: a.store, Dir: filepath.Join(a.config.Data, "imports"),
		Feeder: instance.NewFeeder(a.node, a.store, a.fed.Download, source.Read),
	}
}

func (a *app) health(c echo.Context) error {
	if !a.ready.Load() {
		return c.String(http.StatusServiceUnavailable, "démarrage en cours\n")
	}
	if h := a.node.IndexHealth(); h.Degraded {
		return c.String(http.StatusOK, fmt.Sprintf("ok, recherche par le moteur de secours depuis %s : %s\n", h.Since.Format(time.RFC3339), h.Reason))
	}
	return c.String(http.StatusOK, "ok\n")
}

// listen takes the port before anything else is done, so that a busy one is said at once.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if _, malformed := errors.AsType[*net.AddrError](err); malformed {
		return nil, fmt.Errorf("impossible d’écouter sur « %s » : écrivez une adresse et un port, comme 127.0.0.1:8080", address)
	}
	if err != nil {
		return nil, fmt.Errorf("impossible d’écouter sur %s : %s", address, because(err))
	}
	return l, nil
}

// grace is how long the requests being answered have, when the node stops.
const grace = 10 * time.Second

// serve answers on the listener and runs the jobs until ctx ends or one of them
// fails, and stops cleanly: no new request or job, then what is under way.
func (a *app) serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: a.http, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("le nœud ne reçoit plus rien sur %s : %w", l.Addr(), err)
		}
		return nil
	})
	parts.Go(func() error {
		if err := ignoreCancel(a.runner.Run(ctx)); err != nil {
			return fmt.Errorf("la file des tâches s’est arrêtée : %w", err)
		}
		return nil
	})
	go a.node.Gazetteer().Communes() // read now: no visitor waits for it
	parts.Go(func() error {
		a.keepHouse(ctx)
		return nil
	})
	parts.Go(func() error {
		<-ctx.Done()
		a.ready.Store(false)
		return a.shutdown(context.WithoutCancel(ctx), server)
	})
	return parts.Wait()
}

// shutdown lets the server finish what it is answering, then cuts what is left.
func (a *app) shutdown(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("some requests were cut", "after", grace)
		return server.Close()
	}
	return err
}

// keepReceived is how long received activities are kept for the host to look at.
const keepReceived = 30 * 24 * time.Hour

// keepHouse forgets, each day, what was received long ago and who took part in what is
// over, and has lists planned for what there is by now.
func (a *app) keepHouse(ctx context.Context) {
	for {
		if err := a.store.Purge(ctx, time.Now().Add(-keepReceived)); err != nil && ctx.Err() == nil {
			a.log.Warn("cannot purge the inbox", "error", err)
		}
		if _, err := a.node.ForgetParticipants(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("cannot forget who took part in what is over", "error", err)
		}
		if err := a.store.Analyze(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("cannot bring statistics up to date", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(24 * time.Hour):
		}
	}
}

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close stops the imports that go on, then releases the index and the database.
func (a *app) Close() error {
	if a.pages != nil {
		a.pages.Close()
	}
	var errs []error
	if a.index != nil {
		errs = append(errs, a.index.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// closeLogged is Close for a defer: what it cannot say by returning, it logs.
func (a *app) closeLogged() {
	if err := a.Close(); err != nil {
		a.log.Error("closing the node", "error", err)
	}
}

// newLogger writes to standard error, as text.
func newLogger(level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
