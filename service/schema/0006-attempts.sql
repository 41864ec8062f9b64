-- The refused attempts that checkpoints speak of, in the order in which they were taken in: they are no events,
-- but auditors are shown them.
CREATE TABLE evidence.attempts (
    number bigint PRIMARY KEY,
    command text NOT NULL UNIQUE,
    hash bytea NOT NULL
);
