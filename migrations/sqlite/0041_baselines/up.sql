-- What people are counted against is stated and never edited: a newer statement of the same thing counts from its entry
-- on, and a withdrawal ends it. `sequence` and `recorded_at` are those of the entry that tells of it.

-- Standards of items. Sequence 0 is what an item said before its statements were kept.
CREATE TABLE item_standards (
    id BLOB PRIMARY KEY,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    batch_id BLOB NOT NULL,
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
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    ordinal BIGINT NOT NULL,
    programme_id BLOB NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    ordinal BIGINT NOT NULL,
    programme_id BLOB NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    ordinal BIGINT NOT NULL,
    programme_id BLOB NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    batch_id BLOB NOT NULL,
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
CREATE TRIGGER item_standards_refuse_update BEFORE UPDATE ON item_standards BEGIN SELECT RAISE(ABORT, 'table item_standards is append-only'); END;
CREATE TRIGGER item_standards_refuse_delete BEFORE DELETE ON item_standards BEGIN SELECT RAISE(ABORT, 'table item_standards is append-only'); END;
CREATE TRIGGER populations_refuse_update BEFORE UPDATE ON populations BEGIN SELECT RAISE(ABORT, 'table populations is append-only'); END;
CREATE TRIGGER populations_refuse_delete BEFORE DELETE ON populations BEGIN SELECT RAISE(ABORT, 'table populations is append-only'); END;
CREATE TRIGGER targets_refuse_update BEFORE UPDATE ON targets BEGIN SELECT RAISE(ABORT, 'table targets is append-only'); END;
CREATE TRIGGER targets_refuse_delete BEFORE DELETE ON targets BEGIN SELECT RAISE(ABORT, 'table targets is append-only'); END;
CREATE TRIGGER caseloads_refuse_update BEFORE UPDATE ON caseloads BEGIN SELECT RAISE(ABORT, 'table caseloads is append-only'); END;
CREATE TRIGGER caseloads_refuse_delete BEFORE DELETE ON caseloads BEGIN SELECT RAISE(ABORT, 'table caseloads is append-only'); END;
CREATE TRIGGER rounds_refuse_update BEFORE UPDATE ON rounds BEGIN SELECT RAISE(ABORT, 'table rounds is append-only'); END;
CREATE TRIGGER rounds_refuse_delete BEFORE DELETE ON rounds BEGIN SELECT RAISE(ABORT, 'table rounds is append-only'); END;
CREATE TRIGGER mappings_refuse_update BEFORE UPDATE ON mappings BEGIN SELECT RAISE(ABORT, 'table mappings is append-only'); END;
CREATE TRIGGER mappings_refuse_delete BEFORE DELETE ON mappings BEGIN SELECT RAISE(ABORT, 'table mappings is append-only'); END;
