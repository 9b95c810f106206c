-- What answers a need: a line of a pledge, or a consignment. A row counts from its entry of the log on, until the next one
-- about the same need and the same goods; 0 ends it. None is changed or deleted.
CREATE TABLE need_matches (
    id BLOB PRIMARY KEY,
    need_id BLOB NOT NULL,
    subject_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (need_id, subject_id, sequence)
);
CREATE INDEX need_matches_by_subject ON need_matches (subject_id);

CREATE TRIGGER need_matches_refuse_update BEFORE UPDATE ON need_matches BEGIN SELECT RAISE(ABORT, 'table need_matches is append-only'); END;
CREATE TRIGGER need_matches_refuse_delete BEFORE DELETE ON need_matches BEGIN SELECT RAISE(ABORT, 'table need_matches is append-only'); END;
