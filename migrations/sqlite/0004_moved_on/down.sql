DROP INDEX events_corrected;
