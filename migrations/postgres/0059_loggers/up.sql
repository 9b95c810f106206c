-- Files of temperatures that loggers recorded, what became of them, and which storage classes a site can keep. Nothing of
-- them is changed or deleted.
CREATE TABLE logger_files (
    id BYTEA PRIMARY KEY,
    watch_id BYTEA NOT NULL,
    device TEXT NOT NULL,
    site_id BYTEA REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    consignment_id BYTEA REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    leg_id BYTEA REFERENCES legs (id) DEFERRABLE INITIALLY DEFERRED,
    item_id BYTEA NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    lot_id BYTEA,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    allowed_minutes BIGINT NOT NULL,
    readings BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    lowest BIGINT NOT NULL,
    highest BIGINT NOT NULL,
    longest_minutes BIGINT NOT NULL,
    excursion_from BIGINT,
    excursion_until BIGINT,
    outside_since BIGINT,
    held BIGINT NOT NULL,
    holds BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    uploaded_by BYTEA NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    CHECK ((site_id IS NULL) <> (consignment_id IS NULL)),
    CHECK (low < high AND lowest <= highest AND from_at <= to_at AND readings > 0)
);
CREATE INDEX logger_files_by_watch ON logger_files (watch_id, to_at);
CREATE INDEX logger_files_by_site ON logger_files (site_id) WHERE site_id IS NOT NULL;
CREATE INDEX logger_files_by_consignment ON logger_files (consignment_id) WHERE consignment_id IS NOT NULL;

CREATE TABLE logger_contents (
    id BYTEA PRIMARY KEY REFERENCES logger_files (id) DEFERRABLE INITIALLY DEFERRED,
    content BYTEA NOT NULL
);

CREATE TABLE site_storages (
    id BYTEA PRIMARY KEY,
    site_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    classes TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (site_id, sequence)
);

CREATE TRIGGER logger_files_refuse_change BEFORE UPDATE OR DELETE ON logger_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER logger_files_refuse_truncate BEFORE TRUNCATE ON logger_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER logger_contents_refuse_change BEFORE UPDATE OR DELETE ON logger_contents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER logger_contents_refuse_truncate BEFORE TRUNCATE ON logger_contents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER site_storages_refuse_change BEFORE UPDATE OR DELETE ON site_storages FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER site_storages_refuse_truncate BEFORE TRUNCATE ON site_storages FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
