DROP TABLE access_changes;
DROP TABLE invitations;
DROP TABLE session_secrets;
DROP TABLE sessions;
