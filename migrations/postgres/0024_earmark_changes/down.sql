DROP TABLE earmark_changes;
