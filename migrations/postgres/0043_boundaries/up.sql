-- Areas inside countries that somebody loaded. They are stated like what people are counted against: never edited, replaced
-- under their country and name by a newer statement, ended by a withdrawal.

-- The borders of one country's areas, by one source in one edition
CREATE TABLE boundaries (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
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
    sha256 BYTEA,
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
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
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
CREATE TRIGGER boundaries_refuse_change BEFORE UPDATE OR DELETE ON boundaries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER boundaries_refuse_truncate BEFORE TRUNCATE ON boundaries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER area_changes_refuse_change BEFORE UPDATE OR DELETE ON area_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER area_changes_refuse_truncate BEFORE TRUNCATE ON area_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
