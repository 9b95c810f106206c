DROP TABLE claim_changes;
DROP TABLE claims;
