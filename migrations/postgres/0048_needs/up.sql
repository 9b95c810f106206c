-- What is needed where by when. A row is what was stated of a need from its entry of the log on, until the next
-- revision of it; none is changed or deleted, so that every past figure can be asked again.
CREATE TABLE needs (
    id BYTEA PRIMARY KEY,
    need_id BYTEA NOT NULL,
    revision BIGINT NOT NULL CHECK (revision > 0),
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    item_id BYTEA NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    site_id BYTEA REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    area TEXT,
    country TEXT NOT NULL,
    needed_by TEXT NOT NULL,
    people BIGINT CHECK (people >= 0),
    priority TEXT NOT NULL,
    shelf_life_days BIGINT CHECK (shelf_life_days >= 0),
    source TEXT NOT NULL,
    organization_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
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

CREATE TRIGGER needs_refuse_change BEFORE UPDATE OR DELETE ON needs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER needs_refuse_truncate BEFORE TRUNCATE ON needs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
