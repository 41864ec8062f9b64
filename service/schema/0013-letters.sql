-- Letters about receipts that don't come: what was sent of the log's steps, and what wasn't. The log is the
-- outbox: here is neither a text nor an address.
CREATE SCHEMA letters;
CREATE TABLE letters.followed (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    position bigint NOT NULL -- Up to here every step of the log has its letter below.
);
INSERT INTO letters.followed (position) SELECT coalesce(max(notification_id), 0) FROM log_events;
CREATE TABLE letters.letters (
    position bigint PRIMARY KEY, -- Of the step that it tells of.
    event text NOT NULL,
    programme text NOT NULL,
    case_no text NOT NULL,
    line_no int NOT NULL,
    tranche text NOT NULL,
    recipient text NOT NULL CHECK (recipient IN ('citizen', 'caseworker')),
    channel text CHECK (channel IN ('email', 'digital_post', 'by_hand')), -- Null: not chosen yet.
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'by_hand', 'withdrawn', 'stopped')),
    -- It was being sent when the service ended, and was sent again under the same id.
    perhaps_twice boolean NOT NULL DEFAULT false,
    tries bigint NOT NULL DEFAULT 0,
    noted_at timestamptz NOT NULL DEFAULT now(),
    next_try_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    says text -- Why not, or who sent it by hand; with no address in it.
);
CREATE INDEX letters_due ON letters.letters (next_try_at) WHERE state IN ('waiting', 'sending');

-- Whoever requested, approved or released a tranche doesn't waive its receipts, too (schema 9).
ALTER FUNCTION duties_of(text, bigint, text, jsonb, text) RENAME TO duties_of_before_letters;
CREATE FUNCTION duties_of(stream text, version bigint, topic text, event jsonb, actor text)
    RETURNS duties[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF topic = 'ReceiptsWaived' THEN
        RETURN ARRAY[ROW(
            'tranche ' || stream || '/' || (event ->> 'line_no') || '/' || (event ->> 'ref'),
            'waives', coalesce(actor, event ->> 'waived_by'))]::duties[];
    END IF;
    RETURN duties_of_before_letters(stream, version, topic, event, actor);
END $$;
CREATE TRIGGER write_waivers AFTER INSERT ON log_events FOR EACH ROW WHEN (NEW.topic = 'ReceiptsWaived')
    EXECUTE FUNCTION write_duties();
ALTER TABLE log_events ENABLE ALWAYS TRIGGER write_waivers;
