-- What a reconciliation of one programme, one item or one site starts from.
CREATE INDEX pledges_by_programme ON pledges (programme_id);
CREATE INDEX pledge_lines_by_item ON pledge_lines (item_id);
CREATE INDEX number_series_by_site ON number_series (site_id);
