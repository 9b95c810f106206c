//! What one consignment with its way, standing and history costs to read, beside a handler that only
//! answers JSON.

use super::failed;
use super::figure::Figure;
use super::house::House;
use super::load::{Chain, Request, Work, send};
use super::updates::Meter;
use crate::app::Handicap;
use crate::core::problem::Outcome;
use actix_web::{App, HttpServer, web};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use uuid::Uuid;

/// Requests of one connection before it takes the next chain.
const CHAIN: usize = 50;
/// Connections that read at once.
const CONNECTIONS: usize = 16;

/// Measures reads over HTTP on a house.
///
/// # Errors
/// Where anything is refused.
pub(super) fn measure(
    house: &House,
    name: &str,
    consignments: &[Uuid],
    quick: bool,
    figures: &mut Vec<Figure>,
) -> Outcome<()> {
    let requests = if quick { 10_000 } else { 30_000 };
    let paths: Vec<String> = consignments.iter().map(|id| format!("/api/v1/consignments/{id}")).collect();
    let meter = Meter::new(&house.url)?;
    let server = house.open(Handicap::default())?;
    let began = meter.used()?;
    let sent = house.send(&server, chains(&paths, requests))?;
    let cpu = meter.used()?.saturating_sub(began);
    server.stop()?;
    let cpu_ms = cpu.as_secs_f64() * 1_000.0 / requests as f64;
    let bare_ms = bare_handler(requests)?;
    figures.extend([
        Figure::shown(format!("{name}: consignments read"), "/s", sent.per_second()),
        Figure::at_most(format!("{name}: server CPU for a consignment with history"), "ms", cpu_ms, 0.2),
        Figure::shown(format!("{name}: the same for a bare JSON handler"), "ms", bare_ms),
    ]);
    Ok(())
}

fn chains(paths: &[String], requests: usize) -> Vec<Chain> {
    let all: Vec<Request> = paths
        .iter()
        .cycle()
        .take(requests)
        .map(|path| Request { path: path.clone(), body: None, by_other: false })
        .collect();
    all.chunks(CHAIN).map(<[Request]>::to_vec).collect()
}

/// CPU of one request, in milliseconds, to a server that only writes a small JSON.
///
/// # Errors
/// Where it cannot be started.
pub(super) fn bare_handler(requests: usize) -> Outcome<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let address: SocketAddr = listener.local_addr().map_err(failed)?;
    let (send_handle, handle) = mpsc::sync_channel(1);
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let answer = || async { web::Json(serde_json::json!({"status": "ok"})) };
            let server = HttpServer::new(move || App::new().default_service(web::to(answer)))
                .disable_signals()
                .listen(listener)?
                .run();
            drop(send_handle.send(server.handle()));
            server.await
        })
    });
    let handle = handle.recv().map_err(failed)?;
    let meter = Meter::new("")?;
    let began = meter.used()?;
    let work = Work {
        address,
        tokens: Default::default(),
        connections: CONNECTIONS,
        chains: chains(&["/".to_owned()], requests).into(),
        is_browser: false,
    };
    let sent = send(&work);
    let cpu = meter.used()?.saturating_sub(began);
    drop(handle.stop(false));
    drop(thread.join());
    sent?;
    Ok(cpu.as_secs_f64() * 1_000.0 / requests as f64)
}
