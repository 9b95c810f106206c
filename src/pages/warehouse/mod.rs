//! An officer's warehouse: stock, cards, lots that expire, counting.
//!
//! | file | what it is |
//! |---|---|
//! | `stock` | sites, what lies at one, the card of an item |
//! | `count` | counting what lies at a site without seeing what is recorded |
//! | `words` | phrases |

mod count;
mod stock;
mod words;

pub use words::StoreWord;

use crate::web::Routes;

/// The routes of these pages.
pub(super) fn routes(routes: &mut Routes) {
    stock::routes(routes);
    count::routes(routes);
}
