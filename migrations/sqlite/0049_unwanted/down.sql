DROP TABLE unwanted;
