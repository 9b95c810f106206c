-- People of a standard to the thousandth: households are of 4.7 people on the average. The whole people stay where they are;
-- what is beyond them stands beside, and in no standard from before this.
ALTER TABLE items ADD COLUMN standard_thousandths BIGINT CHECK (standard_thousandths BETWEEN 1 AND 999);
ALTER TABLE item_standards ADD COLUMN thousandths BIGINT CHECK (thousandths BETWEEN 1 AND 999);
