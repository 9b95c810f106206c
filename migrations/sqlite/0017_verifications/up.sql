-- From when on a hand-over was verified and by what, and when and why that ended
CREATE TABLE verifications (
    id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL,
    how TEXT NOT NULL,
    document_id BLOB,
    since BIGINT NOT NULL,
    ended_at BIGINT,
    ended_as TEXT
);
CREATE INDEX verifications_by_event ON verifications (event_id);
