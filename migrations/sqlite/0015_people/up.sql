-- People who sign, receive, drive or are asked. What says who somebody is, is sealed under a key outside the database.

CREATE TABLE persons (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    sealed BLOB,
    signature BLOB,
    retain_until BIGINT NOT NULL,
    erased_at BIGINT,
    erased_by BLOB,
    erased_as TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((sealed IS NULL) = (erased_at IS NOT NULL)),
    CHECK (erased_at IS NULL OR signature IS NULL)
);

CREATE INDEX persons_by_organization ON persons (organization_id, id);
CREATE INDEX persons_by_time ON persons (retain_until, id) WHERE erased_at IS NULL;
