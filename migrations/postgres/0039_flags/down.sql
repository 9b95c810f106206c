DROP INDEX documents_by_reference;
DROP INDEX documents_by_number;
DROP INDEX attachments_by_kept;
