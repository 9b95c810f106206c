-- What imported files say of organizations, sites, items and pledge lines beyond the columns of those
CREATE TABLE facts (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    words TEXT NOT NULL
);
