DROP TABLE area_changes;
DROP TABLE boundaries;
