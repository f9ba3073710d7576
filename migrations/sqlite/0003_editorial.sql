-- Versions of objects of ours, to compare and to bring back.
CREATE TABLE revisions (
    seq     integer PRIMARY KEY AUTOINCREMENT,
    object  text NOT NULL,
    kind    text NOT NULL,
    verb    text NOT NULL,
    account text NOT NULL, -- '' = an import or an API token
    at      bigint NOT NULL,
    data    text NOT NULL
);
CREATE INDEX revisions_object ON revisions (object, seq);

-- What is being written.
CREATE TABLE drafts (
    id      text PRIMARY KEY,
    account text NOT NULL,
    actor   text NOT NULL,
    edits   text NOT NULL, -- '' = a new object
    kind    text NOT NULL,
    updated bigint NOT NULL,
    data    text NOT NULL
);
CREATE INDEX drafts_account ON drafts (account, updated);
