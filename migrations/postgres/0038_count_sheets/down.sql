DROP INDEX balances_at_site;
DROP TABLE count_lines;
DROP TABLE count_sheets;
