-- What was planned of a leg, and whether a diversion had replaced it, from which entry on, so that a way as it was known stays
-- what it was. Sequence 0 is what it was before its statements were kept; a leg without any is as its row says.
CREATE TABLE leg_plans (
    id BLOB PRIMARY KEY,
    leg_id BLOB NOT NULL REFERENCES legs (id) DEFERRABLE INITIALLY DEFERRED,
    consignment_id BLOB NOT NULL REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    planned_departure BIGINT,
    planned_arrival BIGINT,
    superseded BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (leg_id, sequence)
);
CREATE INDEX leg_plans_by_consignment ON leg_plans (consignment_id);

-- None of them is changed or deleted.
CREATE TRIGGER leg_plans_refuse_update BEFORE UPDATE ON leg_plans BEGIN SELECT RAISE(ABORT, 'table leg_plans is append-only'); END;
CREATE TRIGGER leg_plans_refuse_delete BEFORE DELETE ON leg_plans BEGIN SELECT RAISE(ABORT, 'table leg_plans is append-only'); END;
