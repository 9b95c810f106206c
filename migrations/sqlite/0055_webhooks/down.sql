DROP TABLE tellers;
DROP TABLE letters;
DROP TABLE outlets;
DROP TABLE webhooks;
