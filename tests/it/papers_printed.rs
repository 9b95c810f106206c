//! Papers as they are printed: what stands on them, in every language, for whom, and what does not break out of its place.

mod broken;
pub mod camera;
mod documents;
mod everyone;
mod giving;
mod packed;
mod plain;
mod shipping;
mod stage;
mod words;
