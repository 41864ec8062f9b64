-- The first tables. Files of this folder are applied once each, in order and under a lock, by service/database.py.

-- The log. Columns are those of the eventsourcing library; nothing may be missing in a row of ours.
CREATE TABLE log_events (
    originator_id text NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigserial NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX log_events_notification_id_idx ON log_events (notification_id);
CREATE TYPE stored_event_text AS (originator_id text, originator_version bigint, topic text, state bytea);

-- Beside the log: every command that was answered, done or refused, once.
CREATE TABLE commands (
    id text PRIMARY KEY,
    digest text NOT NULL,
    name text NOT NULL,
    programme text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    effective_on date NOT NULL,
    cause text NOT NULL,
    recorded_at timestamptz NOT NULL,
    first_position bigint,
    last_position bigint,
    code text,
    facts jsonb,
    CHECK ((code IS NULL) = (last_position IS NOT NULL))
);
CREATE INDEX commands_refused ON commands (programme, effective_on) WHERE code IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commands
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Also for a replication session, which skips ordinary triggers.
ALTER TABLE log_events ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE commands ENABLE ALWAYS TRIGGER append_only;

-- The projections: rows that can be dropped and rebuilt, and how far each one has read.
CREATE SCHEMA projections;
CREATE TABLE projections.rows (
    projection text NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (projection, key)
);
CREATE TABLE projections.progress (
    projection text PRIMARY KEY,
    position bigint NOT NULL,
    seen bigint NOT NULL -- How many events: compared with the log, it proves that none was skipped.
);

-- The vault: people, sealed. Rows may be destroyed here; that is the point.
CREATE SCHEMA people;
CREATE TABLE people.keys (
    subject text PRIMARY KEY,
    wrapped bytea NOT NULL
);
CREATE TABLE people.citizens (
    cpr_hash bytea PRIMARY KEY,
    pseudonym text NOT NULL UNIQUE REFERENCES people.keys (subject)
);
CREATE TABLE people.words (
    ref text PRIMARY KEY,
    subject text NOT NULL REFERENCES people.keys (subject),
    sealed bytea NOT NULL
);
CREATE TABLE people.files (
    sha256 text NOT NULL,
    subject text NOT NULL REFERENCES people.keys (subject),
    PRIMARY KEY (sha256, subject)
);
