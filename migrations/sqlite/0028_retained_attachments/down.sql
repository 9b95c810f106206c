ALTER TABLE attachments DROP COLUMN retain_until;
