-- What each import created or changed, so that it can be undone.
CREATE TABLE import_changes (
    batch    text NOT NULL, -- id of the import
    id       text NOT NULL, -- IRI of an object or an actor
    revision bigint NOT NULL, -- the version that it made of what was there; 0 = it created it
    PRIMARY KEY (batch, id)
) WITHOUT ROWID;
INSERT INTO import_changes (batch, id, revision)
SELECT json_extract(data, '$.provenance.batch'), id, 0 FROM objects
WHERE origin = '' AND deleted = 0 AND coalesce(json_extract(data, '$.provenance.batch'), '') <> '';
