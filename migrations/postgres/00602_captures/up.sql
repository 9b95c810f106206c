-- Documents of EPCIS that other systems sent, byte by byte, and what became of each of their events. Documents are never
-- changed or deleted; an event's state is what changes of it.
CREATE TABLE captures (
    id BYTEA PRIMARY KEY,
    actor_id BYTEA NOT NULL,
    role TEXT NOT NULL,
    scope TEXT NOT NULL,
    organization_id BYTEA,
    countries TEXT,
    behaviour TEXT NOT NULL,
    prefix TEXT,
    events BIGINT NOT NULL CHECK (events >= 0),
    repeated BIGINT NOT NULL CHECK (repeated >= 0),
    errors TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX captures_by_organization ON captures (organization_id) WHERE organization_id IS NOT NULL;

CREATE TABLE capture_contents (
    id BYTEA PRIMARY KEY REFERENCES captures (id) DEFERRABLE INITIALLY DEFERRED,
    content BYTEA NOT NULL
);

CREATE TABLE captured_events (
    id BYTEA PRIMARY KEY,
    capture_id BYTEA NOT NULL REFERENCES captures (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    uri TEXT NOT NULL,
    is_error BOOLEAN NOT NULL,
    step TEXT NOT NULL,
    body TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    reference TEXT,
    corrective TEXT,
    state TEXT NOT NULL,
    consignment_id BYTEA REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    event_id BYTEA,
    reason TEXT,
    settled_at BIGINT,
    decided_by BYTEA,
    decided_at BIGINT,
    revision BIGINT NOT NULL
);
CREATE INDEX captured_events_by_capture ON captured_events (capture_id, ordinal);
CREATE INDEX captured_events_by_state ON captured_events (state, id);
CREATE INDEX captured_events_by_uri ON captured_events (uri);
CREATE INDEX captured_events_by_reference ON captured_events (reference) WHERE reference IS NOT NULL;
CREATE INDEX captured_events_by_corrective ON captured_events (corrective) WHERE corrective IS NOT NULL;
CREATE INDEX captured_events_by_consignment ON captured_events (consignment_id) WHERE consignment_id IS NOT NULL;
CREATE INDEX captured_events_by_event ON captured_events (event_id) WHERE event_id IS NOT NULL;

CREATE TRIGGER captures_refuse_change BEFORE UPDATE OR DELETE ON captures FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER captures_refuse_truncate BEFORE TRUNCATE ON captures FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER capture_contents_refuse_change BEFORE UPDATE OR DELETE ON capture_contents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER capture_contents_refuse_truncate BEFORE TRUNCATE ON capture_contents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
