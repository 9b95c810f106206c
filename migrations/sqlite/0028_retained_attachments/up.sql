-- Photos and scans show people, so they are kept for a time, too. Of those from before nobody said one: they go by the
-- server's setting from when they were recorded.
ALTER TABLE attachments ADD COLUMN retain_until BIGINT;
