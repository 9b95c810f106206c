-- Refused updates that somebody has dealt with
CREATE TABLE dismissals (
    event_id BYTEA PRIMARY KEY,
    reason TEXT NOT NULL,
    dismissed_by BYTEA NOT NULL,
    dismissed_at BIGINT NOT NULL
);
