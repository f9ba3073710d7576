-- Who signs in here.
CREATE TABLE accounts (
    id    text PRIMARY KEY,
    email text NOT NULL UNIQUE, -- lower case
    data  text NOT NULL
);

-- A browser that is signed in. hash is the hex SHA-256 of what its cookie holds.
CREATE TABLE sessions (
    hash    text PRIMARY KEY,
    account text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created bigint NOT NULL,
    seen    bigint NOT NULL,
    expires bigint NOT NULL,
    agent   text NOT NULL
);
CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX sessions_expires ON sessions (expires);

-- A secret that was handed out to be used once: an invitation, a way back in.
CREATE TABLE tickets (
    hash    text PRIMARY KEY,
    purpose text NOT NULL,
    expires bigint NOT NULL,
    data    text NOT NULL
);
CREATE INDEX tickets_expires ON tickets (expires);
