-- Where a site was said to be, from which entry on: its coordinates and the code of its area. Figures by area of a past
-- moment are made with what was known then. Sequence 0 is what a site said before its statements were kept.
CREATE TABLE site_places (
    id BYTEA PRIMARY KEY,
    site_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    area_code TEXT,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (site_id, sequence),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

-- None of them is changed or deleted.
CREATE TRIGGER site_places_refuse_change BEFORE UPDATE OR DELETE ON site_places FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER site_places_refuse_truncate BEFORE TRUNCATE ON site_places FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
