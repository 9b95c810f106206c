-- Photos and scans: what is known of each. What they show lies in attachment_bytes, sealed
CREATE TABLE attachments (
    id BYTEA PRIMARY KEY,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL CHECK (size_bytes > 0),
    width BIGINT,
    height BIGINT,
    sha256_sent BYTEA NOT NULL,
    sha256_kept BYTEA NOT NULL,
    removed TEXT NOT NULL,
    has_location BOOLEAN NOT NULL,
    shareable BOOLEAN NOT NULL,
    owner_id BYTEA REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
    uploaded_by BYTEA NOT NULL,
    erased_at BIGINT,
    erased_by BYTEA,
    erase_reason TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachments_by_owner ON attachments (owner_id);
CREATE INDEX attachments_by_uploader ON attachments (uploaded_by);

-- Sealed bytes, apart so that no list loads them; emptied when erased. The log knows them by sha256_kept
CREATE TABLE attachment_bytes (
    id BYTEA PRIMARY KEY REFERENCES attachments (id) DEFERRABLE INITIALLY DEFERRED,
    sealed BYTEA NOT NULL
);

-- Numbers without gaps: the counter of each kind, site and year
CREATE TABLE number_series (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    site_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    year BIGINT NOT NULL,
    prefix TEXT NOT NULL UNIQUE,
    last BIGINT NOT NULL CHECK (last > 0),
    UNIQUE (kind, site_id, year)
);

-- Numbers given out together to a phone or a paper book
CREATE TABLE number_blocks (
    id BYTEA PRIMARY KEY,
    series_id BYTEA NOT NULL REFERENCES number_series (id) DEFERRABLE INITIALLY DEFERRED,
    first BIGINT NOT NULL CHECK (first > 0),
    last BIGINT NOT NULL CHECK (last >= first),
    holder TEXT NOT NULL,
    given_by BYTEA NOT NULL,
    given_at BIGINT NOT NULL,
    returned_by BYTEA,
    returned_at BIGINT
);
CREATE INDEX number_blocks_by_series ON number_blocks (series_id, first);

CREATE TABLE documents (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    mode TEXT,
    site_id BYTEA NOT NULL REFERENCES sites (id) DEFERRABLE INITIALLY DEFERRED,
    issued_on TEXT NOT NULL,
    number TEXT,
    reference TEXT,
    consignment_id BYTEA REFERENCES consignments (id) DEFERRABLE INITIALLY DEFERRED,
    pledge_id BYTEA REFERENCES pledges (id) DEFERRABLE INITIALLY DEFERRED,
    load_id BYTEA REFERENCES loads (id) DEFERRABLE INITIALLY DEFERRED,
    filed TEXT,
    shareable BOOLEAN NOT NULL,
    body_hash BYTEA NOT NULL,
    recorded_by BYTEA NOT NULL,
    voided_at BIGINT,
    voided_by BYTEA,
    void_reason TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX documents_by_site ON documents (site_id);
CREATE INDEX documents_by_consignment ON documents (consignment_id) WHERE consignment_id IS NOT NULL;
CREATE INDEX documents_by_pledge ON documents (pledge_id) WHERE pledge_id IS NOT NULL;
CREATE INDEX documents_by_load ON documents (load_id) WHERE load_id IS NOT NULL;

-- Every number that was used or voided
CREATE TABLE document_numbers (
    id BYTEA PRIMARY KEY,
    series_id BYTEA NOT NULL REFERENCES number_series (id) DEFERRABLE INITIALLY DEFERRED,
    serial BIGINT NOT NULL CHECK (serial > 0),
    block_id BYTEA REFERENCES number_blocks (id) DEFERRABLE INITIALLY DEFERRED,
    document_id BYTEA REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    voided BOOLEAN NOT NULL,
    UNIQUE (series_id, serial)
);
CREATE INDEX document_numbers_by_block ON document_numbers (block_id) WHERE block_id IS NOT NULL;
CREATE UNIQUE INDEX document_numbers_by_document ON document_numbers (document_id) WHERE document_id IS NOT NULL;

CREATE TABLE document_events (
    id BYTEA PRIMARY KEY,
    document_id BYTEA NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    event_id BYTEA NOT NULL,
    UNIQUE (document_id, event_id)
);
CREATE INDEX document_events_by_event ON document_events (event_id);

CREATE TABLE document_attachments (
    id BYTEA PRIMARY KEY,
    document_id BYTEA NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    attachment_id BYTEA NOT NULL REFERENCES attachments (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    attached_by BYTEA NOT NULL,
    attached_at BIGINT NOT NULL,
    UNIQUE (document_id, attachment_id)
);
CREATE INDEX document_attachments_by_attachment ON document_attachments (attachment_id);

CREATE TABLE document_signatories (
    id BYTEA PRIMARY KEY,
    document_id BYTEA NOT NULL REFERENCES documents (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal BIGINT NOT NULL,
    person_id BYTEA NOT NULL,
    act TEXT NOT NULL,
    signed_at BIGINT
);
CREATE INDEX document_signatories_by_document ON document_signatories (document_id);
CREATE INDEX document_signatories_by_person ON document_signatories (person_id);
