-- Hashes of the log's tree every eighth level up, each over 256 of the level below: what tiles above the leaves are
-- made of. They follow from the leaves and never change; the signer writes them before it signs over them.
CREATE TABLE log_nodes (
    level INTEGER NOT NULL,
    position BIGINT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, position)
);
