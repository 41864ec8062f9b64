-- The tree over the log, and what was signed of it.

CREATE SCHEMA evidence;
-- The hashes of the tree in pieces of 256: those of level 0 are of the events, one of level n + 1 is the root
-- of a whole piece of level n. Only the last piece of a level still grows.
CREATE TABLE evidence.tiles (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (level, number)
);
ALTER TABLE evidence.tiles ALTER hashes SET STORAGE EXTERNAL; -- Hashes can't be compressed.

CREATE TABLE evidence.checkpoints (
    size bigint PRIMARY KEY,
    note text NOT NULL,
    made_at timestamptz NOT NULL
);
-- What witnesses signed below a checkpoint.
CREATE TABLE evidence.cosignatures (
    size bigint NOT NULL REFERENCES evidence.checkpoints (size),
    line text NOT NULL,
    PRIMARY KEY (size, line)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence.cosignatures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE evidence.checkpoints ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE evidence.cosignatures ENABLE ALWAYS TRIGGER append_only;
