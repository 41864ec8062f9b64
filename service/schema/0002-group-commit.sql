-- Many commands in one transaction and one round trip, numbered without gaps.

-- Numbers are given under the append lock, one after the other, so that a gap can only mean that
-- something was taken away.
CREATE FUNCTION next_position() RETURNS bigint LANGUAGE sql AS
    'SELECT coalesce(max(notification_id), 0) + 1 FROM log_events';
ALTER TABLE log_events ALTER notification_id SET DEFAULT next_position();
DROP SEQUENCE log_events_notification_id_seq;

-- Store the events of a group of commands, and what each command was answered: all of it, or nothing.
-- `answers` are rows of `commands` whose positions are counted from the group's first event.
-- Returns the position before the group's first event, or NULL: a stream that was relied on has moved.
CREATE FUNCTION append_group(
    relied_on text[], relied_on_versions bigint[],
    streams text[], versions bigint[], topics text[], states bytea[],
    answers jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := 0;
BEGIN
    IF cardinality(streams) > 0 THEN
        -- Commits come in the order of positions: who has seen one will never find a smaller one later.
        LOCK TABLE log_events IN EXCLUSIVE MODE;
        SELECT coalesce(max(notification_id), 0) INTO before FROM log_events;
    END IF;
    IF EXISTS (
        SELECT FROM unnest(relied_on, relied_on_versions) AS read (stream, version)
        JOIN log_events ON originator_id = stream AND originator_version = version + 1
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO log_events
        SELECT stream, version, topic, state, before + number
        FROM unnest(streams, versions, topics, states)
            WITH ORDINALITY AS event (stream, version, topic, state, number);
    INSERT INTO commands
        SELECT id, digest, name, programme, actor, at, effective_on, cause, recorded_at,
            before + first_position, before + last_position, code, facts
        FROM jsonb_populate_recordset(NULL::commands, answers);
    IF cardinality(streams) > 0 THEN
        NOTIFY log_events;
    END IF;
    RETURN before;
END $$;
