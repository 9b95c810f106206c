//! Pages: what people open in a browser and what they send from there; who sees which, in which language, and that a
//! broken one would be noticed.

mod admin;
mod audit;
mod board;
mod browse;
mod donor;
mod drawing;
mod ground;
mod manager;
