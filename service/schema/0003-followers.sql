-- Projections that are rebuilt beside their live rows, and that fail without stopping each other.

-- Rows belong to a generation: a rebuild writes one of its own beside the live one, and then swaps.
CREATE SEQUENCE projections.generations;
ALTER TABLE projections.rows ADD COLUMN generation bigint NOT NULL DEFAULT 0;
ALTER TABLE projections.rows DROP CONSTRAINT rows_pkey;
ALTER TABLE projections.rows ADD PRIMARY KEY (projection, generation, key);
ALTER TABLE projections.rows ALTER COLUMN generation DROP DEFAULT;

ALTER TABLE projections.progress
    ADD COLUMN generation bigint NOT NULL DEFAULT 0, -- The live one.
    ADD COLUMN failing text, -- Why it can't go on: the kind of error and the event's position, nothing of its text.
    ADD COLUMN failures bigint NOT NULL DEFAULT 0,
    ADD COLUMN rebuilds bigint NOT NULL DEFAULT 0;
