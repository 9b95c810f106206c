-- What is not to be sent where, why, and from when until when. It is begun by a row and ended by a second one; neither is
-- changed or deleted.
CREATE TABLE unwanted (
    id BYTEA PRIMARY KEY,
    unwanted_id BYTEA NOT NULL,
    about BYTEA NOT NULL,
    item_id BYTEA REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    category TEXT,
    area TEXT,
    reason TEXT NOT NULL,
    from_day TEXT NOT NULL,
    until_day TEXT,
    ended BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (unwanted_id, sequence),
    CHECK ((item_id IS NULL) <> (category IS NULL))
);
CREATE INDEX unwanted_by_about ON unwanted (about);

CREATE TRIGGER unwanted_refuse_change BEFORE UPDATE OR DELETE ON unwanted FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER unwanted_refuse_truncate BEFORE TRUNCATE ON unwanted FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
