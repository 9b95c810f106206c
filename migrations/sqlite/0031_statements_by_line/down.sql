DROP INDEX statements_by_line;
