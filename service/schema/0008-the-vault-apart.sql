-- Keys that may be in another database and are in no backup of the log's; and who looked at whom.

-- What is sealed is here, its key may be elsewhere.
ALTER TABLE people.words DROP CONSTRAINT words_subject_fkey;
ALTER TABLE people.files DROP CONSTRAINT files_subject_fkey;
CREATE INDEX words_subject ON people.words (subject);
CREATE INDEX files_subject ON people.files (subject);
-- Whose key was destroyed: it is never made anew, nor brought back from a backup.
CREATE TABLE people.destroyed (
    subject text PRIMARY KEY,
    destroyed_at timestamptz NOT NULL DEFAULT now()
);

-- The log says it, and services look for it when they start.
CREATE INDEX log_events_forgotten ON log_events (notification_id) WHERE topic = 'CitizenForgotten';

-- Every look at a person, written before it is answered. Nothing of the person is in it.
CREATE TABLE people.looks (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    roles text NOT NULL,
    means text NOT NULL, -- How they were signed in.
    subject text NOT NULL,
    case_no text NOT NULL,
    programme text NOT NULL,
    what text NOT NULL,
    why text NOT NULL -- The route or the command that asked.
);
CREATE INDEX looks_subject ON people.looks (subject, number);
CREATE INDEX looks_programme ON people.looks (programme, number);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people.looks
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE people.looks ENABLE ALWAYS TRIGGER append_only;
