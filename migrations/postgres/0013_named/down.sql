ALTER TABLE pledges DROP COLUMN named;
ALTER TABLE organizations DROP COLUMN named;
