-- What a token of the API may do: read, publish, self, moderate or host.
ALTER TABLE tokens ADD COLUMN scope text NOT NULL DEFAULT 'read';
UPDATE tokens SET scope = 'publish' WHERE actor <> '';
