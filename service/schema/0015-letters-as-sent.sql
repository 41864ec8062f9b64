-- Letters as they were handed over, byte for byte. The files are sealed with the citizen's key; these rows go
-- with those of the files, so that nothing tells of a letter's bytes once the citizen is forgotten.
CREATE TABLE letters.copies (
    position bigint NOT NULL REFERENCES letters.letters,
    sha256 text NOT NULL,
    subject text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'digital_post')),
    kept_at timestamptz NOT NULL DEFAULT now(), -- Before it was handed over, at the latest try.
    sent_at timestamptz, -- Null: whether it was taken is not known.
    PRIMARY KEY (position, sha256),
    FOREIGN KEY (sha256, subject) REFERENCES people.files ON DELETE CASCADE
);
CREATE INDEX copies_file ON letters.copies (sha256, subject);
