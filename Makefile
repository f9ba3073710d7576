# Two commands matter: make run, make test. "make help" lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOLANGCI_VERSION := v2.15.0 # it brings gofumpt v0.12.0 along
GOLANGCI := bin/golangci-lint-$(strip $(GOLANGCI_VERSION))
FUZZTIME ?= 20s

# The binary is pure Go: it runs on any Linux, without a C library.
export CGO_ENABLED ?= 0

.PHONY: help
help: ## Affiche cette aide
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-9s %s\n", $$1, $$2 }'

.PHONY: run
run: build ## Lance la démonstration : deux nœuds, http://localhost:8080 et http://localhost:8081
	./bin/maillage demo $(ARGS)

.PHONY: build
build: assets ## Construit ./bin/maillage
	@.ci/need go
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/maillage ./cmd/maillage

# The map library and the base map come from npm and are embedded in the binary.
# Nothing happens when nothing changed.
.PHONY: assets
assets: web/static/vendor/.built

web/static/vendor/.built: web/node_modules/.package-lock.json $(wildcard web/basemap/*)
	cd web && npm run --silent build
	@touch $@

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@.ci/need node
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/e2e/node_modules/.package-lock.json: web/e2e/package.json web/e2e/package-lock.json
	@.ci/need node
	cd web/e2e && npm ci --no-audit --no-fund
	@touch $@

# Fedify needs Node.js 22, which comes along with it; npm need not warn of it.
federation/interop/node_modules/.package-lock.json: federation/interop/package.json federation/interop/package-lock.json
	@.ci/need node
	cd federation/interop && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test
test: assets ## Lance tous les tests : Go (SQLite et PostgreSQL), le navigateur, deux serveurs d'autres
	@.ci/need go postgresql
	go test ./...
	@$(MAKE) --no-print-directory e2e interop

.PHONY: e2e
e2e: build web/e2e/node_modules/.package-lock.json ## Parcourt les pages dans un vrai navigateur
	@.ci/need chromium
	cd web/e2e && npm test --silent

.PHONY: interop
interop: build federation/interop/node_modules/.package-lock.json ## Fédère un nœud avec des serveurs écrits par d'autres (Fedify, activitypub-bot)
	cd federation/interop && npm test --silent

.PHONY: lint
lint: $(GOLANGCI) ## Vérifie le code : mise en forme, erreurs courantes, sens des dépendances
	$(GOLANGCI) run ./...

.PHONY: fmt
fmt: $(GOLANGCI) ## Met le code en forme (gofumpt, goimports)
	$(GOLANGCI) fmt ./...

$(GOLANGCI):
	@.ci/need go
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(strip $(GOLANGCI_VERSION))
	@mv bin/golangci-lint $@

.PHONY: race
race: assets ## Lance les tests Go avec le détecteur d'accès concurrents
	@.ci/need go gcc postgresql
	CGO_ENABLED=1 go test -race ./...

.PHONY: fuzz
fuzz: ## Fait tourner chaque test à données aléatoires pendant FUZZTIME (20s)
	@.ci/need go
	@go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | while read -r package; do \
		for target in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

.PHONY: bench
bench: ## Mesure les performances (voir docs/performance.md)
	@.ci/need go
	go test -run '^$$' -bench . -benchmem ./...

# Both profiles are read as a host would start them; no engine is needed for that.
.PHONY: compose
compose: ## Vérifie docker-compose.yml
	@.ci/need compose
	@compose="docker compose"; $$compose version >/dev/null 2>&1 || compose=docker-compose; \
	for profile in embedded full; do \
		COMPOSE_PROFILES=$$profile MAILLAGE_DOMAIN=opl.example.org $$compose config --quiet; \
		echo "docker-compose.yml, profil $$profile : ok"; \
	done

.PHONY: clean
clean: ## Efface tout ce qui a été construit (pas les données)
	rm -rf bin web/static/vendor web/node_modules web/e2e/node_modules web/e2e/results federation/interop/node_modules
