-- What people suggest without an account, and what peers report or suggest: to be
-- answered by moderators, and forgotten a month later.
CREATE TABLE proposals (
    id       text PRIMARY KEY,
    kind     text NOT NULL,
    state    text NOT NULL,
    object   text NOT NULL, -- '' = of something new
    owner    text NOT NULL, -- whose editors may answer too; '' = moderators only
    origin   text NOT NULL, -- host of the peer it came from; '' = a page of ours
    activity text NOT NULL, -- what carries it between nodes; '' for none
    secret   text NOT NULL, -- hash of the secret of its follow-up page; '' for none
    email    text NOT NULL, -- of who waits for an answer, until it is given
    created  bigint NOT NULL,
    answered bigint NOT NULL, -- 0 = not yet
    data     text NOT NULL
);
CREATE INDEX proposals_state ON proposals (state, created);
CREATE INDEX proposals_object ON proposals (object, state);
CREATE INDEX proposals_secret ON proposals (secret) WHERE secret <> '';
CREATE UNIQUE INDEX proposals_activity ON proposals (activity) WHERE activity <> '';

-- What moderators do not want seen here, of other servers.
CREATE TABLE hidings (
    id     text PRIMARY KEY, -- an object or an actor
    domain text NOT NULL,
    block  boolean NOT NULL, -- because its whole server is blocked
    owner  text NOT NULL, -- of an object
    at     bigint NOT NULL
);
CREATE INDEX hidings_domain ON hidings (domain);
