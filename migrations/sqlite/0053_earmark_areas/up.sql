-- The area inside its country that a line of a pledge is meant for, where its donor says one.
ALTER TABLE pledge_lines ADD COLUMN earmark_area TEXT;
-- Whether anything of an item was stated since an entry of the log.
CREATE INDEX needs_by_item ON needs (item_id, sequence);
