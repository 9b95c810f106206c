-- What was taken away as a file, by whom, and the digest of every byte of it. A row is begun before the first byte leaves and
-- finished before the last one does, so that nobody has a whole file whose digest is not here.
CREATE TABLE exports (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    asked TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    as_of BIGINT,
    asked_by BYTEA NOT NULL,
    asked_as TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    row_count BIGINT,
    bytes BIGINT,
    sha256 BYTEA,
    finished_at BIGINT,
    CHECK ((finished_at IS NULL) = (sha256 IS NULL)),
    CHECK ((finished_at IS NULL) = (bytes IS NULL)),
    CHECK ((finished_at IS NULL) = (row_count IS NULL))
);
CREATE INDEX exports_by_asked_by ON exports (asked_by, id);
