-- Areas inside countries that somebody loaded. They are stated like what people are counted against: never edited, replaced
-- under their country and name by a newer statement, ended by a withdrawal.

-- The borders of one country's areas, by one source in one edition
CREATE TABLE boundaries (
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    ordinal BIGINT NOT NULL,
    country TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT,
    licence TEXT,
    valid_from TEXT,
    valid_to TEXT,
    code_property TEXT,
    name_property TEXT,
    areas BIGINT CHECK (areas > 0),
    sha256 BLOB,
    content TEXT,
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (source IS NULL) AND withdrawn = (licence IS NULL) AND withdrawn = (areas IS NULL)
        AND withdrawn = (sha256 IS NULL) AND withdrawn = (content IS NULL))
);
CREATE INDEX boundaries_by_country ON boundaries (country, sequence, ordinal);

-- Which code of an area followed which
CREATE TABLE area_changes (
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    ordinal BIGINT NOT NULL,
    from_code TEXT NOT NULL,
    to_code TEXT NOT NULL,
    on_day TEXT,
    source TEXT,
    withdrawn BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (about, sequence),
    UNIQUE (sequence, ordinal),
    CHECK (withdrawn = (on_day IS NULL) AND withdrawn = (source IS NULL))
);

-- None of them is changed or deleted.
CREATE TRIGGER boundaries_refuse_update BEFORE UPDATE ON boundaries BEGIN SELECT RAISE(ABORT, 'table boundaries is append-only'); END;
CREATE TRIGGER boundaries_refuse_delete BEFORE DELETE ON boundaries BEGIN SELECT RAISE(ABORT, 'table boundaries is append-only'); END;
CREATE TRIGGER area_changes_refuse_update BEFORE UPDATE ON area_changes BEGIN SELECT RAISE(ABORT, 'table area_changes is append-only'); END;
CREATE TRIGGER area_changes_refuse_delete BEFORE DELETE ON area_changes BEGIN SELECT RAISE(ABORT, 'table area_changes is append-only'); END;
