-- What people are counted against is stated and never edited: a newer statement of the same thing counts from its entry
-- on, and a withdrawal ends it. `sequence` and `recorded_at` are those of the entry that tells of it.

-- Standards of items. Sequence 0 is what an item said before its statements were kept.
CREATE TABLE item_standards (
    id BYTEA PRIMARY KEY,
    item_id BYTEA NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT,
    quantity BIGINT CHECK (quantity > 0),
    persons BIGINT CHECK (persons > 0),
    days BIGINT CHECK (days > 0),
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (item_id, sequence),
    CHECK (withdrawn = (kind IS NULL) AND withdrawn = (quantity IS NULL) AND withdrawn = (persons IS NULL))
);

-- How many people there are, by one source in one version
CREATE TABLE populations (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    ordinal BIGINT NOT NULL,
    area TEXT NOT NULL,
    country TEXT,
    people_group TEXT NOT NULL,
    year BIGINT NOT NULL,
    source TEXT NOT NULL,
    source_version TEXT NOT NULL,
    people BIGINT CHECK (people >= 0),
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (people IS NULL))
);
CREATE INDEX populations_by_country ON populations (country, sequence, ordinal);
CREATE INDEX populations_by_area ON populations (area, sequence, ordinal);

-- How many people a programme means to reach
CREATE TABLE targets (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    ordinal BIGINT NOT NULL,
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    area TEXT NOT NULL,
    country TEXT,
    people_group TEXT NOT NULL,
    sector TEXT NOT NULL,
    caseload TEXT,
    people BIGINT CHECK (people >= 0),
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (people IS NULL))
);
CREATE INDEX targets_by_programme ON targets (programme_id, sequence, ordinal);

-- Which people a programme serves again and again
CREATE TABLE caseloads (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    ordinal BIGINT NOT NULL,
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    code TEXT NOT NULL,
    name TEXT,
    is_disjoint BOOLEAN,
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (name IS NULL) AND withdrawn = (is_disjoint IS NULL))
);
CREATE INDEX caseloads_by_programme ON caseloads (programme_id, sequence, ordinal);

-- In which days a caseload is served once
CREATE TABLE rounds (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    ordinal BIGINT NOT NULL,
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    caseload TEXT NOT NULL,
    code TEXT NOT NULL,
    from_day TEXT,
    to_day TEXT,
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (from_day IS NULL) AND withdrawn = (to_day IS NULL))
);
CREATE INDEX rounds_by_programme ON rounds (programme_id, sequence, ordinal);

-- How files are read
CREATE TABLE mappings (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    ordinal BIGINT NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    text TEXT,
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (title IS NULL) AND withdrawn = (text IS NULL))
);

-- None of them is changed or deleted.
CREATE TRIGGER item_standards_refuse_change BEFORE UPDATE OR DELETE ON item_standards FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER item_standards_refuse_truncate BEFORE TRUNCATE ON item_standards FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER populations_refuse_change BEFORE UPDATE OR DELETE ON populations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER populations_refuse_truncate BEFORE TRUNCATE ON populations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER targets_refuse_change BEFORE UPDATE OR DELETE ON targets FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER targets_refuse_truncate BEFORE TRUNCATE ON targets FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER caseloads_refuse_change BEFORE UPDATE OR DELETE ON caseloads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER caseloads_refuse_truncate BEFORE TRUNCATE ON caseloads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rounds_refuse_change BEFORE UPDATE OR DELETE ON rounds FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rounds_refuse_truncate BEFORE TRUNCATE ON rounds FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mappings_refuse_change BEFORE UPDATE OR DELETE ON mappings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mappings_refuse_truncate BEFORE TRUNCATE ON mappings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
