-- Recipes of kits, each version of which stays, and the handling units that were packed by them, with what each holds.
CREATE TABLE kit_recipes (
    id BLOB PRIMARY KEY,
    kit_id BLOB NOT NULL,
    version BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (kit_id, version)
);
CREATE UNIQUE INDEX kit_recipes_by_code ON kit_recipes (code) WHERE version = 1;

CREATE TABLE kit_components (
    id BLOB PRIMARY KEY,
    recipe_id BLOB NOT NULL REFERENCES kit_recipes (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    quantity BIGINT NOT NULL CHECK (quantity > 0)
);
CREATE INDEX kit_components_by_recipe ON kit_components (recipe_id);

CREATE TABLE handling_units (
    id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL,
    ordinal BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    sscc TEXT UNIQUE,
    recipe_id BLOB NOT NULL REFERENCES kit_recipes (id) DEFERRABLE INITIALLY DEFERRED,
    site_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    consignment_id BLOB REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    unpacked_by BLOB,
    revision BIGINT NOT NULL
);
CREATE INDEX handling_units_by_event ON handling_units (event_id);
CREATE INDEX handling_units_by_site ON handling_units (site_id);
CREATE INDEX handling_units_by_consignment ON handling_units (consignment_id) WHERE consignment_id IS NOT NULL;

CREATE TABLE unit_contents (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL REFERENCES handling_units (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    pledge_line_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    item_id BLOB NOT NULL REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED,
    quantity BIGINT NOT NULL CHECK (quantity > 0)
);
CREATE INDEX unit_contents_by_unit ON unit_contents (unit_id);

CREATE TRIGGER kit_recipes_refuse_update BEFORE UPDATE ON kit_recipes BEGIN SELECT RAISE(ABORT, 'table kit_recipes is append-only'); END;
CREATE TRIGGER kit_recipes_refuse_delete BEFORE DELETE ON kit_recipes BEGIN SELECT RAISE(ABORT, 'table kit_recipes is append-only'); END;
CREATE TRIGGER kit_components_refuse_update BEFORE UPDATE ON kit_components BEGIN SELECT RAISE(ABORT, 'table kit_components is append-only'); END;
CREATE TRIGGER kit_components_refuse_delete BEFORE DELETE ON kit_components BEGIN SELECT RAISE(ABORT, 'table kit_components is append-only'); END;
CREATE TRIGGER unit_contents_refuse_update BEFORE UPDATE ON unit_contents BEGIN SELECT RAISE(ABORT, 'table unit_contents is append-only'); END;
CREATE TRIGGER unit_contents_refuse_delete BEFORE DELETE ON unit_contents BEGIN SELECT RAISE(ABORT, 'table unit_contents is append-only'); END;
