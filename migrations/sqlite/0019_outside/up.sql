-- Whom an outside issuer means by a subject
CREATE TABLE outside_identities (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL UNIQUE REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    salt BLOB
);
