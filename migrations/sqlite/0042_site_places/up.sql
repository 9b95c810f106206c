-- Where a site was said to be, from which entry on: its coordinates and the code of its area. Figures by area of a past
-- moment are made with what was known then. Sequence 0 is what a site said before its statements were kept.
CREATE TABLE site_places (
    id BLOB PRIMARY KEY,
    site_id BLOB NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    latitude DOUBLE,
    longitude DOUBLE,
    area_code TEXT,
    sequence BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (site_id, sequence),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

-- None of them is changed or deleted.
CREATE TRIGGER site_places_refuse_update BEFORE UPDATE ON site_places BEGIN SELECT RAISE(ABORT, 'table site_places is append-only'); END;
CREATE TRIGGER site_places_refuse_delete BEFORE DELETE ON site_places BEGIN SELECT RAISE(ABORT, 'table site_places is append-only'); END;
