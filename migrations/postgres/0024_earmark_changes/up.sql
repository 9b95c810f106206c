-- Which goods of a pledge are meant for another country since, and by whose consent
CREATE TABLE earmark_changes (
    event_id BYTEA PRIMARY KEY,
    pledge_id BYTEA NOT NULL,
    from_line_id BYTEA NOT NULL,
    to_line_id BYTEA NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    from_country TEXT,
    to_country TEXT,
    consented_by BYTEA NOT NULL,
    consented_person_id BYTEA,
    consented_on TEXT NOT NULL,
    document_id BYTEA,
    filed TEXT,
    reversed_by BYTEA,
    -- No consent without something to look at.
    CHECK (document_id IS NOT NULL OR filed IS NOT NULL)
);
CREATE INDEX earmark_changes_by_pledge ON earmark_changes (pledge_id);
