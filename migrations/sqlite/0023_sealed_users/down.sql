-- What was sealed stays unreadable without the vault: users then need new logins and passwords
DROP TABLE purges_due;
ALTER TABLE invitations DROP COLUMN second_hash;
ALTER TABLE invitations DROP COLUMN approval_id;
ALTER TABLE users DROP COLUMN erased_as;
ALTER TABLE users DROP COLUMN erased_by;
ALTER TABLE users DROP COLUMN erased_at;
ALTER TABLE users DROP COLUMN sealed_password;
ALTER TABLE users DROP COLUMN sealed;
