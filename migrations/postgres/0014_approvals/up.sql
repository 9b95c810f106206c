-- What one person proposed and another decided
CREATE TABLE approvals (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    subject_id BYTEA NOT NULL,
    pledge_id BYTEA,
    consignment_id BYTEA,
    site_id BYTEA,
    quantity BIGINT NOT NULL,
    limit_units BIGINT,
    body TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    effect TEXT NOT NULL,
    result TEXT NOT NULL,
    reason TEXT,
    proposed_by BYTEA NOT NULL,
    proposed_as TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    decided_by BYTEA,
    decided_as TEXT,
    decided_at BIGINT,
    decided_reason TEXT,
    -- Nobody decides what the same person proposed.
    CHECK (state NOT IN ('approved', 'refused') OR (decided_by IS NOT NULL AND decided_by <> proposed_by))
);
CREATE INDEX approvals_by_subject ON approvals (subject_id);
CREATE INDEX approvals_open ON approvals (id) WHERE state = 'proposed';
CREATE INDEX approvals_by_consignment ON approvals (consignment_id) WHERE consignment_id IS NOT NULL;
