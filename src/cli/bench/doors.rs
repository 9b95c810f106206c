//! What everybody else feels of a crowd at the doors: many logins at once, and connections that are held open by
//! thousands.

use super::crowd::{Crowd, Manner};
use super::failed;
use super::figure::Figure;
use super::house::House;
use super::load::{Chain, Request};
use crate::app::{Handicap, RunningServer};
use crate::core::problem::Outcome;

/// Logins a second that are offered.
const LOGINS: usize = 200;
/// Connections that are held open.
const HELD: usize = 2_000;
/// Consignments that are read meanwhile.
const SHIPMENTS: usize = 64;
/// Connections of everybody else.
const CONNECTIONS: usize = 4;
/// Requests of one of them before it takes the next chain.
const CHAIN: usize = 50;
/// Measurements; the middle one counts.
const ROUNDS: usize = 3;

/// Measures what others feel.
///
/// # Errors
/// Where the server or a crowd cannot be started, or anything of the others' is refused.
pub(super) fn measure(house: &House, quick: bool, figures: &mut Vec<Figure>) -> Outcome<()> {
    let requests = if quick { 4_000 } else { 20_000 };
    let shipments = house.prepare(SHIPMENTS)?;
    let paths = shipments.consignments.iter().map(|id| format!("/api/v1/consignments/{id}"));
    let all: Vec<Request> =
        paths.cycle().take(requests).map(|path| Request { path, body: None, by_other: false }).collect();
    let chains: Vec<Chain> = all.chunks(CHAIN).map(<[Request]>::to_vec).collect();
    let server = house.open(Handicap::default())?;
    // What comes first pays for what is cold.
    p99(house, &server, &chains)?;
    for (manner, members, name) in [
        (Manner::Logins, LOGINS, "200 logins a second"),
        (Manner::Heads, HELD, "2,000 slow heads"),
        (Manner::Bodies, HELD, "2,000 slow bodies"),
        (Manner::Idle, HELD, "2,000 idle connections"),
    ] {
        eprintln!("relief: {name} …");
        let (mut alone, mut among) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            alone.push(p99(house, &server, &chains)?);
            let token = house.token()?;
            let crowd = Crowd { address: server.address, token, manner, members }.gather()?;
            among.push(p99(house, &server, &chains)?);
            drop(crowd);
        }
        let (alone, among) = (median(alone), median(among));
        figures.push(Figure::shown(format!("p99 of others without {name}"), "ms", alone));
        match manner {
            Manner::Logins => {
                figures.push(Figure::at_most(format!("p99 of others with {name}"), "ms", among, 100.0));
            }
            Manner::Heads | Manner::Bodies | Manner::Idle => {
                figures.push(Figure::shown(format!("p99 of others with {name}"), "ms", among));
                figures.push(Figure::at_most(format!("{name}: p99 over without"), "×", among / alone, 2.0));
            }
        }
    }
    server.stop()
}

fn p99(house: &House, server: &RunningServer, chains: &[Chain]) -> Outcome<f64> {
    let sent = house.send_over(server, CONNECTIONS, chains.to_vec())?;
    if sent.p99_ms > 0.0 { Ok(sent.p99_ms) } else { Err(failed("nothing was answered")) }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
