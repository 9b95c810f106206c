-- A key by which a machine calls: its row among the users says what it may do, this one until when
CREATE TABLE api_keys (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL UNIQUE REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    prefix TEXT NOT NULL UNIQUE,
    secret_hash BLOB NOT NULL,
    made_by BLOB NOT NULL,
    made_at BIGINT NOT NULL,
    good_until BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by BLOB
);

-- When a key was last used: it changes with use, and the log does not tell of it
CREATE TABLE api_key_uses (
    id BLOB PRIMARY KEY REFERENCES api_keys (id) DEFERRABLE INITIALLY DEFERRED,
    used_at BIGINT NOT NULL
);
