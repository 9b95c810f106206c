-- Sheets on which a site is counted, as of a minute. Nothing of one changes once it was submitted, but that it was
-- posted or voided.
CREATE TABLE count_sheets (
    id BYTEA PRIMARY KEY,
    site_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    as_of BIGINT NOT NULL,
    blind BOOLEAN NOT NULL,
    whole BOOLEAN NOT NULL,
    programme_id BYTEA,
    note TEXT,
    body_hash BYTEA NOT NULL,
    known_at BIGINT NOT NULL,
    opened_by BYTEA NOT NULL,
    opened_at BIGINT NOT NULL,
    submitted_by BYTEA,
    submitted_at BIGINT,
    submitted_known_at BIGINT,
    event_id BYTEA,
    posted_by BYTEA,
    posted_at BIGINT,
    voided_by BYTEA,
    voided_at BIGINT,
    void_reason TEXT,
    revision BIGINT NOT NULL,
    CHECK (event_id IS NULL OR submitted_at IS NOT NULL)
);
CREATE INDEX count_sheets_by_site ON count_sheets (site_id, id);

-- What a sheet lists, and what was counted of it
CREATE TABLE count_lines (
    id BYTEA PRIMARY KEY,
    sheet_id BYTEA NOT NULL REFERENCES count_sheets (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    item_id BYTEA NOT NULL,
    lot_id BYTEA NOT NULL,
    lot TEXT,
    condition INTEGER NOT NULL,
    expected BIGINT NOT NULL CHECK (expected >= 0),
    found BOOLEAN NOT NULL,
    counted BIGINT CHECK (counted >= 0),
    counted_by BYTEA,
    counted_at BIGINT,
    UNIQUE (sheet_id, ordinal),
    UNIQUE (sheet_id, item_id, lot_id, condition)
);

-- Every heap that lies or ever lay at a site: what cards and sheets follow back in time. What it indexes of a heap
-- never changes.
CREATE INDEX balances_at_site ON balances (site_id, item_id) WHERE site_id IS NOT NULL;
