-- What says who a user is, sealed under a key outside the database. login becomes a keyed lookup, name and password_hash
-- are emptied; the key is not here, so rows that are there are sealed by the program, at its first start after this
ALTER TABLE users ADD COLUMN sealed BLOB;
ALTER TABLE users ADD COLUMN sealed_password BLOB;
ALTER TABLE users ADD COLUMN erased_at BIGINT;
ALTER TABLE users ADD COLUMN erased_by BLOB;
ALTER TABLE users ADD COLUMN erased_as TEXT
    CHECK (erased_at IS NULL OR (disabled AND sealed IS NULL AND sealed_password IS NULL));

-- A link that another administrator must approve, and the half of it which that one hands over
ALTER TABLE invitations ADD COLUMN approval_id BLOB;
ALTER TABLE invitations ADD COLUMN second_hash BLOB;

-- Tables whose old bytes are to be cleared from the files once they are sealed
CREATE TABLE purges_due (name TEXT PRIMARY KEY);
INSERT INTO purges_due (name) SELECT 'users' WHERE EXISTS (SELECT 1 FROM users);
INSERT INTO purges_due (name) SELECT 'outside_identities' WHERE EXISTS (SELECT 1 FROM outside_identities);
