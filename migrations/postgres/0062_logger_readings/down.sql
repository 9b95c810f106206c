DROP TABLE logger_readings;
