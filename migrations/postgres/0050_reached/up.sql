-- Whom lines of distributions reached, as it was said with them or with what corrects them. The keyed hashes of registered
-- people are made outside the database.
CREATE TABLE reached_lines (
    id BYTEA PRIMARY KEY,
    event_id BYTEA NOT NULL,
    stated_by BYTEA NOT NULL,
    ordinal BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    item_id BYTEA NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    site_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    consignment_id BYTEA REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    programme_id BYTEA,
    country TEXT,
    area TEXT,
    sector TEXT,
    caseload TEXT,
    round TEXT,
    people_group TEXT NOT NULL,
    people BIGINT CHECK (people >= 0),
    households BIGINT CHECK (households >= 0),
    household_thousandths BIGINT CHECK (household_thousandths > 0),
    registered BYTEA,
    tags TEXT,
    occurred_at BIGINT NOT NULL,
    effective_at BIGINT NOT NULL,
    UNIQUE (stated_by, ordinal),
    UNIQUE (sequence, ordinal)
);
CREATE INDEX reached_lines_by_event ON reached_lines (event_id);
CREATE INDEX reached_lines_by_country ON reached_lines (country, sequence);

-- People whom others counted: a newer statement of the same record counts from its entry on, and a withdrawal ends it.
CREATE TABLE headcounts (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    ordinal BIGINT NOT NULL,
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    source TEXT NOT NULL,
    reference TEXT NOT NULL,
    area TEXT,
    country TEXT,
    is_unplaced BOOLEAN,
    sector TEXT,
    organization TEXT,
    people_group TEXT,
    people BIGINT CHECK (people >= 0),
    status TEXT,
    from_day TEXT,
    to_day TEXT,
    caseload TEXT,
    round TEXT,
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (people IS NULL) AND withdrawn = (area IS NULL))
);
CREATE INDEX headcounts_by_programme ON headcounts (programme_id, sequence, ordinal);
CREATE INDEX headcounts_by_country ON headcounts (country, sequence, ordinal);

-- None of them is changed or deleted.
CREATE TRIGGER reached_lines_refuse_change BEFORE UPDATE OR DELETE ON reached_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reached_lines_refuse_truncate BEFORE TRUNCATE ON reached_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER headcounts_refuse_change BEFORE UPDATE OR DELETE ON headcounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER headcounts_refuse_truncate BEFORE TRUNCATE ON headcounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
