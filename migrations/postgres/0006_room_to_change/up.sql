-- Rows that change often keep room on their page, so that a change touches no index.
ALTER TABLE balances SET (fillfactor = 70);
ALTER TABLE rollups SET (fillfactor = 50);
-- Entries of the log are written once and read rarely; pressing each on its way in costs more than it saves.
ALTER TABLE log_entries SET (toast_tuple_target = 8160);
