-- What is to come: counted by when it ends, and listed without reading what is over.
CREATE INDEX objects_end ON objects (kind, end_at, start_at, id) WHERE deleted = 0;
DROP INDEX objects_start;
CREATE INDEX objects_start ON objects (kind, start_at, id, end_at) WHERE deleted = 0;
