-- What the API published under an Idempotency-Key: the same request, sent again
-- because its answer was lost, publishes nothing more.
CREATE TABLE published_once (
    actor  text NOT NULL,
    key    text NOT NULL,
    digest text NOT NULL, -- of the request
    object text NOT NULL, -- IRI of what it published
    at     bigint NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX published_once_at ON published_once (at);
