-- What is needed where by when. A row is what was stated of a need from its entry of the log on, until the next
-- revision of it; none is changed or deleted, so that every past figure can be asked again.
CREATE TABLE needs (
    id BLOB PRIMARY KEY,
    need_id BLOB NOT NULL,
    revision BIGINT NOT NULL CHECK (revision > 0),
    programme_id BLOB NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    site_id BLOB REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    area TEXT,
    country TEXT NOT NULL,
    needed_by TEXT NOT NULL,
    people BIGINT CHECK (people >= 0),
    priority TEXT NOT NULL,
    shelf_life_days BIGINT CHECK (shelf_life_days >= 0),
    source TEXT NOT NULL,
    organization_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    reference TEXT,
    note TEXT,
    circulated BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (need_id, revision),
    UNIQUE (need_id, sequence),
    CHECK ((site_id IS NULL) <> (area IS NULL))
);
CREATE INDEX needs_by_programme ON needs (programme_id, item_id);
CREATE INDEX needs_by_country ON needs (country);
CREATE INDEX needs_by_organization ON needs (organization_id);
CREATE INDEX needs_by_day ON needs (needed_by, need_id);

CREATE TRIGGER needs_refuse_update BEFORE UPDATE ON needs BEGIN SELECT RAISE(ABORT, 'table needs is append-only'); END;
CREATE TRIGGER needs_refuse_delete BEFORE DELETE ON needs BEGIN SELECT RAISE(ABORT, 'table needs is append-only'); END;
