//! Handling units as they are read: per site and consignment, with what each holds and whose it is.
//!
//! Invariants: a unit is told to who reaches its site or its consignment; what it holds is what it was packed with. Never here:
//! packing, moving or unpacking, which events do.

pub mod http;
mod store;
