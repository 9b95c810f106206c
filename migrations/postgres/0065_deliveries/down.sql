ALTER TABLE import_jobs DROP COLUMN decided_by;
ALTER TABLE import_jobs DROP COLUMN deliveries;
