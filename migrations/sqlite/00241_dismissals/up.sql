-- Refused updates that somebody has dealt with
CREATE TABLE dismissals (
    event_id BLOB PRIMARY KEY,
    reason TEXT NOT NULL,
    dismissed_by BLOB NOT NULL,
    dismissed_at BIGINT NOT NULL
);
