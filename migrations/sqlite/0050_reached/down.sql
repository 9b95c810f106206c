DROP TABLE headcounts;
DROP TABLE reached_lines;
