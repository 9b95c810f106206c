-- Counts of a site, lately: what they found is measured together.
CREATE INDEX events_counted ON events (site_id, recorded_at) WHERE kind = 'counted';
