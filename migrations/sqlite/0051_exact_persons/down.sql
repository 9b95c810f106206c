-- Standards then say whole people only
ALTER TABLE item_standards DROP COLUMN thousandths;
ALTER TABLE items DROP COLUMN standard_thousandths;
