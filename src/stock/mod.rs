//! What happens to goods in custody: moved between sites, counted, damaged, held, relotted, missing and
//! decided, lost, disposed of, returned.
//!
//! Condition changes never change a quantity. Shortage is never an end: it is missing until somebody
//! decides whether it was found, miscounted or lost.

mod condition;
mod count;
mod decision;
pub mod http;
mod leave;
mod missing;
mod place;
mod store;
mod transfer;

pub use condition::{
    ConditionChanged, Relotted, condition_damaged, condition_held, condition_released, relot,
};
pub use count::{Counted, CountedLine, count, heaps_at};
pub use decision::Decision;
pub use leave::{Disposed, Returned, dispose, give_back};
pub use missing::{MissingDecided, MissingReported, find_again, lose, miscount, report_missing};
pub use store::{StockLine, StockView, stock_sites};
pub use transfer::{Moved, Stored, move_stock, store_away};
