-- A login: when it began, until when it may last, how it ended
CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_as TEXT,
    ended_by BLOB
);
CREATE INDEX sessions_open_by_user ON sessions (user_id) WHERE ended_at IS NULL;

-- What continues a session, as hashes only: it changes with each use, and the log does not tell of it
CREATE TABLE session_secrets (
    id BLOB PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) DEFERRABLE INITIALLY DEFERRED,
    present_hash BLOB NOT NULL,
    spent_hash BLOB,
    nonce BLOB,
    used_at BIGINT NOT NULL
);
CREATE INDEX session_secrets_by_session ON session_secrets (session_id);

-- One-time links by which a person sets a password
CREATE TABLE invitations (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    made_by BLOB NOT NULL,
    made_at BIGINT NOT NULL,
    good_until BIGINT NOT NULL,
    ended_at BIGINT,
    ended_as TEXT
);
CREATE INDEX invitations_open_by_user ON invitations (user_id) WHERE ended_at IS NULL;

-- What a user could do from when on, and who decided that
CREATE TABLE access_changes (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    since BIGINT NOT NULL,
    role TEXT NOT NULL,
    organization_id BLOB,
    country TEXT,
    disabled BOOLEAN NOT NULL,
    changed_by BLOB,
    changed_as TEXT NOT NULL
);
CREATE INDEX access_changes_by_user ON access_changes (user_id, since);
