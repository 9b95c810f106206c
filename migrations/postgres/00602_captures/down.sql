DROP TABLE captured_events;
DROP TABLE capture_contents;
DROP TABLE captures;
