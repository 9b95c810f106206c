-- SQLite has nothing of the kind to set; the numbers of the migrations stay the same on both databases.
SELECT 1;
