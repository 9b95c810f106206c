ALTER TABLE reported_figures DROP COLUMN sequence;
