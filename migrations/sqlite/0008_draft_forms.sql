-- A draft's form as it was typed, JSON: it says more than the object that can be
-- made of it so far. '' = none.
ALTER TABLE drafts ADD COLUMN form text NOT NULL DEFAULT '';
