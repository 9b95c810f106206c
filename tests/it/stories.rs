//! The jobs the product exists for, told through HTTP on both databases.

mod alone;
mod audiences;
mod banjul;
mod bodies;
mod bounds;
mod corrections;
mod deployed;
mod duplicates;
mod earmarks;
mod figures;
mod hub;
mod joining;
mod limits;
mod many;
mod moments;
mod offers;
mod once;
mod promises;
mod proof;
mod reach;
mod receipts;
pub mod scene;
mod stock;
mod together;
mod unsolicited;
mod waiting;
