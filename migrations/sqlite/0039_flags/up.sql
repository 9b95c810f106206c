-- What red flags look for twins by
CREATE INDEX attachments_by_kept ON attachments (sha256_kept);
CREATE INDEX documents_by_number ON documents (number) WHERE number IS NOT NULL;
CREATE INDEX documents_by_reference ON documents (reference) WHERE reference IS NOT NULL;
