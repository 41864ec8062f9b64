-- Two people where it takes two: the database's own check behind that of the decisions. Whatever way an event
-- of these came, its part in the matter is written down, and nobody has two parts in one matter.

CREATE TABLE duties (
    subject text NOT NULL, -- The matter: a budget, a tranche, the payments of a line, a claim...
    duty text NOT NULL,    -- The part that the person has in it.
    person text NOT NULL,
    PRIMARY KEY (subject, person)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON duties
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE duties ENABLE ALWAYS TRIGGER append_only;

-- Which part somebody has by an event: whoever acted or, where the actor isn't given, whoever the event names.
-- The table of docs/decisions/0026-two-people.md.
CREATE FUNCTION duties_of(stream text, version bigint, topic text, event jsonb, actor text)
    RETURNS duties[] LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    line text := stream || '/' || coalesce(event ->> 'line_no', '');
    ref text := line || '/' || coalesce(event ->> 'ref', '');
    matter text;
    upheld bigint;
    person text;
BEGIN
    CASE topic
    WHEN 'TrancheRequested' THEN
        RETURN ARRAY[ROW('tranche ' || ref, 'approves', coalesce(actor, event ->> 'requested_by'))]::duties[];
    WHEN 'TrancheApproved' THEN
        RETURN ARRAY[ROW('tranche ' || ref, 'approves', coalesce(actor, event ->> 'approver'))]::duties[];
    WHEN 'TrancheReleased' THEN
        person := coalesce(actor, event ->> 'released_by');
        RETURN ARRAY[ROW('tranche ' || ref, 'orders', person), ROW('payments ' || line, 'orders', person)]::duties[];
    WHEN 'LineGranted' THEN
        person := coalesce(actor, event ->> 'granted_by');
        RETURN ARRAY[ROW('budget ' || stream, 'prepares', person), ROW('payments ' || line, 'grants', person)]::duties[];
    WHEN 'CaseRegistered', 'CaseReassigned' THEN
        RETURN ARRAY[ROW('budget ' || stream, 'prepares', event ->> 'caseworker')]::duties[];
    WHEN 'BudgetSubmitted' THEN
        RETURN ARRAY[ROW('budget ' || stream, 'prepares', coalesce(actor, event ->> 'submitted_by'))]::duties[];
    WHEN 'BudgetAssessed' THEN
        RETURN ARRAY[ROW('budget ' || stream, 'assesses', coalesce(actor, event ->> 'assessor'))]::duties[];
    WHEN 'MeetingHeld' THEN -- Who prepared the case may be there, and says nothing.
        RETURN ARRAY(
            SELECT ROW('budget ' || stream, 'assesses', attendee)::duties
            FROM jsonb_array_elements_text(event -> 'attendees') AS attendee
            WHERE NOT EXISTS (
                SELECT FROM duties AS d
                WHERE d.subject = 'budget ' || stream AND d.person = attendee AND d.duty = 'prepares'
            )
        );
    WHEN 'OutlayClaimed', 'ShareCharged' THEN
        RETURN ARRAY[ROW('expense ' || ref, 'claims', event ->> 'claimed_by')]::duties[];
    WHEN 'ExpenseAttested', 'SupportMonthConfirmed' THEN
        RETURN ARRAY[ROW('expense ' || ref, 'attests', coalesce(actor, event ->> 'attester'))]::duties[];
    WHEN 'ExpenseApproved' THEN
        person := coalesce(actor, event ->> 'approver');
        RETURN ARRAY[ROW('expense ' || ref, 'orders', person), ROW('payments ' || line, 'orders', person)]::duties[];
    WHEN 'ClaimRaised' THEN
        RETURN ARRAY[ROW('claim ' || ref, 'raises', coalesce(actor, event ->> 'raised_by'))]::duties[];
    WHEN 'ClaimWrittenOff' THEN -- Of a claim that was heard.
        matter := 'claim ' || line || '/' || (event ->> 'claim');
        RETURN ARRAY[ROW(matter, 'settles', CASE WHEN matter IS NOT NULL THEN actor END)]::duties[];
    WHEN 'ClaimDecided' THEN
        person := coalesce(actor, event ->> 'decided_by');
        RETURN ARRAY[ROW('claim ' || ref, 'settles', person), ROW('decision ' || ref || '/0', 'decides', person)]::duties[];
    WHEN 'AppealRejected', 'AppealUpheld', 'RefundOrdered' THEN
        -- An appeal that is upheld is a new decision.
        SELECT count(*) INTO upheld FROM log_events AS e
            WHERE e.originator_id = stream AND e.originator_version < version
            AND e.topic = 'AppealUpheld'
            AND convert_from(e.state, 'UTF8')::jsonb -> 'event' @> jsonb_build_object(
                'line_no', event -> 'line_no', 'ref', event -> 'ref');
        person := coalesce(actor, event ->> 'decided_by');
        matter := 'decision ' || ref || '/';
        RETURN ARRAY[ROW(matter || upheld, 'answers', person)::duties]
            || CASE WHEN topic = 'AppealUpheld' THEN ROW(matter || upheld + 1, 'decides', person)::duties END;
    WHEN 'AmendmentRecommended' THEN
        person := coalesce(actor, event ->> 'recommended_by');
        RETURN ARRAY[ROW('amendment ' || stream || '/' || (event ->> 'ref'), 'recommends', person)]::duties[];
    WHEN 'CofinancingAmended', 'AmendmentRejected' THEN
        RETURN ARRAY[ROW('amendment ' || stream || '/' || (event ->> 'ref'), 'decides', actor)]::duties[];
    WHEN 'RolesAssigned', 'TeamAssigned' THEN
        matter := 'powers ' || stream || '/' || (event ->> 'person');
        RETURN ARRAY[ROW(matter, 'holds', event ->> 'person'), ROW(matter, 'gives', actor)]::duties[];
    ELSE
        RETURN '{}';
    END CASE;
END $$;

CREATE FUNCTION write_duties() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry jsonb := convert_from(NEW.state, 'UTF8')::jsonb;
    actor text := entry ->> 'actor';
    founded text;
    part duties;
    before text;
BEGIN
    IF NEW.topic IN ('RolesAssigned', 'TeamAssigned') THEN
        -- Whoever establishes a programme is given the role for it by the same command.
        SELECT convert_from(state, 'UTF8')::jsonb ->> 'command' INTO founded FROM log_events
            WHERE originator_id = NEW.originator_id AND topic = 'ProgrammeEstablished';
        IF founded = entry ->> 'command' THEN
            actor := NULL;
        END IF;
    END IF;
    FOREACH part IN ARRAY
        duties_of(NEW.originator_id, NEW.originator_version, NEW.topic, entry -> 'event', actor)
    LOOP
        CONTINUE WHEN part.person IS NULL;
        INSERT INTO duties VALUES (part.subject, part.duty, part.person) ON CONFLICT DO NOTHING;
        CONTINUE WHEN FOUND;
        SELECT duty INTO before FROM duties WHERE subject = part.subject AND person = part.person;
        IF before <> part.duty THEN
            RAISE EXCEPTION 'it takes two people: in the matter of %, % already %, and now %',
                part.subject, part.person, before, part.duty
                USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'two_people';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- What was stored before: by what the events themselves name, as the decisions remember it. Two parts of one
-- person from before this was asked for are history: the first is kept.
INSERT INTO duties
    SELECT part.subject, part.duty, part.person
    FROM log_events AS e
    CROSS JOIN LATERAL unnest(duties_of(
        originator_id, originator_version, topic, convert_from(state, 'UTF8')::jsonb -> 'event', NULL
    )) WITH ORDINALITY AS part
    WHERE part.person IS NOT NULL AND e.topic <> 'MeetingHeld'
    ORDER BY notification_id, part.ordinality
    ON CONFLICT DO NOTHING;
INSERT INTO duties
    SELECT part.subject, part.duty, part.person
    FROM log_events AS e
    CROSS JOIN LATERAL unnest(duties_of(
        originator_id, originator_version, topic, convert_from(state, 'UTF8')::jsonb -> 'event', NULL
    )) AS part
    WHERE e.topic = 'MeetingHeld'
    ON CONFLICT DO NOTHING;

CREATE TRIGGER write_duties AFTER INSERT ON log_events FOR EACH ROW WHEN (NEW.topic IN (
    'CaseRegistered', 'CaseReassigned', 'BudgetSubmitted', 'BudgetAssessed', 'MeetingHeld', 'LineGranted',
    'TrancheRequested', 'TrancheApproved', 'TrancheReleased', 'OutlayClaimed', 'ShareCharged',
    'ExpenseAttested', 'SupportMonthConfirmed', 'ExpenseApproved', 'ClaimRaised', 'ClaimWrittenOff',
    'ClaimDecided', 'AppealRejected', 'AppealUpheld', 'RefundOrdered', 'AmendmentRecommended',
    'CofinancingAmended', 'AmendmentRejected', 'RolesAssigned', 'TeamAssigned'
)) EXECUTE FUNCTION write_duties();
ALTER TABLE log_events ENABLE ALWAYS TRIGGER write_duties;
