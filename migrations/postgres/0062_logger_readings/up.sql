-- What files of loggers first told, reading by reading, so that parts that come out of order or overlap say together what one
-- file would; and which stretches outside were acted on already. Nothing of it is changed or deleted.
CREATE TABLE logger_readings (
    id BYTEA PRIMARY KEY REFERENCES logger_files (id) DEFERRABLE INITIALLY DEFERRED,
    watch_id BYTEA NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    readings BYTEA NOT NULL,
    acted_from BIGINT,
    acted_until BIGINT,
    CHECK (from_at <= to_at AND (acted_from IS NULL) = (acted_until IS NULL))
);
CREATE INDEX logger_readings_by_watch ON logger_readings (watch_id, to_at);

CREATE TRIGGER logger_readings_refuse_change BEFORE UPDATE OR DELETE ON logger_readings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER logger_readings_refuse_truncate BEFORE TRUNCATE ON logger_readings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
