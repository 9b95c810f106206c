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

-- None of them is changed or deleted.
CREATE TRIGGER item_standards_refuse_update BEFORE UPDATE ON item_standards BEGIN SELECT RAISE(ABORT, 'table item_standards is append-only'); END;
CREATE TRIGGER item_standards_refuse_delete BEFORE DELETE ON item_standards BEGIN SELECT RAISE(ABORT, 'table item_standards is append-only'); END;
