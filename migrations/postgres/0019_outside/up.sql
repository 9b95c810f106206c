-- Whom an outside issuer means by a subject
CREATE TABLE outside_identities (
    id BYTEA PRIMARY KEY,
    user_id BYTEA NOT NULL UNIQUE REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    salt BYTEA
);
