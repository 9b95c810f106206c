-- Who is told of events at an address on the network: whose it is, where, of which kinds of event; the secret is sealed
CREATE TABLE webhooks (
    id BYTEA PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    url TEXT NOT NULL,
    kinds TEXT,
    secret BYTEA,
    earlier_secret BYTEA,
    earlier_until BIGINT,
    paused BOOLEAN NOT NULL,
    made_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT,
    revision BIGINT NOT NULL CHECK (revision > 0),
    CHECK ((secret IS NULL) = (removed_at IS NOT NULL))
);
CREATE INDEX webhooks_by_user ON webhooks (user_id);

-- How far somebody was told, who is a row of another table with the same key. It changes with each telling, and the log
-- does not tell of it
CREATE TABLE outlets (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    told_through BIGINT NOT NULL CHECK (told_through >= 0),
    due_at BIGINT,
    failures BIGINT NOT NULL CHECK (failures >= 0),
    resting_until BIGINT NOT NULL,
    tried_at BIGINT,
    taken_at BIGINT,
    error TEXT,
    noted TEXT
);

-- What was not taken: told again at a time, or, where there is none any more, kept for somebody to have it told again
CREATE TABLE letters (
    id BYTEA PRIMARY KEY,
    outlet_id BYTEA NOT NULL REFERENCES outlets (id) DEFERRABLE INITIALLY DEFERRED,
    after_sequence BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    attempts BIGINT NOT NULL CHECK (attempts >= 0),
    next_at BIGINT,
    error TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    UNIQUE (outlet_id, sequence),
    CHECK (after_sequence < sequence)
);
CREATE INDEX letters_by_time ON letters (outlet_id, next_at);
CREATE INDEX letters_due ON letters (next_at) WHERE next_at IS NOT NULL;

-- Which of several processes tells, and until when
CREATE TABLE tellers (
    id INTEGER PRIMARY KEY,
    held_by BIGINT NOT NULL,
    held_until BIGINT NOT NULL
);
