-- Webhooks: who is told of events, with which secrets, and how far. The log itself is the outbox.
CREATE SCHEMA webhooks;
CREATE TABLE webhooks.endpoints (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    url text NOT NULL,
    types text[] NOT NULL, -- The events wanted; none: all.
    programme text, -- Of this programme alone; null: of all.
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    position bigint NOT NULL CHECK (position >= 0), -- Up to here everything was delivered or isn't wanted.
    disabled text CHECK (disabled IN ('by_hand', 'gone', 'failing', 'restored')),
    -- Only while it doesn't take what it is sent.
    failing_since timestamptz,
    tries bigint NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    says text
);
-- Two while they are rotated: both sign.
CREATE TABLE webhooks.secrets (
    endpoint text NOT NULL REFERENCES webhooks.endpoints (name),
    number int NOT NULL,
    sealed bytea NOT NULL, -- With a key of the vault's.
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (endpoint, number)
);
-- What was tried, for a while.
CREATE TABLE webhooks.deliveries (
    endpoint text NOT NULL REFERENCES webhooks.endpoints (name),
    id text NOT NULL, -- webhook-id.
    position bigint, -- Null: a ping.
    type text NOT NULL,
    tries bigint NOT NULL DEFAULT 1,
    first_tried_at timestamptz NOT NULL DEFAULT now(),
    tried_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    status int, -- Of the latest answer; null: there was none.
    says text, -- Why it wasn't taken, with no address in it.
    PRIMARY KEY (endpoint, id)
);
CREATE INDEX deliveries_tried_at ON webhooks.deliveries (tried_at);
-- Who did what to which endpoint.
CREATE TABLE webhooks.acts (
    endpoint text NOT NULL REFERENCES webhooks.endpoints (name),
    at timestamptz NOT NULL DEFAULT now(),
    person text NOT NULL,
    act text NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON webhooks.acts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE webhooks.acts ENABLE ALWAYS TRIGGER append_only;
