-- Personal tokens of the API: whose they are, and when they last served. A token
-- without an account was made on the command line; one without an actor only reads.
ALTER TABLE tokens ADD COLUMN account text NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN used bigint NOT NULL DEFAULT 0;
CREATE INDEX tokens_account ON tokens (account);

-- What somebody wrote, to hand it to them, and to take their name off it.
CREATE INDEX revisions_account ON revisions (account) WHERE account <> '';
