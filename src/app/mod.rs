//! Wiring: configuration, routes, middleware, OpenAPI, start and stop.
//!
//! | file | what it is |
//! |---|---|
//! | `settings` | flags over environment over `relief.toml` over defaults |
//! | `server` | start, listen, stop in order |
//! | `listen` | the server below, put together |
//! | `answers` | what the server below refuses, said as every refusal is said |
//! | `connections` | how many there may be and how long one may rest |
//! | `cors` | which other origins' pages may read answers |
//! | `observe` | request id, logs, metrics and security headers around every request |
//! | `background` | a thread of the server's own, until it is stopped |
//! | `capturing` | settling what other systems sent, once it is recorded and answered |
//! | `checkpoints` | signing the log's head once a second, and what stands against believing it |
//! | `log` | the log over HTTP |
//! | `keys` | new keys for access tokens, taken up and rotated by age |
//! | `importing` | importing files that were sent, beside everything else |
//! | `telling` | telling others what is recorded, beside the writer |
//! | `dated` | making dated blocks of what was recorded, beside the writer |
//! | `moving` | moving what SQLite wrote ahead, beside the writer |
//! | `replica` | how far behind the database its replica is |
//! | `retention` | erasing people whose time is over, once a day |
//! | `tls` | TLS by rustls, where there is a certificate |
//! | `throttle` | slowing down strangers on routes that answer to codes |
//! | `health` | whether the server lives, is ready, and how it does |
//! | `docs` | the OpenAPI document and Swagger UI |
//!
//! This room lists the rooms that have routes, and knows nothing else about them. Never here: a rule about
//! goods, or a query.

mod answers;
mod background;
mod capturing;
mod checkpoints;
mod connections;
mod cors;
mod dated;
mod docs;
mod health;
mod importing;
mod keys;
mod listen;
mod log;
mod moving;
mod observe;
mod replica;
mod retention;
mod server;
mod settings;
mod telling;
mod throttle;
mod tls;

pub use server::{RunningServer, start};
pub use settings::{
    DEFAULT_DATABASE_URL, DEFAULT_LISTEN, Handicap, Layer, SETTINGS_FILE, STARTING, Settings, TlsFiles,
};
pub use throttle::Buckets;

use crate::web::Routes;
use crate::{
    approvals, areas, baselines, captures, checks, claims, cold, confirmations, consignments, counts,
    documents, events, exchange, exports, facts, forecast, gaps, highlights, items, kits, lots, mail, map,
    needs, pages, papers, parties, people, pledges, programmes, reach, reconciliation, sites, stock, totals,
    tracking, units, unwanted, users, webhooks,
};

/// All routes of the server, room by room.
pub fn routes() -> Routes {
    let mut routes = Routes::default();
    users::routes(&mut routes);
    items::http::routes(&mut routes);
    parties::http::routes(&mut routes);
    people::http::routes(&mut routes);
    areas::http::routes(&mut routes);
    areas::http_editions::routes(&mut routes);
    areas::http_gazetteer::routes(&mut routes);
    sites::http::routes(&mut routes);
    sites::countries::routes(&mut routes);
    facts::routes(&mut routes);
    programmes::http::routes(&mut routes);
    baselines::http::routes(&mut routes);
    baselines::http_table::routes(&mut routes);
    unwanted::http::routes(&mut routes);
    pledges::http::routes(&mut routes);
    consignments::http::routes(&mut routes);
    consignments::terms::http::routes(&mut routes);
    stock::http::routes(&mut routes);
    events::http::routes(&mut routes);
    approvals::http::routes(&mut routes);
    webhooks::http::routes(&mut routes);
    claims::http::routes(&mut routes);
    tracking::http::routes(&mut routes);
    mail::http::routes(&mut routes);
    confirmations::routes(&mut routes);
    totals::routes(&mut routes);
    forecast::http::routes(&mut routes);
    map::routes(&mut routes);
    reach::http::routes(&mut routes);
    highlights::routes(&mut routes);
    needs::http::routes(&mut routes);
    gaps::http::routes(&mut routes);
    exchange::http::routes(&mut routes);
    documents::http::routes(&mut routes);
    papers::http::routes(&mut routes);
    reconciliation::http::routes(&mut routes);
    counts::http::routes(&mut routes);
    checks::http::routes(&mut routes);
    captures::http::routes(&mut routes);
    exports::http::routes(&mut routes);
    lots::http::routes(&mut routes);
    kits::http::routes(&mut routes);
    units::http::routes(&mut routes);
    cold::http::routes(&mut routes);
    cold::http_storage::routes(&mut routes);
    log::routes(&mut routes);
    pages::routes(&mut routes);
    health::routes(&mut routes);
    docs::routes(&mut routes);
    routes
}

/// The OpenAPI document as JSON, for the command line and for `/api/openapi.json`.
pub fn openapi() -> serde_json::Value {
    serde_json::to_value(routes().openapi()).unwrap_or_default()
}
