DROP INDEX balances_emptied;
CREATE INDEX balances_emptied ON balances (site_id, item_id, account, last_at) WHERE quantity = 0;
