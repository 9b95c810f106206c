-- What is claimed from whom for a loss or a disposal; it changes no quantity
CREATE TABLE claims (
    id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL,
    pledge_id BLOB,
    consignment_id BLOB,
    site_id BLOB,
    against_id BLOB NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX claims_by_event ON claims (event_id);

-- Each state of a claim, from which day on, and who said so
CREATE TABLE claim_changes (
    id BLOB PRIMARY KEY,
    claim_id BLOB NOT NULL REFERENCES claims (id) DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL,
    on_day TEXT NOT NULL,
    note TEXT,
    changed_by BLOB NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX claim_changes_by_claim ON claim_changes (claim_id);
