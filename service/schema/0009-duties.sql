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
    RETURNS TABLE (subject text, duty text, person text) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
    line text := stream || '/' || coalesce(event ->> 'line_no', '');
    ref text := line || '/' || coalesce(event ->> 'ref', '');
    upheld bigint;
BEGIN
    CASE topic
    WHEN 'CaseRegistered', 'CaseReassigned' THEN
        RETURN QUERY VALUES ('budget ' || stream, 'prepares', event ->> 'caseworker');
    WHEN 'BudgetSubmitted' THEN
        RETURN QUERY VALUES ('budget ' || stream, 'prepares', coalesce(actor, event ->> 'submitted_by'));
    WHEN 'BudgetAssessed' THEN
        RETURN QUERY VALUES ('budget ' || stream, 'assesses', coalesce(actor, event ->> 'assessor'));
    WHEN 'MeetingHeld' THEN -- Who prepared the case may be there, and says nothing.
        RETURN QUERY SELECT 'budget ' || stream, 'assesses', attendee
            FROM jsonb_array_elements_text(event -> 'attendees') AS attendee
            WHERE NOT EXISTS (
                SELECT FROM duties AS d
                WHERE d.subject = 'budget ' || stream AND d.person = attendee AND d.duty = 'prepares'
            );
    WHEN 'LineGranted' THEN
        RETURN QUERY VALUES
            ('budget ' || stream, 'prepares', coalesce(actor, event ->> 'granted_by')),
            ('payments ' || line, 'grants', coalesce(actor, event ->> 'granted_by'));
    WHEN 'TrancheRequested' THEN
        RETURN QUERY VALUES ('tranche ' || ref, 'approves', coalesce(actor, event ->> 'requested_by'));
    WHEN 'TrancheApproved' THEN
        RETURN QUERY VALUES ('tranche ' || ref, 'approves', coalesce(actor, event ->> 'approver'));
    WHEN 'TrancheReleased' THEN
        RETURN QUERY VALUES
            ('tranche ' || ref, 'orders', coalesce(actor, event ->> 'released_by')),
            ('payments ' || line, 'orders', coalesce(actor, event ->> 'released_by'));
    WHEN 'OutlayClaimed', 'ShareCharged' THEN
        RETURN QUERY VALUES ('expense ' || ref, 'claims', event ->> 'claimed_by');
    WHEN 'ExpenseAttested', 'SupportMonthConfirmed' THEN
        RETURN QUERY VALUES ('expense ' || ref, 'attests', coalesce(actor, event ->> 'attester'));
    WHEN 'ExpenseApproved' THEN
        RETURN QUERY VALUES
            ('expense ' || ref, 'orders', coalesce(actor, event ->> 'approver')),
            ('payments ' || line, 'orders', coalesce(actor, event ->> 'approver'));
    WHEN 'ClaimRaised' THEN
        RETURN QUERY VALUES ('claim ' || ref, 'raises', coalesce(actor, event ->> 'raised_by'));
    WHEN 'ClaimWrittenOff' THEN
        RETURN QUERY SELECT 'claim ' || line || '/' || (event ->> 'claim'), 'settles', actor
            WHERE event ->> 'claim' IS NOT NULL;
    WHEN 'ClaimDecided', 'AppealRejected', 'AppealUpheld', 'RefundOrdered' THEN
        -- An appeal that is upheld is a new decision.
        SELECT count(*) INTO upheld FROM log_events AS e
            WHERE e.originator_id = stream AND e.originator_version < version
            AND e.topic = 'AppealUpheld'
            AND convert_from(e.state, 'UTF8')::jsonb -> 'event' @> jsonb_build_object(
                'line_no', event -> 'line_no', 'ref', event -> 'ref');
        IF topic = 'ClaimDecided' THEN
            RETURN QUERY VALUES
                ('claim ' || ref, 'settles', coalesce(actor, event ->> 'decided_by')),
                ('decision ' || ref || '/0', 'decides', coalesce(actor, event ->> 'decided_by'));
        ELSE
            RETURN QUERY VALUES
                ('decision ' || ref || '/' || upheld, 'answers', coalesce(actor, event ->> 'decided_by'));
        END IF;
        IF topic = 'AppealUpheld' THEN
            RETURN QUERY VALUES
                ('decision ' || ref || '/' || upheld + 1, 'decides', coalesce(actor, event ->> 'decided_by'));
        END IF;
    WHEN 'AmendmentRecommended' THEN
        RETURN QUERY VALUES ('amendment ' || stream || '/' || (event ->> 'ref'), 'recommends',
            coalesce(actor, event ->> 'recommended_by'));
    WHEN 'CofinancingAmended', 'AmendmentRejected' THEN
        RETURN QUERY VALUES ('amendment ' || stream || '/' || (event ->> 'ref'), 'decides', actor);
    WHEN 'RolesAssigned', 'TeamAssigned' THEN
        RETURN QUERY VALUES
            ('powers ' || stream || '/' || (event ->> 'person'), 'holds', event ->> 'person'),
            ('powers ' || stream || '/' || (event ->> 'person'), 'gives', actor);
    ELSE
        NULL;
    END CASE;
END $$;

CREATE FUNCTION write_duties() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry jsonb := convert_from(NEW.state, 'UTF8')::jsonb;
    founded text;
    part record;
    before text;
BEGIN
    IF NEW.topic IN ('RolesAssigned', 'TeamAssigned') THEN
        -- Whoever establishes a programme is given the role for it by the same command.
        SELECT convert_from(state, 'UTF8')::jsonb ->> 'command' INTO founded FROM log_events
            WHERE originator_id = NEW.originator_id AND topic = 'ProgrammeEstablished';
        IF founded = entry ->> 'command' THEN
            entry := entry - 'actor';
        END IF;
    END IF;
    FOR part IN SELECT * FROM duties_of(
        NEW.originator_id, NEW.originator_version, NEW.topic, entry -> 'event', entry ->> 'actor'
    ) AS found WHERE found.person IS NOT NULL LOOP
        SELECT duty INTO before FROM duties WHERE subject = part.subject AND person = part.person;
        IF before IS NULL THEN
            INSERT INTO duties VALUES (part.subject, part.duty, part.person);
        ELSIF before <> part.duty THEN
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
    CROSS JOIN LATERAL duties_of(
        originator_id, originator_version, topic, convert_from(state, 'UTF8')::jsonb -> 'event', NULL
    ) WITH ORDINALITY AS part
    WHERE part.person IS NOT NULL AND e.topic <> 'MeetingHeld'
    ORDER BY notification_id, part.ordinality
    ON CONFLICT DO NOTHING;
INSERT INTO duties
    SELECT part.subject, part.duty, part.person
    FROM log_events AS e
    CROSS JOIN LATERAL duties_of(
        originator_id, originator_version, topic, convert_from(state, 'UTF8')::jsonb -> 'event', NULL
    ) AS part
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
