//! This house's network is out of reach of whoever names an address: what a name leads to is looked at once, and what was
//! looked at is connected to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use relief_ledger::app::Settings;
use relief_ledger::outbox::rules::Pace;
use relief_ledger::webhooks::{Lookup, Receivers, is_public};
use serde_json::json;

use super::receiver::Receiver;
use super::{WEBHOOKS, a_gift, a_while, hears, made};
use crate::stories::scene::Scene;
use crate::support::server::{Server, migrate};
use crate::support::{TestDatabase, on_both_databases, until};

#[test]
fn what_is_not_public_is_known_in_every_way_it_can_be_written() {
    for special in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(special.parse().expect(special)), "{special}");
    }
    for public in [
        "1.1.1.1",
        "9.9.9.9",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
    ] {
        assert!(is_public(public.parse().expect(public)), "{public}");
    }
    // The twin that looks at what was written, and not at what it leads to, lets most of them pass.
    let naive = |text: &str| !["10.", "127.", "192.168."].iter().any(|start| text.starts_with(start));
    assert!(["::ffff:127.0.0.1", "2002:7f00:1::1", "169.254.169.254", "0.0.0.0"].into_iter().all(naive));
}

/// What stands for `host:port`, with how often it was asked.
fn names(
    asked: &Arc<AtomicUsize>,
    answer: impl Fn(usize) -> Vec<SocketAddr> + Send + Sync + 'static,
) -> Lookup {
    let asked = Arc::clone(asked);
    Arc::new(move |_| Ok(answer(asked.fetch_add(1, Ordering::SeqCst))))
}

fn resolving(private_addresses: bool, lookup: Option<Lookup>) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.pace = Pace(100_000);
        let patience = Duration::from_millis(400);
        settings.receivers = Receivers { plain_http: true, private_addresses, patience, lookup };
    }
}

fn server(database: &TestDatabase, private_addresses: bool, lookup: Option<Lookup>) -> Server {
    Server::start_with(database, resolving(private_addresses, lookup))
}

on_both_databases! {
    migrate: migrate;

    fn a_name_that_leads_inside_is_refused_after_it_was_resolved(database: &TestDatabase) {
        let receiver = Receiver::kind();
        let port = receiver.address.port();
        let inside = receiver.address;
        let outside: SocketAddr = "9.9.9.9:443".parse().expect("an address");
        // One name leads inside, another to both.
        let lookup: Lookup = Arc::new(move |name: &str| {
            Ok(if name.starts_with("both") { vec![outside, inside] } else { vec![inside] })
        });
        let scene = Scene::on(server(database, false, Some(lookup)), database);
        let mut made_of = Vec::new();
        for name in ["inside.example", "both.example"] {
            made_of.push(made(&scene.officer, &json!({"url": format!("http://{name}:{port}/relief")})).0);
        }
        a_gift(&scene, 500);
        for id in &made_of {
            let error = until("it fails", || {
                scene.officer.get(&format!("{WEBHOOKS}/{id}")).expect(200)["error"].as_str().map(str::to_owned)
            });
            assert_eq!(error, "its name leads to an address that is not public");
        }
        a_while();
        assert_eq!(receiver.connections(), 0, "nobody was connected to");

        // The twin without the look at addresses tells both.
        let lookup: Lookup = Arc::new(move |_: &str| Ok(vec![inside]));
        let careless = scene.house.restart_with(resolving(true, Some(lookup)));
        hears(&receiver, 4);
        careless.stop();
    }

    fn numbers_that_no_address_looks_like_lead_nowhere_inside(database: &TestDatabase) {
        let receiver = Receiver::kind();
        let port = receiver.address.port();
        // The system itself resolves these: they are 127.0.0.1 to it, or nothing.
        let scene = Scene::on(server(database, false, None), database);
        let mut ids = Vec::new();
        for host in ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"] {
            ids.push(made(&scene.officer, &json!({"url": format!("http://{host}:{port}/")})).0);
        }
        a_gift(&scene, 500);
        for id in &ids {
            until("it fails", || scene.officer.get(&format!("{WEBHOOKS}/{id}")).expect(200)["error"].as_str().map(str::to_owned));
        }
        assert_eq!(receiver.connections(), 0);
    }

    fn what_was_looked_at_is_connected_to_whatever_the_name_says_a_moment_later(database: &TestDatabase) {
        let (first, second) = (Receiver::kind(), Receiver::kind());
        let places = [first.address, second.address];
        let asked = Arc::new(AtomicUsize::new(0));
        let lookup = names(&asked, move |time| vec![places[time % 2]]);
        let scene = Scene::on(server(database, true, Some(lookup)), database);
        made(&scene.officer, &json!({"url": "http://rebinding.example/relief", "kinds": ["collected"]}));
        a_gift(&scene, 500);
        hears(&first, 1);
        assert_eq!(asked.load(Ordering::SeqCst), 1, "a message asks for its name once");
        assert_eq!(second.connections(), 0);
        a_gift(&scene, 600);
        hears(&second, 1);
        assert_eq!((asked.load(Ordering::SeqCst), first.heard().len()), (2, 1), "the next message asks anew");

        // The twin that looks first and lets the connection ask again is led elsewhere.
        let asked = Arc::new(AtomicUsize::new(0));
        let lookup = names(&asked, move |time| vec![places[time % 2]]);
        let looked_at = lookup("rebinding.example:80").expect("an address");
        let connected = lookup("rebinding.example:80").expect("an address");
        assert_ne!(looked_at, connected);
    }
}
