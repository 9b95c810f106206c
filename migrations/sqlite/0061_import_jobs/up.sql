-- Files that are imported beside everything else: who sent them, how far each is. It changes with each step, and the log does
-- not tell of it; what an import records has entries of its own
CREATE TABLE import_jobs (
    id BLOB PRIMARY KEY,
    asked_by BLOB NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT,
    mapping TEXT,
    file_name TEXT,
    bytes BIGINT NOT NULL CHECK (bytes >= 0),
    sha256 BLOB NOT NULL,
    dry_run BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    row_total BIGINT,
    rows_done BIGINT NOT NULL CHECK (rows_done >= 0),
    through_row BIGINT NOT NULL CHECK (through_row >= 0),
    problem TEXT,
    notes TEXT NOT NULL,
    attempts BIGINT NOT NULL CHECK (attempts >= 0),
    made_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    held_by BIGINT NOT NULL,
    held_until BIGINT NOT NULL,
    CHECK ((kind IS NULL) <> (mapping IS NULL)),
    CHECK ((finished_at IS NOT NULL) = (state IN ('done', 'failed')))
);
CREATE INDEX import_jobs_by_asked_by ON import_jobs (asked_by, id);
CREATE INDEX import_jobs_open ON import_jobs (id) WHERE finished_at IS NULL;

-- The file of each, in parts
CREATE TABLE import_parts (
    id BLOB PRIMARY KEY,
    job_id BLOB NOT NULL REFERENCES import_jobs (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL CHECK (ordinal >= 0),
    content BLOB NOT NULL,
    UNIQUE (job_id, ordinal)
);

-- What became of each row of a file
CREATE TABLE import_rows (
    id BLOB PRIMARY KEY,
    job_id BLOB NOT NULL REFERENCES import_jobs (id) DEFERRABLE INITIALLY DEFERRED,
    number BIGINT NOT NULL CHECK (number >= 0),
    key TEXT NOT NULL,
    fate TEXT NOT NULL,
    subject BLOB,
    reasons TEXT NOT NULL,
    UNIQUE (job_id, number)
);
