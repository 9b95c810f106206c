-- Since when anybody may read a programme's figures; nobody but those who are known here where it is null.
ALTER TABLE programmes ADD COLUMN published_at BIGINT;
-- Links by which a consignee without an account confirms receipt, each good once. Of its token only a hash is kept.
CREATE TABLE receipt_links (
    id BLOB PRIMARY KEY,
    consignment_id BLOB NOT NULL REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    token_hash BLOB NOT NULL,
    made_by BLOB NOT NULL,
    made_at BIGINT NOT NULL,
    good_until BIGINT NOT NULL,
    used_at BIGINT,
    event_id BLOB,
    CHECK ((used_at IS NULL) = (event_id IS NULL))
);
CREATE INDEX receipt_links_by_consignment ON receipt_links (consignment_id);
