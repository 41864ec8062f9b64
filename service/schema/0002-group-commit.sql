-- Many commands in one transaction and one round trip, numbered without gaps.

-- Numbers are given under the append lock, one after the other, so that a gap can only mean that
-- something was taken away.
CREATE FUNCTION next_position() RETURNS bigint LANGUAGE sql AS
    'SELECT coalesce(max(notification_id), 0) + 1 FROM log_events';
ALTER TABLE log_events ALTER notification_id SET DEFAULT next_position();
DROP SEQUENCE log_events_notification_id_seq;

-- Store the events of a group of commands, and what each command was answered: all of it, or nothing.
-- One document, since that costs one round trip and little on either side:
--   relied_on  rows of stream and version: what was decided upon
--   events     rows of `log_events`, with the state as text
--   answers    rows of `commands`
-- Positions are counted from the group's first event. Returns the position before it, or NULL: a stream that
-- was relied on has moved.
CREATE FUNCTION append_group(document jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    writes boolean := jsonb_array_length(document -> 'events') > 0;
    before bigint := 0;
    moved boolean;
    lost boolean;
BEGIN
    IF writes THEN
        -- Commits come in the order of positions: who has seen one will never find a smaller one later.
        LOCK TABLE log_events IN EXCLUSIVE MODE;
        SELECT coalesce(max(notification_id), 0) INTO before FROM log_events;
    END IF;
    SELECT bool_or(stored > version), bool_or(stored < version) INTO moved, lost FROM (
        SELECT version, coalesce((
            SELECT originator_version FROM log_events WHERE originator_id = stream
            ORDER BY originator_version DESC LIMIT 1
        ), 0) AS stored
        FROM jsonb_to_recordset(document -> 'relied_on') AS known (stream text, version bigint)
    ) AS streams;
    IF lost THEN
        RAISE EXCEPTION 'what was decided upon is not in the log: was the database restored under a running'
            ' service? Stop every service, then start them again';
    END IF;
    IF moved THEN
        RETURN NULL;
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
