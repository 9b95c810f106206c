-- What says who a person is enters the log under this salt; of users from before only what changes from now on
ALTER TABLE users ADD COLUMN salt BYTEA;
