--: bytes order identifiers alike on every server, and faster.

CREATE TABLE actors (
    id         text PRIMARY KEY,
    key        text NOT NULL UNIQUE,
    kind       text NOT NULL,
    origin     text NOT NULL, -- '' = ours
    slug       text NOT NULL,
    handle     text NOT NULL,
    sort_name  text NOT NULL, -- folded: no case, no accents
    inbox      text NOT NULL, -- where to deliver: the shared inbox if there is one
    inbox_host text NOT NULL,
    gone       bigint NOT NULL,
    data       text NOT NULL
);
CREATE UNIQUE INDEX actors_slug ON actors (kind, slug) WHERE origin = '';
CREATE UNIQUE INDEX actors_handle ON actors (handle) WHERE origin = '';
CREATE INDEX actors_name ON actors (kind, sort_name, id);
CREATE INDEX actors_origin ON actors (origin, kind);

CREATE TABLE private_keys (
    actor text PRIMARY KEY REFERENCES actors (id) ON DELETE CASCADE,
    pem   text NOT NULL
);

CREATE TABLE objects (
    id        text PRIMARY KEY,
    key       text NOT NULL UNIQUE,
    kind      text NOT NULL,
    origin    text NOT NULL, -- '' = ours
    slug      text NOT NULL,
    owner     text NOT NULL,
    part_of   text NOT NULL,
    sort_name text NOT NULL,
    start_at  bigint, -- When.Bounds; null when unknown
    end_at    bigint,
    published bigint NOT NULL,
    updated   bigint NOT NULL,
    deleted   bigint NOT NULL,
    data      text NOT NULL,
    raw       blob -- as a peer sent it
);
CREATE UNIQUE INDEX objects_slug ON objects (kind, slug) WHERE origin = '' AND slug <> '';
CREATE INDEX objects_updated ON objects (kind, updated DESC, id) WHERE deleted = 0;
CREATE INDEX objects_name ON objects (kind, sort_name, id) WHERE deleted = 0;
CREATE INDEX objects_start ON objects (kind, start_at, id) WHERE deleted = 0;
CREATE INDEX objects_owner ON objects (owner, kind) WHERE deleted = 0;
CREATE INDEX objects_part_of ON objects (part_of) WHERE deleted = 0 AND part_of <> '';
CREATE INDEX objects_origin ON objects (origin, kind) WHERE deleted = 0;

-- What lists are asked by: an object and a theme, a territory (slug and IRI), an
-- organiser (IRI, or slug without one), the recipe it derives from.
CREATE TABLE object_links (
    rel    text NOT NULL,
    target text NOT NULL,
    object text NOT NULL REFERENCES objects (id) ON DELETE CASCADE,
    PRIMARY KEY (rel, target, object)
);
CREATE INDEX object_links_object ON object_links (object);

CREATE TABLE follows (
    actor   text NOT NULL,
    object  text NOT NULL,
    id      text NOT NULL,
    state   text NOT NULL,
    raw     blob,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    PRIMARY KEY (actor, object)
);
CREATE INDEX follows_object ON follows (object, state);

CREATE TABLE activities (
    seq       integer PRIMARY KEY AUTOINCREMENT,
    id        text NOT NULL UNIQUE,
    actor     text NOT NULL,
    type      text NOT NULL,
    object    text NOT NULL,
    public    boolean NOT NULL,
    payload   blob NOT NULL,
    published bigint NOT NULL
);
CREATE INDEX activities_outbox ON activities (actor, published DESC, seq DESC) WHERE public;
CREATE INDEX activities_object ON activities (object, type);

CREATE TABLE inbox (
    seq        integer PRIMARY KEY AUTOINCREMENT,
    id         text NOT NULL,
    actor      text NOT NULL,
    type       text NOT NULL,
    repeatable boolean NOT NULL, -- peers reuse the id of this type of activity
    body       blob NOT NULL,
    signature  text NOT NULL UNIQUE,
    at         bigint NOT NULL
);
CREATE UNIQUE INDEX inbox_once ON inbox (actor, id) WHERE NOT repeatable;
CREATE INDEX inbox_at ON inbox (at);

CREATE TABLE hosts (
    domain     text PRIMARY KEY,
    software   text NOT NULL,
    blocked    boolean NOT NULL,
    failures   bigint NOT NULL,
    next_at    bigint NOT NULL,
    last_ok    bigint NOT NULL,
    last_error text NOT NULL
);

CREATE TABLE tokens (
    hash    text PRIMARY KEY, -- hex SHA-256 of the token
    actor   text NOT NULL,
    label   text NOT NULL,
    created bigint NOT NULL
);

-- due_at is when a waiting job may run, or when the lease of a leased one runs
-- out: either way, the job may be claimed from then on.
CREATE TABLE jobs (
    id      integer PRIMARY KEY AUTOINCREMENT,
    kind    text NOT NULL,
    args    text NOT NULL,
    key     text NOT NULL,
    uniq    text NOT NULL,
    due_at  bigint NOT NULL,
    leased  boolean NOT NULL,
    attempt bigint NOT NULL,
    cause   text NOT NULL,
    created bigint NOT NULL
);
CREATE INDEX jobs_due ON jobs (kind, due_at, id);
CREATE INDEX jobs_free ON jobs (kind, due_at, id) WHERE key = '';
CREATE INDEX jobs_key ON jobs (key, kind, due_at, id) WHERE key <> '';
CREATE INDEX jobs_leased ON jobs (kind, key, due_at) WHERE leased;
CREATE UNIQUE INDEX jobs_uniq ON jobs (kind, uniq) WHERE NOT leased AND uniq <> '';

-- Given up, kept to be looked at.
CREATE TABLE failed_jobs (
    id      integer PRIMARY KEY,
    kind    text NOT NULL,
    args    text NOT NULL,
    key     text NOT NULL,
    attempt bigint NOT NULL,
    cause   text NOT NULL,
    created bigint NOT NULL,
    failed  bigint NOT NULL
);
CREATE INDEX failed_jobs_failed ON failed_jobs (failed);
