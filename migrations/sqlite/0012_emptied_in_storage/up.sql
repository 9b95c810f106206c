-- Only what is in storage is counted. What is reserved or under way is emptied with every departure and arrival,
-- and each of them paid for a place in this index.
DROP INDEX balances_emptied;
CREATE INDEX balances_emptied ON balances (site_id, item_id, last_at) WHERE quantity = 0 AND account = 3;
