-- What forecasts are made of: the legs of a corridor from the newest on, the latest arrivals of all, and the legs that goods
-- are on.
CREATE INDEX legs_by_corridor ON legs (from_id, to_id, mode, id);
CREATE INDEX events_arrived ON events (sequence) WHERE kind IN ('arrived', 'received');
CREATE INDEX balances_in_transit ON balances (leg_id) WHERE account = 5 AND quantity <> 0;
