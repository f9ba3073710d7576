-- What each import created or changed, so that it can be undone.
CREATE TABLE import_changes (
    batch    text COLLATE "C" NOT NULL, -- id of the import
    id       text COLLATE "C" NOT NULL, -- IRI of an object or an actor
    revision bigint NOT NULL, -- the version that it made of what was there; 0 = it created it
    PRIMARY KEY (batch, id)
);
INSERT INTO import_changes (batch, id, revision)
SELECT substring(data from '"batch":"([^"\\]+)"'), id, 0 FROM objects -- a quotation mark in a text is escaped
WHERE origin = '' AND deleted = 0 AND data ~ '"batch":"[^"\\]+"';
