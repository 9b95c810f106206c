DROP INDEX number_series_by_site;
DROP INDEX pledge_lines_by_item;
DROP INDEX pledges_by_programme;
