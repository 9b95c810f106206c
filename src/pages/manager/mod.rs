//! What a manager decides: pledges, proposals of others, and who gets free goods; and pictures to decide by.
//!
//! | file | what it is |
//! |---|---|
//! | `overview` | what waits for a decision, what is late, what is lacking |
//! | `pledge` | accepting and declining a pledge |
//! | `approval` | approving and refusing what somebody else proposed |
//! | `missing`, `missing_words` | what is missing, and deciding what became of it |
//! | `ending`, `evidence` | saying that goods are missing, proposing a disposal; what a loss rests on |
//! | `happening`, `happening_words` | what else happened to goods in a warehouse: handed over, damaged, held, returned |
//! | `captured`, `captured_words` | events of other systems that wait: settling or dismissing one |
//! | `diversion` | sending what is under way another way |
//! | `waiting`, `claim`, `need` | other things that queues list, and deciding them |
//! | `standing`, `standing_words` | the page of such a thing, and its phrases |
//! | `papers` | the papers about what a page decides |
//! | `allocation` | reviewing and accepting how free goods could fill what is lacking |
//! | `figures` | four pictures, each with its table |
//! | `common` | names of what is shown, what is wrong in a form, and where it leads |
//! | `words` | the phrases |
//!
//! Never here: a decision that the interface would not take, and one about an own proposal.

mod allocation;
mod approval;
mod captured;
mod captured_words;
mod claim;
mod common;
mod diversion;
mod ending;
mod evidence;
mod figures;
mod happening;
mod happening_words;
mod missing;
mod missing_words;
mod need;
mod overview;
mod papers;
mod pledge;
mod standing;
mod standing_words;
mod waiting;
mod words;

pub use captured_words::CaptureWord;
pub use happening::StoreKind;
pub use happening_words::HappenedWord;
pub use missing_words::MissingWord;
pub use standing_words::StandingWord;
pub use words::ManagerWord;

use super::refused::refuse;
use crate::web::Routes;
use actix_web::http::Method;

/// The routes of these pages.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/manager", overview::manager);
    routes.page_for(refuse, Method::GET, "/manager/pledges/{id}", pledge::pledge);
    routes.page_for(refuse, Method::POST, "/manager/pledges/{id}/accept", pledge::accept);
    routes.page_for(refuse, Method::POST, "/manager/pledges/{id}/decline", pledge::decline);
    routes.page_for(refuse, Method::GET, "/manager/approvals/{id}", approval::approval);
    routes.page_for(refuse, Method::POST, "/manager/approvals/{id}", approval::decide);
    routes.page_for(refuse, Method::POST, "/manager/approvals/{id}/withdraw", approval::withdraw);
    routes.page_for(refuse, Method::GET, "/manager/claims/{id}", claim::claim);
    routes.page_for(refuse, Method::POST, "/manager/claims/{id}", claim::change);
    routes.page_for(refuse, Method::GET, "/needs/{id}", need::need);
    routes.page_for(refuse, Method::POST, "/needs/{id}", need::change);
    routes.page_for(refuse, Method::GET, "/waiting/{id}", waiting::waiting);
    routes.page_for(refuse, Method::POST, "/waiting/{id}", waiting::dismiss);
    routes.page_for(refuse, Method::GET, "/missing", missing::missing);
    routes.page_for(refuse, Method::GET, "/missing/report/{id}", ending::report);
    routes.page_for(refuse, Method::POST, "/missing/report/{id}", ending::report_send);
    routes.page_for(refuse, Method::GET, "/warehouse/{id}/dispose", ending::dispose);
    routes.page_for(refuse, Method::POST, "/warehouse/{id}/dispose", ending::dispose_send);
    routes.page_for(refuse, Method::GET, "/warehouse/{id}/happened/{kind}", happening::happened);
    routes.page_for(refuse, Method::POST, "/warehouse/{id}/happened/{kind}", happening::happened_send);
    routes.page_for(refuse, Method::GET, "/captures", captured::list);
    routes.page_for(refuse, Method::GET, "/captures/{id}", captured::one);
    routes.page_for(refuse, Method::POST, "/captures/{id}", captured::decide);
    routes.page_for(refuse, Method::GET, "/consignments/{id}/divert", diversion::divert);
    routes.page_for(refuse, Method::POST, "/consignments/{id}/divert", diversion::divert_send);
    routes.page_for(refuse, Method::GET, "/missing/decide", missing::one);
    routes.page_for(refuse, Method::POST, "/missing/decide", missing::decide);
    routes.page_for(refuse, Method::GET, "/manager/proposals", allocation::proposals);
    routes.page_for(refuse, Method::POST, "/manager/proposals", allocation::accept);
    routes.page_for(refuse, Method::GET, "/manager/proposals/review", allocation::review);
    routes.page_for(refuse, Method::GET, "/manager/figures", figures::figures);
}
