//! Papers and what they prove: photos and scans, documents and their numbers, and which hand-overs they verify.

mod content;
mod evidence;
pub mod files;
mod numbers;
mod parties;
mod photos;
mod reach;
