//! How many people were reached: the formula, and stories over HTTP.

mod bounds;
mod chosen;
mod against;
mod formula;
mod honduras;
mod naive;
mod shown;
mod stories;
