//! The jobs the product exists for, told through HTTP on both databases.

mod banjul;
mod corrections;
mod deployed;
mod hub;
mod limits;
mod once;
mod promises;
mod receipts;
pub mod scene;
mod stock;
mod unsolicited;
mod waiting;
