DROP INDEX needs_by_item;
ALTER TABLE pledge_lines DROP COLUMN earmark_area;
