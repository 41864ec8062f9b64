-- Who is signed in. Of a token its SHA-256 is kept: who reads this table can't come in by it.
CREATE SCHEMA access;
CREATE TABLE access.sessions (
    token_hash bytea PRIMARY KEY,
    person text NOT NULL,
    principal jsonb NOT NULL,
    began timestamptz NOT NULL,
    seen timestamptz NOT NULL,
    idle interval NOT NULL, -- How long it holds without a request.
    ends timestamptz NOT NULL -- When it ends, whatever happens.
);
CREATE INDEX sessions_of ON access.sessions (person);
