-- Which goods of a pledge are meant for another country since, and by whose consent
CREATE TABLE earmark_changes (
    event_id BLOB PRIMARY KEY,
    pledge_id BLOB NOT NULL,
    from_line_id BLOB NOT NULL,
    to_line_id BLOB NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    from_country TEXT,
    to_country TEXT,
    consented_by BLOB NOT NULL,
    consented_person_id BLOB,
    consented_on TEXT NOT NULL,
    document_id BLOB,
    filed TEXT,
    reversed_by BLOB,
    -- No consent without something to look at.
    CHECK (document_id IS NOT NULL OR filed IS NOT NULL)
);
CREATE INDEX earmark_changes_by_pledge ON earmark_changes (pledge_id);
