-- What the API did under an Idempotency-Key: the same request, sent again because its
-- answer was lost, does nothing more, and is answered the same.
DROP TABLE published_once;
CREATE TABLE requests_once (
    token  text NOT NULL, -- its hash
    key    text NOT NULL,
    digest text NOT NULL, -- of the request
    answer blob NOT NULL, -- sealed: the token alone opens it
    at     bigint NOT NULL,
    PRIMARY KEY (token, key)
);
CREATE INDEX requests_once_at ON requests_once (at);

-- The dates of a series are asked and answered together.
ALTER TABLE organisers ADD COLUMN series text NOT NULL DEFAULT '';
UPDATE organisers SET series = coalesce(
    (SELECT target FROM object_links WHERE rel = 'series' AND object = event LIMIT 1),
    json_extract(data, '$.copy.series'), '');
CREATE INDEX organisers_series ON organisers (series, actor) WHERE series <> '';
