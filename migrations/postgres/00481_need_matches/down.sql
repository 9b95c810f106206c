DROP TABLE need_matches;
