-- Acknowledged updates that could not be posted once what they waited for was there
CREATE TABLE refusals (
    event_id BLOB PRIMARY KEY,
    code TEXT NOT NULL,
    problem TEXT NOT NULL,
    refused_at BIGINT NOT NULL
);
