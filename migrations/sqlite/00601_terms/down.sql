DROP TABLE load_limits;
DROP TABLE customs_requirements;
DROP TABLE consignment_terms;
