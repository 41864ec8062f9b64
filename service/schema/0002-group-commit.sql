-- Many commands in one transaction and one round trip, numbered without gaps.

-- Numbers are given under the append lock, one after the other, so that a gap can only mean that
-- something was taken away.
CREATE FUNCTION next_position() RETURNS bigint LANGUAGE sql AS
    'SELECT coalesce(max(notification_id), 0) + 1 FROM log_events';
ALTER TABLE log_events ALTER notification_id SET DEFAULT next_position();
DROP SEQUENCE log_events_notification_id_seq;

-- Store the events of a group of commands, and what each command was answered: all of it, or nothing.
-- One document, since that costs one round trip and little on either side:
--   relied_on  rows of stream, version, and whether it is only read: what was decided upon
--   events     rows of `log_events`, with the state as text
--   answers    rows of `commands`
-- Positions are counted from the group's first event. Returns the position before it, or NULL: a stream that
-- was relied on has moved.
CREATE FUNCTION append_group(document jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    writes boolean := jsonb_array_length(document -> 'events') > 0;
    before bigint := 0;
BEGIN
    IF writes THEN
        -- Commits come in the order of positions: who has seen one will never find a smaller one later.
        LOCK TABLE log_events IN EXCLUSIVE MODE;
        SELECT coalesce(max(notification_id), 0) INTO before FROM log_events;
    END IF;
    -- Streams that are written guard themselves: no version is stored twice.
    IF EXISTS (
        SELECT FROM jsonb_to_recordset(document -> 'relied_on')
            AS known (stream text, version bigint, only_read boolean)
        JOIN log_events ON originator_id = stream AND originator_version = version + 1
        WHERE only_read
    ) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM jsonb_to_recordset(document -> 'relied_on') AS known (stream text, version bigint)
        LEFT JOIN log_events ON originator_id = stream AND originator_version = version
        WHERE version > 0 AND originator_id IS NULL
    ) THEN
        RAISE EXCEPTION 'what was decided upon is not in the log: was the database restored under a running'
            ' service? Stop every service, then start them again';
    END IF;
    INSERT INTO log_events
        SELECT originator_id, originator_version, topic, convert_to(state, 'UTF8'),
            before + notification_id
        FROM jsonb_to_recordset(document -> 'events') AS event (
            originator_id text, originator_version bigint, topic text, state text,
            notification_id bigint
        );
    INSERT INTO commands
        SELECT id, digest, name, programme, actor, at, effective_on, cause, recorded_at,
            before + first_position, before + last_position, code, facts
        FROM jsonb_populate_recordset(NULL::commands, document -> 'answers');
    IF writes THEN
        NOTIFY log_events;
    END IF;
    RETURN before;
END $$;
