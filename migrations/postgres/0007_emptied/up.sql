-- A count is compared with what lay there at its time, also in balances that have been emptied since.
CREATE INDEX balances_emptied ON balances (site_id, item_id, account, last_at) WHERE quantity = 0;
