//! The jobs the product exists for, told through HTTP on both databases.

mod banjul;
pub mod scene;
