DROP TABLE site_storages;
DROP TABLE logger_contents;
DROP TABLE logger_files;
