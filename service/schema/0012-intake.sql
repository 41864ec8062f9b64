-- The queue of pictures: those that wait, that can't be read or that a person has still to look at are few
-- among all that there ever were.
CREATE INDEX rows_of_intake ON projections.rows (projection, generation, (body ->> 'state'))
    WHERE projection LIKE 'intake-%' AND (body ->> 'state' IN ('waiting', 'unreadable') OR body ->> 'open' = 'true');
CREATE INDEX rows_of_intake_by_case ON projections.rows (projection, generation, (body ->> 'case_no'))
    WHERE projection LIKE 'intake-%';
