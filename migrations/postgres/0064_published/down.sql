DROP TABLE receipt_links;
ALTER TABLE programmes DROP COLUMN published_at;
