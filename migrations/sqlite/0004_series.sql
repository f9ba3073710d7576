-- The jobs of a series are read in the order in which they were enqueued.
CREATE INDEX jobs_series ON jobs (key, kind, id) WHERE key <> '';
