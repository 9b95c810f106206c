-- Whether the rows of a file are whole deliveries, which somebody else than their sender has recorded, and who did.
ALTER TABLE import_jobs ADD COLUMN deliveries BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE import_jobs ADD COLUMN decided_by BYTEA;
