DROP TABLE outside_identities;
