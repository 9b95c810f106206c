-- What was planned of a leg, and whether a diversion had replaced it, from which entry on, so that a way as it was known stays
-- what it was. Sequence 0 is what it was before its statements were kept; a leg without any is as its row says.
CREATE TABLE leg_plans (
    id BYTEA PRIMARY KEY,
    leg_id BYTEA NOT NULL REFERENCES legs (id) DEFERRABLE INITIALLY DEFERRED,
    consignment_id BYTEA NOT NULL REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    planned_departure BIGINT,
    planned_arrival BIGINT,
    superseded BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (leg_id, sequence)
);
CREATE INDEX leg_plans_by_consignment ON leg_plans (consignment_id);

-- None of them is changed or deleted.
CREATE TRIGGER leg_plans_refuse_change BEFORE UPDATE OR DELETE ON leg_plans FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER leg_plans_refuse_truncate BEFORE TRUNCATE ON leg_plans FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
