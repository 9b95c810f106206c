//! Pages: what people open in a browser and what they send from there; who sees which, in which language, and that a
//! broken one would be noticed.

mod admin;
mod audit;
mod board;
pub mod browse;
mod captured;
mod donor;
mod drawing;
mod ground;
mod happening;
mod imports;
pub mod injection;
mod light;
mod live;
pub mod made_up;
mod manager;
mod missing;
mod refusals;
mod standing;
mod warehouse;
