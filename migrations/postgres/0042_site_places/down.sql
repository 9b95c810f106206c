DROP TABLE site_places;
