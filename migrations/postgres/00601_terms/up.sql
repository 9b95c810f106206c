-- What is agreed and asked for around a consignment: the consignee's green light, papers for customs, freight, packages. Each
-- statement stays; the newest of what it is about counts. And which papers a country asks for, and what a load can carry.
CREATE TABLE consignment_terms (
    id BYTEA PRIMARY KEY,
    consignment_id BYTEA NOT NULL REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL,
    country TEXT,
    document TEXT,
    reference TEXT,
    on_day TEXT,
    leg_id BYTEA,
    payer_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    minor BIGINT,
    currency TEXT,
    total BIGINT,
    mark TEXT,
    gross_weight_g BIGINT,
    volume_cm3 BIGINT,
    unit_id BYTEA,
    note TEXT,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX consignment_terms_by_consignment ON consignment_terms (consignment_id);

CREATE TABLE customs_requirements (
    id BYTEA PRIMARY KEY,
    about BYTEA NOT NULL,
    country TEXT NOT NULL,
    document TEXT NOT NULL,
    wanted BOOLEAN NOT NULL,
    note TEXT,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX customs_requirements_by_about ON customs_requirements (about);

CREATE TABLE load_limits (
    id BYTEA PRIMARY KEY,
    load_id BYTEA NOT NULL REFERENCES loads (id) DEFERRABLE INITIALLY DEFERRED,
    gross_weight_g BIGINT,
    volume_cm3 BIGINT,
    is_hard BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX load_limits_by_load ON load_limits (load_id);

CREATE TRIGGER consignment_terms_refuse_change BEFORE UPDATE OR DELETE ON consignment_terms FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consignment_terms_refuse_truncate BEFORE TRUNCATE ON consignment_terms FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER customs_requirements_refuse_change BEFORE UPDATE OR DELETE ON customs_requirements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER customs_requirements_refuse_truncate BEFORE TRUNCATE ON customs_requirements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER load_limits_refuse_change BEFORE UPDATE OR DELETE ON load_limits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER load_limits_refuse_truncate BEFORE TRUNCATE ON load_limits FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
