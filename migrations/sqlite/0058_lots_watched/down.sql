DROP INDEX events_recalling;
DROP INDEX lots_by_expiry;
