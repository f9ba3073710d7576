-- Who takes part in what: people in events of ours, and ours in events elsewhere.
-- Counted long after who it was is forgotten.
CREATE TABLE participations (
    seq     integer PRIMARY KEY AUTOINCREMENT, -- the order in which places were asked for
    id      text NOT NULL UNIQUE,
    event   text NOT NULL,
    who     text NOT NULL, -- an actor, an account, a digest of an e-mail: once an event
    join_id text NOT NULL, -- IRI of the Join; '' = none
    ours    boolean NOT NULL, -- one of ours in an event elsewhere
    state   text NOT NULL,
    seats   bigint NOT NULL,
    created bigint NOT NULL,
    data    text NOT NULL
);
CREATE UNIQUE INDEX participations_once ON participations (event, who);
CREATE INDEX participations_who ON participations (who);
CREATE INDEX participations_join ON participations (join_id) WHERE join_id <> '';
CREATE INDEX participations_state ON participations (state, created);

-- What others answered to what we published.
CREATE TABLE replies (
    id        text PRIMARY KEY,
    object    text NOT NULL, -- of ours, at the root of the thread
    actor     text NOT NULL,
    state     text NOT NULL,
    published bigint NOT NULL,
    data      text NOT NULL
);
CREATE INDEX replies_object ON replies (object, state, published);
CREATE INDEX replies_state ON replies (state, published);
CREATE INDEX replies_actor ON replies (actor);

-- Likes and boosts of what is ours: only counted.
CREATE TABLE reactions (
    object  text NOT NULL,
    kind    text NOT NULL,
    actor   text NOT NULL,
    id      text NOT NULL, -- IRI of the activity
    created bigint NOT NULL,
    PRIMARY KEY (object, kind, actor)
);
CREATE INDEX reactions_actor ON reactions (actor);

-- Actors who want nothing of some of ours.
CREATE TABLE blocks (
    actor   text NOT NULL,
    object  text NOT NULL, -- of ours
    id      text NOT NULL,
    created bigint NOT NULL,
    PRIMARY KEY (actor, object)
);

-- Activities that were undone before they came.
CREATE TABLE undone (
    actor text NOT NULL,
    id    text NOT NULL,
    at    bigint NOT NULL,
    PRIMARY KEY (actor, id)
);
CREATE INDEX undone_at ON undone (at);
