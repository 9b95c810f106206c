DROP TABLE mappings;
DROP TABLE rounds;
DROP TABLE caseloads;
DROP TABLE targets;
DROP TABLE populations;
DROP TABLE item_standards;
