-- What stands in the way of the parts that run beside the web server, as told by whoever has the turn: for
-- those who ask from another process. No row: nothing. No case, no person, no text of an error.
CREATE SCHEMA beside;
CREATE TABLE beside.troubles (
    part text NOT NULL,
    item text NOT NULL, -- What of its work fails, while the rest goes on; empty: the part itself.
    says text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (part, item)
);
