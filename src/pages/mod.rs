//! The pages people open in a browser.
//!
//! | file | what it is |
//! |---|---|
//! | `visitor` | who looks at a page, in which language, and the permits that gives |
//! | `frame`, `frame.html` | what is around every page: heading, ways to other pages, language |
//! | `refused` | a refusal as a page, and beside the fields of a form |
//! | `fault_words` | what is wrong with a field, in six languages by the interface's codes |
//! | `form`, `multipart` | what a form sends, with a file or without |
//! | `words` | phrases that pages share, in six languages; plural forms |
//! | `grid`, `fields` | tables, and the fields of forms, as several pages show them |
//! | `made_up` | whether what a page shows is made up |
//! | `live` | telling browsers that there is something new to read |
//! | `files`, `static/` | style and scripts, under names that change with what they hold |
//! | `manifest` | what a phone is told that has the pages on its home screen |
//! | `sign_in` | signing in and out, choosing a language |
//! | `board`, `warehouse` | an officer's consignments, posting, the queue on the phone; stock, cards, counts |
//! | `front` | the page of the address itself |
//! | `drawing` | bars and charts that the server draws |
//! | `donor` | what became of a gift, with an account or by a private link |
//! | `manager` | what is to be decided, and pictures of it |
//! | `audit` | whether it adds up, down to entries; the log and who checked it |
//! | `imports` | a table in: sent, tried, read row by row, recorded |
//! | `admin` | people, organizations, items, sites, keys; webhooks |
//! | `confirm` | a consignee confirms receipt by a link |
//! | `map` | a published programme on a map |
//! | `proof` | that an entry is in the log, for whoever was given the link |
//! | `publish` | which programmes anybody may read |
//! | `track` | where a consignment is, by its code |
//!
//! Each further page is a folder: `mod.rs` its routes and handlers, `view.rs` what its template shows, `words.rs` its
//! phrases, and the templates. Pages work on a phone and without scripts, and need nothing from outside. Never here:
//! figures worked out in a page, or a query; a page shows what a room answers, under the permit that the room asks for.

mod admin;
mod audit;
mod donor;
pub mod drawing;
mod fault_words;
mod fields;
mod board;
mod confirm;
mod files;
mod form;
mod frame;
mod front;
mod grid;
mod live;
mod imports;
mod made_up;
mod manager;
mod manifest;
mod map;
mod multipart;
mod proof;
mod publish;
mod refused;
mod sign_in;
mod track;
mod visitor;
mod warehouse;
mod words;

pub use fault_words::{fault_phrases, fault_said};
pub use form::Form;
pub use refused::nowhere;
pub use visitor::first_language;
pub use words::forms;

use crate::web::Routes;

/// Every phrase of every page, in the order of the languages: for whoever checks that none lacks a form or a part.
pub fn phrases() -> Vec<[&'static str; 6]> {
    let all = [
        words::Word::every(),
        words::Trouble::every(),
        words::Advice::every(),
        fault_words::FaultWord::every(),
        audit::AuditWord::every(),
        audit::CheckWord::every(),
        admin::AdminWord::every(),
        imports::ImportWord::every(),
        donor::DonorWord::every(),
        donor::kinds::KindWord::every(),
        manager::ManagerWord::every(),
        manager::MissingWord::every(),
        manager::HappenedWord::every(),
        manager::CaptureWord::every(),
        manager::StandingWord::every(),
        drawing::whereabouts::WhereWord::every(),
        board::BoardWord::every(),
        board::QueueWord::every(),
        warehouse::StoreWord::every(),
        confirm::words::ConfirmWord::every(),
        front::words::FrontWord::every(),
        map::words::MapWord::every(),
        proof::words::ProofWord::every(),
        publish::words::PublishWord::every(),
        track::words::TrackWord::every(),
    ];
    all.concat()
}

/// The routes of pages.
pub fn routes(routes: &mut Routes) {
    donor::routes(routes);
    admin::routes(routes);
    audit::routes(routes);
    files::routes(routes);
    confirm::routes(routes);
    front::routes(routes);
    live::routes(routes);
    imports::routes(routes);
    manager::routes(routes);
    manifest::routes(routes);
    map::routes(routes);
    track::routes(routes);
    proof::routes(routes);
    publish::routes(routes);
    sign_in::routes(routes);
    board::routes(routes);
    warehouse::routes(routes);
}
