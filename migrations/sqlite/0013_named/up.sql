-- Whether others may read who gave: always, never, or from a day on. Of a pledge that says nothing, as its donor says;
-- of a donor that says nothing, always.
ALTER TABLE organizations ADD COLUMN named TEXT;
ALTER TABLE pledges ADD COLUMN named TEXT;
