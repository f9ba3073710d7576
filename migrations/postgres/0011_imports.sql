-- Imports that people made here, to be looked at and undone.
CREATE TABLE imports (
    id      text PRIMARY KEY,
    owner   text NOT NULL, -- IRI of the organisation in whose name it published
    account text NOT NULL, -- who made it; '' = somebody who left
    at      bigint NOT NULL,
    data    text NOT NULL
);
CREATE INDEX imports_owner ON imports (owner, at);
CREATE INDEX imports_account ON imports (account);
