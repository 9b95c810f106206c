-- A key by which a machine calls: its row among the users says what it may do, this one until when
CREATE TABLE api_keys (
    id BYTEA PRIMARY KEY,
    user_id BYTEA NOT NULL UNIQUE REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    prefix TEXT NOT NULL UNIQUE,
    secret_hash BYTEA NOT NULL,
    made_by BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    good_until BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by BYTEA
);

-- When a key was last used: it changes with use, and the log does not tell of it
CREATE TABLE api_key_uses (
    id BYTEA PRIMARY KEY REFERENCES api_keys (id) DEFERRABLE INITIALLY DEFERRED,
    used_at BIGINT NOT NULL
);
