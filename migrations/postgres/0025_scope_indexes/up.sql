-- What a scope asks of each row it narrows to.
CREATE INDEX pledges_by_donor ON pledges (donor_id);
CREATE INDEX events_by_load ON events (load_id) WHERE load_id IS NOT NULL;
