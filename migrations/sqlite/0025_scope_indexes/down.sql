DROP INDEX events_by_load;
DROP INDEX pledges_by_donor;
