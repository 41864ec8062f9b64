-- What reached the places outside the database, and which places are in trouble.

-- Which checkpoint reached which place, and when.
CREATE TABLE evidence.deliveries (
    place text NOT NULL,
    size bigint NOT NULL REFERENCES evidence.checkpoints (size),
    delivered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (place, size)
);
-- An authority's answer over the checkpoint's note (RFC 3161).
CREATE TABLE evidence.stamps (
    size bigint PRIMARY KEY REFERENCES evidence.checkpoints (size),
    stamp bytea NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence.deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence.stamps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE evidence.deliveries ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE evidence.stamps ENABLE ALWAYS TRIGGER append_only;

-- Only while a place doesn't take what it is sent.
CREATE TABLE evidence.troubles (
    place text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now(),
    tried_at timestamptz NOT NULL DEFAULT now(),
    tries bigint NOT NULL DEFAULT 1,
    says text NOT NULL -- Why, with nobody's address in it.
);
