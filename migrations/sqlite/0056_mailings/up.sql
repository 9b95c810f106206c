-- Who is written to, or is asked whether to be: about what, with whose rights, and where, which is sealed and forgotten when it
-- ends
CREATE TABLE mailings (
    id BLOB PRIMARY KEY,
    about TEXT NOT NULL,
    consignment_id BLOB REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    user_id BLOB REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    days BIGINT NOT NULL CHECK (days > 0),
    address BLOB,
    address_key TEXT,
    asked_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    ended_at BIGINT,
    CHECK ((address IS NULL) = (ended_at IS NOT NULL)),
    CHECK ((consignment_id IS NULL) <> (user_id IS NULL))
);
CREATE INDEX mailings_by_consignment ON mailings (consignment_id);
CREATE INDEX mailings_by_user ON mailings (user_id);
CREATE INDEX mailings_by_address ON mailings (address_key);
CREATE INDEX mailings_unconfirmed ON mailings (asked_at) WHERE confirmed_at IS NULL AND ended_at IS NULL;
