-- The form of HTTP signature that a server took last, so that a restart does not
-- have us knock twice again.
ALTER TABLE hosts ADD COLUMN signature text NOT NULL DEFAULT '';
