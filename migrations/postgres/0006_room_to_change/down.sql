ALTER TABLE balances RESET (fillfactor);
ALTER TABLE rollups RESET (fillfactor);
ALTER TABLE log_entries RESET (toast_tuple_target);
