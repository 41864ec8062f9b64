-- Ways to sign in: attempts at a provider, clients of the API, and citizens' links. Of every secret only its SHA-256.

CREATE SCHEMA IF NOT EXISTS access;
-- A row is taken away by the callback that it was made for, so that none serves twice.
CREATE TABLE access.sign_ins (
    state_hash bytea PRIMARY KEY,
    browser_hash bytea NOT NULL,
    provider text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    next_path text NOT NULL,
    until timestamptz NOT NULL
);

CREATE TABLE access.clients (
    id text PRIMARY KEY,
    name text NOT NULL,
    person text NOT NULL,
    roles text[] NOT NULL,
    made_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE TABLE access.client_secrets (
    client text NOT NULL REFERENCES access.clients (id),
    secret_hash bytea NOT NULL,
    made_at timestamptz NOT NULL,
    until timestamptz, -- Null: as long as it is the newest.
    PRIMARY KEY (client, secret_hash)
);

CREATE TABLE access.links (
    token_hash bytea PRIMARY KEY,
    case_no text NOT NULL,
    citizen text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    failures smallint NOT NULL DEFAULT 0,
    revoked_at timestamptz
);
-- A new link takes the place of the one before.
CREATE UNIQUE INDEX links_in_force ON access.links (case_no) WHERE revoked_at IS NULL;
