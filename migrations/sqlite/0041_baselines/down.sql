DROP TABLE item_standards;
