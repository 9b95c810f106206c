-- What is claimed from whom for a loss or a disposal; it changes no quantity
CREATE TABLE claims (
    id BYTEA PRIMARY KEY,
    event_id BYTEA NOT NULL,
    pledge_id BYTEA,
    consignment_id BYTEA,
    site_id BYTEA,
    against_id BYTEA NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BYTEA PRIMARY KEY,
    claim_id BYTEA NOT NULL REFERENCES claims (id) DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL,
    on_day TEXT NOT NULL,
    note TEXT,
    changed_by BYTEA NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX claim_changes_by_claim ON claim_changes (claim_id);
