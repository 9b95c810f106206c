-- What things are -----------------------------------------------------------------------------------

CREATE TABLE organizations (
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    reference TEXT UNIQUE,
    country TEXT,
    is_donor BOOLEAN NOT NULL,
    is_consignor BOOLEAN NOT NULL,
    is_consignee BOOLEAN NOT NULL,
    is_carrier BOOLEAN NOT NULL,
    is_partner BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE items (
    id BYTEA PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    base_unit TEXT NOT NULL,
    category TEXT NOT NULL,
    sector TEXT,
    hs_code TEXT,
    shelf_life_days BIGINT,
    storage_class TEXT NOT NULL,
    standard_kind TEXT,
    standard_quantity BIGINT,
    standard_persons BIGINT,
    standard_days BIGINT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE packs (
    id BYTEA PRIMARY KEY,
    item_id BYTEA NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    numerator BIGINT NOT NULL CHECK (numerator > 0),
    denominator BIGINT NOT NULL CHECK (denominator > 0),
    gross_weight_g BIGINT,
    length_mm BIGINT,
    width_mm BIGINT,
    height_mm BIGINT,
    UNIQUE (item_id, name)
);

CREATE TABLE lots (
    id BYTEA PRIMARY KEY,
    item_id BYTEA NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    number TEXT NOT NULL,
    expires_on TEXT,
    recalled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (item_id, number)
);

CREATE TABLE sites (
    id BYTEA PRIMARY KEY,
    code TEXT UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    country TEXT NOT NULL,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    locode TEXT,
    area_code TEXT,
    operator_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE programmes (
    id BYTEA PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sensitive BOOLEAN NOT NULL,
    synthetic BOOLEAN NOT NULL,
    focus_areas TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What others said; never added to what is computed here.
CREATE TABLE reported_figures (
    id BYTEA PRIMARY KEY,
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    section TEXT NOT NULL,
    figure TEXT NOT NULL,
    value BIGINT NOT NULL,
    qualifier TEXT,
    unit TEXT NOT NULL,
    as_of TEXT NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (programme_id, section, figure, as_of)
);

CREATE TABLE users (
    id BYTEA PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    organization_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    country TEXT,
    disabled BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The flow -------------------------------------------------------------------------------------------

CREATE TABLE pledges (
    id BYTEA PRIMARY KEY,
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    donor_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reference TEXT,
    offered_at BIGINT NOT NULL,
    note TEXT,
    reason TEXT,
    link_hash BYTEA UNIQUE,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (programme_id, reference)
);

CREATE TABLE pledge_lines (
    id BYTEA PRIMARY KEY,
    pledge_id BYTEA NOT NULL REFERENCES pledges (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    item_id BYTEA NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    offered BIGINT NOT NULL CHECK (offered >= 0),
    accepted BIGINT NOT NULL CHECK (accepted >= 0),
    earmark_country TEXT,
    title_passes TEXT NOT NULL,
    value_minor BIGINT,
    currency TEXT,
    value_basis TEXT,
    UNIQUE (pledge_id, ordinal)
);

CREATE TABLE consignments (
    id BYTEA PRIMARY KEY,
    programme_id BYTEA NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    reference TEXT,
    tracking_code TEXT NOT NULL UNIQUE,
    consignor_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    consignee_id BYTEA NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    origin_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    destination_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    parent_id BYTEA REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    cancelled BOOLEAN NOT NULL,
    gross_weight_g BIGINT,
    freight_minor BIGINT,
    freight_currency TEXT,
    freight_note TEXT,
    value_minor BIGINT,
    value_currency TEXT,
    value_basis TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (programme_id, reference)
);

CREATE TABLE legs (
    id BYTEA PRIMARY KEY,
    consignment_id BYTEA NOT NULL REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    mode TEXT NOT NULL,
    from_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    to_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    carrier_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    planned_departure BIGINT,
    planned_arrival BIGINT,
    received_final BOOLEAN NOT NULL,
    superseded BOOLEAN NOT NULL,
    UNIQUE (consignment_id, ordinal)
);

CREATE TABLE loads (
    id BYTEA PRIMARY KEY,
    reference TEXT UNIQUE,
    mode TEXT NOT NULL,
    from_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    to_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    carrier_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    document_kind TEXT,
    document_number TEXT,
    plate TEXT,
    seals TEXT,
    packages BIGINT,
    gross_weight_g BIGINT,
    volume_cm3 BIGINT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The ledger: append-only -------------------------------------------------------------------------------

CREATE TABLE events (
    sequence BIGINT PRIMARY KEY,
    id BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    programme_id BYTEA,
    pledge_id BYTEA,
    consignment_id BYTEA,
    leg_id BYTEA,
    site_id BYTEA,
    load_id BYTEA,
    about_id BYTEA,
    occurred_at BIGINT NOT NULL,
    occurred_precision TEXT NOT NULL,
    effective_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    moved BOOLEAN NOT NULL,
    inferred BOOLEAN NOT NULL,
    actor_id BYTEA NOT NULL,
    body TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    result TEXT NOT NULL
);
CREATE INDEX events_by_consignment ON events (consignment_id, sequence);
CREATE INDEX events_by_site ON events (site_id, sequence);
CREATE INDEX events_by_pledge ON events (pledge_id, sequence);
CREATE INDEX events_by_about ON events (about_id);

CREATE TABLE postings (
    sequence BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    cell BYTEA NOT NULL,
    account INTEGER NOT NULL,
    condition INTEGER NOT NULL,
    pledge_line_id BYTEA NOT NULL,
    lot_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    consignment_id BYTEA,
    leg_id BYTEA,
    site_id BYTEA,
    holder_id BYTEA,
    quantity BIGINT NOT NULL CHECK (quantity <> 0),
    chosen INTEGER NOT NULL,
    effective_at BIGINT NOT NULL,
    PRIMARY KEY (sequence, ordinal)
);
CREATE INDEX postings_by_cell ON postings (cell, effective_at);

-- What documents state about the sources: accepted pledge lines, surplus on receipts and counts, lots named.
-- The left-hand side of identity 1, kept apart from the postings it is compared with.
CREATE TABLE statements (
    sequence BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    pledge_line_id BYTEA NOT NULL,
    lot_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    promised BIGINT NOT NULL,
    surplus BIGINT NOT NULL,
    effective_at BIGINT NOT NULL,
    PRIMARY KEY (sequence, ordinal)
);

-- Derived from postings and statements in the same commit --------------------------------------------------

CREATE TABLE balances (
    cell BYTEA PRIMARY KEY,
    account INTEGER NOT NULL,
    condition INTEGER NOT NULL,
    pledge_line_id BYTEA NOT NULL,
    lot_id BYTEA NOT NULL,
    item_id BYTEA NOT NULL,
    consignment_id BYTEA,
    leg_id BYTEA,
    site_id BYTEA,
    holder_id BYTEA,
    quantity BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    CHECK (account < 2 OR quantity >= 0)
);
CREATE INDEX balances_by_consignment ON balances (consignment_id);
CREATE INDEX balances_by_site ON balances (site_id, item_id, account) WHERE quantity <> 0;
CREATE INDEX balances_by_line ON balances (pledge_line_id);
CREATE INDEX balances_by_lot ON balances (lot_id);

CREATE TABLE rollups (
    cuboid INTEGER NOT NULL,
    cell BYTEA NOT NULL,
    programme_id BYTEA NOT NULL,
    donor_id BYTEA,
    item_id BYTEA,
    lot_id BYTEA,
    pledge_id BYTEA,
    site_id BYTEA,
    country_at TEXT,
    country_for TEXT,
    holder_id BYTEA,
    owner_id BYTEA,
    consignee_id BYTEA,
    origin_id BYTEA,
    destination_id BYTEA,
    month INTEGER,
    stated_promised BIGINT NOT NULL,
    stated_surplus BIGINT NOT NULL,
    promised BIGINT NOT NULL,
    surplus BIGINT NOT NULL,
    unallocated BIGINT NOT NULL,
    in_storage BIGINT NOT NULL,
    allocated BIGINT NOT NULL,
    in_transit BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    distributed BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    disposed BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    on_hold BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    moved_in BIGINT NOT NULL,
    moved_out BIGINT NOT NULL,
    ever_delivered BIGINT NOT NULL,
    PRIMARY KEY (cuboid, cell)
);

-- Updates that were acknowledged and wait for what they name ------------------------------------------------

CREATE TABLE waiting (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    actor_id BYTEA NOT NULL,
    acted_as TEXT NOT NULL,
    consignment_id BYTEA,
    site_id BYTEA,
    body TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    reason TEXT NOT NULL,
    waits_for BYTEA NOT NULL,
    result TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    posted BOOLEAN NOT NULL
);
CREATE INDEX waiting_by_subject ON waiting (waits_for, posted);

-- What was decided about missing goods, by whom and on what evidence
CREATE TABLE decisions (
    event_id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    consignment_id BYTEA,
    site_id BYTEA,
    quantity BIGINT NOT NULL,
    reason TEXT NOT NULL,
    cause TEXT,
    report_number TEXT,
    evidence TEXT,
    liable_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    proposed_by BYTEA NOT NULL,
    decided_by BYTEA NOT NULL,
    decided_at BIGINT NOT NULL
);

-- The log -------------------------------------------------------------------------------------------------

CREATE TABLE log_entries (
    position BIGINT PRIMARY KEY,
    body TEXT NOT NULL,
    leaf_hash BYTEA NOT NULL
);

CREATE TABLE ledger_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    edge BYTEA NOT NULL,
    origin TEXT NOT NULL
);

CREATE TABLE checkpoints (
    size BIGINT PRIMARY KEY,
    note TEXT NOT NULL,
    signed_at BIGINT NOT NULL
);

-- Append-only tables refuse every change -------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_refuse_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_refuse_change BEFORE UPDATE OR DELETE ON postings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_refuse_truncate BEFORE TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statements_refuse_change BEFORE UPDATE OR DELETE ON statements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statements_refuse_truncate BEFORE TRUNCATE ON statements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_entries_refuse_change BEFORE UPDATE OR DELETE ON log_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_entries_refuse_truncate BEFORE TRUNCATE ON log_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
