DROP TABLE import_rows;
DROP TABLE import_parts;
DROP TABLE import_jobs;
