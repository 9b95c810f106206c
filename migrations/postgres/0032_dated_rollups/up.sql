-- What runs of entries changed, by cuboid, month and day. They follow from the postings and never change; a process
-- in the background makes them, and figures of the past are read from them.
CREATE TABLE dated_rollups (
    cuboid INTEGER NOT NULL,
    level INTEGER NOT NULL,
    block BIGINT NOT NULL,
    month INTEGER NOT NULL,
    whole BYTEA NOT NULL,
    days BYTEA NOT NULL,
    PRIMARY KEY (cuboid, level, month, block)
);
-- The blocks whose rows are all there.
CREATE TABLE dated_blocks (
    level INTEGER NOT NULL,
    block BIGINT NOT NULL,
    PRIMARY KEY (level, block)
);
