//! Every test of the project is in this one binary: a story file per resource, plus what holds the house together.

mod atlas;
mod audit;
mod table;
