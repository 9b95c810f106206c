ALTER TABLE mailings DROP COLUMN language;
