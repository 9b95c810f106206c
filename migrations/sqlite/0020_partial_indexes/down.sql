DROP INDEX events_by_pledge;
CREATE INDEX events_by_pledge ON events (pledge_id, sequence);
DROP INDEX events_by_about;
CREATE INDEX events_by_about ON events (about_id);
DROP INDEX balances_by_lot;
CREATE INDEX balances_by_lot ON balances (lot_id);
