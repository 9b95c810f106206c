DROP TABLE unit_contents;
DROP TABLE handling_units;
DROP TABLE kit_components;
DROP TABLE kit_recipes;
