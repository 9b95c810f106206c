-- What things are -----------------------------------------------------------------------------------

CREATE TABLE organizations (
    id BLOB PRIMARY KEY,
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
    id BLOB PRIMARY KEY,
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
    id BLOB PRIMARY KEY,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    number TEXT NOT NULL,
    expires_on TEXT,
    recalled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (item_id, number)
);

CREATE TABLE sites (
    id BLOB PRIMARY KEY,
    code TEXT UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    country TEXT NOT NULL,
    latitude DOUBLE,
    longitude DOUBLE,
    locode TEXT,
    area_code TEXT,
    operator_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE programmes (
    id BLOB PRIMARY KEY,
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
    id BLOB PRIMARY KEY,
    programme_id BLOB NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    organization_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    country TEXT,
    disabled BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The flow -------------------------------------------------------------------------------------------

CREATE TABLE pledges (
    id BLOB PRIMARY KEY,
    programme_id BLOB NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    donor_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reference TEXT,
    offered_at BIGINT NOT NULL,
    note TEXT,
    reason TEXT,
    link_hash BLOB UNIQUE,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (programme_id, reference)
);

CREATE TABLE pledge_lines (
    id BLOB PRIMARY KEY,
    pledge_id BLOB NOT NULL REFERENCES pledges (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    programme_id BLOB NOT NULL REFERENCES programmes (id) DEFERRABLE INITIALLY DEFERRED,
    reference TEXT,
    tracking_code TEXT NOT NULL UNIQUE,
    consignor_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    consignee_id BLOB NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    origin_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    destination_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    parent_id BLOB REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB PRIMARY KEY,
    consignment_id BLOB NOT NULL REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    mode TEXT NOT NULL,
    from_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    to_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    carrier_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    planned_departure BIGINT,
    planned_arrival BIGINT,
    received_final BOOLEAN NOT NULL,
    superseded BOOLEAN NOT NULL,
    UNIQUE (consignment_id, ordinal)
);

CREATE TABLE loads (
    id BLOB PRIMARY KEY,
    reference TEXT UNIQUE,
    mode TEXT NOT NULL,
    from_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    to_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    carrier_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
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
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    programme_id BLOB,
    pledge_id BLOB,
    consignment_id BLOB,
    leg_id BLOB,
    site_id BLOB,
    load_id BLOB,
    about_id BLOB,
    occurred_at BIGINT NOT NULL,
    occurred_precision TEXT NOT NULL,
    effective_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    moved BOOLEAN NOT NULL,
    inferred BOOLEAN NOT NULL,
    actor_id BLOB NOT NULL,
    body TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    result TEXT NOT NULL
);
CREATE INDEX events_by_consignment ON events (consignment_id, sequence);
CREATE INDEX events_by_site ON events (site_id, sequence);
CREATE INDEX events_by_pledge ON events (pledge_id, sequence);
CREATE INDEX events_by_about ON events (about_id);

CREATE TABLE postings (
    sequence BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    cell BLOB NOT NULL,
    account INTEGER NOT NULL,
    condition INTEGER NOT NULL,
    pledge_line_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    consignment_id BLOB,
    leg_id BLOB,
    site_id BLOB,
    holder_id BLOB,
    quantity BIGINT NOT NULL CHECK (quantity <> 0),
    chosen INTEGER NOT NULL,
    effective_at BIGINT NOT NULL,
    PRIMARY KEY (sequence, ordinal)
) WITHOUT ROWID;
CREATE INDEX postings_by_cell ON postings (cell, effective_at);

-- What documents state about the sources: accepted pledge lines, surplus on receipts and counts, lots named.
-- The left-hand side of identity 1, kept apart from the postings it is compared with.
CREATE TABLE statements (
    sequence BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    pledge_line_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    promised BIGINT NOT NULL,
    surplus BIGINT NOT NULL,
    effective_at BIGINT NOT NULL,
    PRIMARY KEY (sequence, ordinal)
) WITHOUT ROWID;

-- Derived from postings and statements in the same commit --------------------------------------------------

CREATE TABLE balances (
    cell BLOB PRIMARY KEY,
    account INTEGER NOT NULL,
    condition INTEGER NOT NULL,
    pledge_line_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    item_id BLOB NOT NULL,
    consignment_id BLOB,
    leg_id BLOB,
    site_id BLOB,
    holder_id BLOB,
    quantity BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    CHECK (account < 2 OR quantity >= 0)
) WITHOUT ROWID;
CREATE INDEX balances_by_consignment ON balances (consignment_id);
CREATE INDEX balances_by_site ON balances (site_id, item_id, account) WHERE quantity <> 0;
CREATE INDEX balances_by_line ON balances (pledge_line_id);
CREATE INDEX balances_by_lot ON balances (lot_id);

CREATE TABLE rollups (
    cuboid INTEGER NOT NULL,
    cell BLOB NOT NULL,
    programme_id BLOB NOT NULL,
    donor_id BLOB,
    item_id BLOB,
    lot_id BLOB,
    pledge_id BLOB,
    site_id BLOB,
    country_at TEXT,
    country_for TEXT,
    holder_id BLOB,
    owner_id BLOB,
    consignee_id BLOB,
    origin_id BLOB,
    destination_id BLOB,
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
) WITHOUT ROWID;

-- Updates that were acknowledged and wait for what they name ------------------------------------------------

CREATE TABLE waiting (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    actor_id BLOB NOT NULL,
    acted_as TEXT NOT NULL,
    consignment_id BLOB,
    site_id BLOB,
    body TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    reason TEXT NOT NULL,
    waits_for BLOB NOT NULL,
    result TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    posted BOOLEAN NOT NULL
);
CREATE INDEX waiting_by_subject ON waiting (waits_for, posted);

-- What was decided about missing goods, by whom and on what evidence
CREATE TABLE decisions (
    event_id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    consignment_id BLOB,
    site_id BLOB,
    quantity BIGINT NOT NULL,
    reason TEXT NOT NULL,
    cause TEXT,
    report_number TEXT,
    evidence TEXT,
    liable_id BLOB REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    proposed_by BLOB NOT NULL,
    decided_by BLOB NOT NULL,
    decided_at BIGINT NOT NULL
);

-- The log -------------------------------------------------------------------------------------------------

CREATE TABLE log_entries (
    position BIGINT PRIMARY KEY,
    body TEXT NOT NULL,
    leaf_hash BLOB NOT NULL
);

CREATE TABLE ledger_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    edge BLOB NOT NULL,
    origin TEXT NOT NULL
);

CREATE TABLE checkpoints (
    size BIGINT PRIMARY KEY,
    note TEXT NOT NULL,
    signed_at BIGINT NOT NULL
);

-- Append-only tables refuse every change -------------------------------------------------------------------

CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'table events is append-only'); END;
CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'table events is append-only'); END;
CREATE TRIGGER postings_refuse_update BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'table postings is append-only'); END;
CREATE TRIGGER postings_refuse_delete BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'table postings is append-only'); END;
CREATE TRIGGER statements_refuse_update BEFORE UPDATE ON statements BEGIN SELECT RAISE(ABORT, 'table statements is append-only'); END;
CREATE TRIGGER statements_refuse_delete BEFORE DELETE ON statements BEGIN SELECT RAISE(ABORT, 'table statements is append-only'); END;
CREATE TRIGGER log_entries_refuse_update BEFORE UPDATE ON log_entries BEGIN SELECT RAISE(ABORT, 'table log_entries is append-only'); END;
CREATE TRIGGER log_entries_refuse_delete BEFORE DELETE ON log_entries BEGIN SELECT RAISE(ABORT, 'table log_entries is append-only'); END;
