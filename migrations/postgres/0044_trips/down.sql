DROP INDEX balances_in_transit;
DROP INDEX events_arrived;
DROP INDEX legs_by_corridor;
