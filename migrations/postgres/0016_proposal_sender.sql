-- What tells the places apart that visitors write from, while a proposal waits: no
-- address, and nothing that one could be found from.
ALTER TABLE proposals ADD COLUMN sender text NOT NULL DEFAULT '';
