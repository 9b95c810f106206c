-- What is agreed and asked for around a consignment: the consignee's green light, papers for customs, freight, packages. Each
-- statement stays; the newest of what it is about counts. And which papers a country asks for, and what a load can carry.
CREATE TABLE consignment_terms (
    id BLOB PRIMARY KEY,
    consignment_id BLOB NOT NULL REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL,
    country TEXT,
    document TEXT,
    reference TEXT,
    on_day TEXT,
    leg_id BLOB,
    payer_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    minor BIGINT,
    currency TEXT,
    total BIGINT,
    mark TEXT,
    gross_weight_g BIGINT,
    volume_cm3 BIGINT,
    unit_id BLOB,
    note TEXT,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX consignment_terms_by_consignment ON consignment_terms (consignment_id);

CREATE TABLE customs_requirements (
    id BLOB PRIMARY KEY,
    about BLOB NOT NULL,
    country TEXT NOT NULL,
    document TEXT NOT NULL,
    wanted BOOLEAN NOT NULL,
    note TEXT,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX customs_requirements_by_about ON customs_requirements (about);

CREATE TABLE load_limits (
    id BLOB PRIMARY KEY,
    load_id BLOB NOT NULL REFERENCES loads (id) DEFERRABLE INITIALLY DEFERRED,
    gross_weight_g BIGINT,
    volume_cm3 BIGINT,
    is_hard BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX load_limits_by_load ON load_limits (load_id);

CREATE TRIGGER consignment_terms_refuse_update BEFORE UPDATE ON consignment_terms BEGIN SELECT RAISE(ABORT, 'table consignment_terms is append-only'); END;
CREATE TRIGGER consignment_terms_refuse_delete BEFORE DELETE ON consignment_terms BEGIN SELECT RAISE(ABORT, 'table consignment_terms is append-only'); END;
CREATE TRIGGER customs_requirements_refuse_update BEFORE UPDATE ON customs_requirements BEGIN SELECT RAISE(ABORT, 'table customs_requirements is append-only'); END;
CREATE TRIGGER customs_requirements_refuse_delete BEFORE DELETE ON customs_requirements BEGIN SELECT RAISE(ABORT, 'table customs_requirements is append-only'); END;
CREATE TRIGGER load_limits_refuse_update BEFORE UPDATE ON load_limits BEGIN SELECT RAISE(ABORT, 'table load_limits is append-only'); END;
CREATE TRIGGER load_limits_refuse_delete BEFORE DELETE ON load_limits BEGIN SELECT RAISE(ABORT, 'table load_limits is append-only'); END;
