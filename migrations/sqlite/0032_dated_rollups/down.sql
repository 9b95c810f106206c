DROP TABLE dated_blocks;
DROP TABLE dated_rollups;
