-- What is stated of a pledge's line, with the figures, so that its status adds them up without reading the rows.
CREATE INDEX statements_by_line ON statements (pledge_line_id, promised, surplus);
