-- Lots in the order of their expiry, and the few events that recall a lot wherever it is, or end that.
CREATE INDEX lots_by_expiry ON lots (expires_on, id) WHERE expires_on IS NOT NULL;
CREATE INDEX events_recalling ON events (sequence)
    WHERE kind IN ('held', 'released_from_hold') AND site_id IS NULL AND consignment_id IS NULL;
