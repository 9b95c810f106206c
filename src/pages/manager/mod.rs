//! What a manager decides: pledges, proposals of others, and who gets free goods; and pictures to decide by.
//!
//! | file | what it is |
//! |---|---|
//! | `overview` | what waits for a decision, what is late, what is lacking |
//! | `pledge` | accepting and declining a pledge |
//! | `approval` | approving and refusing what somebody else proposed |
//! | `allocation` | reviewing and accepting how free goods could fill what is lacking |
//! | `figures` | four pictures, each with its table |
//! | `common` | names of what is shown, and what is wrong in a form |
//! | `words` | the phrases |
//!
//! Never here: a decision that the interface would not take, and one about an own proposal.

mod allocation;
mod approval;
mod common;
mod figures;
mod overview;
mod pledge;
mod words;

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
    routes.page_for(refuse, Method::GET, "/manager/proposals", allocation::proposals);
    routes.page_for(refuse, Method::POST, "/manager/proposals", allocation::accept);
    routes.page_for(refuse, Method::GET, "/manager/proposals/review", allocation::review);
    routes.page_for(refuse, Method::GET, "/manager/figures", figures::figures);
}
