//! Who comes while others are decided shares their commit, and nobody joins whom a bench wants alone.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use relief_ledger::parties::OrganizationCreate;
use relief_ledger::writer::{Actor, Desk, Priority, Refusal, Update, Writer, WriterSettings};
use serde_json::json;
use uuid::Uuid;

use crate::support::on_both_databases;
use crate::support::server::{migrate, operator};

const PATIENCE: Duration = Duration::from_secs(30);

/// An organization that is only decided once somebody says so.
struct Held {
    create: OrganizationCreate,
    begun: Mutex<Option<Sender<()>>>,
    go_on: Mutex<Option<Receiver<()>>>,
}

impl Update for Held {
    type Answer = ();

    fn actor(&self) -> &Actor {
        self.create.actor()
    }

    fn keys(&self, desk: &mut Desk) {
        self.create.keys(desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let take =
            |held: &Mutex<Option<Sender<()>>>| held.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(begun) = take(&self.begun) {
            begun.send(()).ok();
            let go_on =
                self.go_on.lock().unwrap_or_else(PoisonError::into_inner).take().expect("a word to wait for");
            go_on.recv_timeout(PATIENCE).expect("the word");
        }
        self.create.decide(desk).map(drop)
    }
}

fn organization(name: &str) -> OrganizationCreate {
    let draft =
        serde_json::from_value(json!({"name": name, "country": "GM", "consignee": true})).expect("a draft");
    OrganizationCreate::new(operator(), &draft, relief_ledger::core::id::OrganizationId(Uuid::now_v7()))
        .expect("it is right")
}

/// An update, the news that it is being decided, and the word for it to go on.
fn held(name: &str) -> (Held, Receiver<()>, Sender<()>) {
    let ((begun, is_begun), (say, go_on)) = (channel(), channel());
    let create = organization(name);
    (Held { create, begun: Mutex::new(Some(begun)), go_on: Mutex::new(Some(go_on)) }, is_begun, say)
}

fn writer(url: &str, one_by_one: bool) -> Writer {
    let settings = WriterSettings { one_by_one, ..WriterSettings::of(url) };
    Writer::start(settings).expect("a writer starts")
}

on_both_databases! {
    migrate: migrate;

    fn who_comes_while_another_is_decided_shares_its_commit(database: &TestDatabase) {
        let writer = writer(database.url(), false);
        let sequence = writer.sequence();
        let before = *sequence.borrow();
        let (first, is_begun, say) = held("First");
        let first = writer.submit(first, Priority::Single).expect("it is queued");
        is_begun.recv_timeout(PATIENCE).expect("it is being decided");
        let later = writer.submit(organization("Later"), Priority::Single).expect("it is queued");
        say.send(()).expect("it waits");
        first.blocking_recv().expect("an answer").expect("it is recorded");
        assert_eq!(*sequence.borrow(), before + 2, "the first is answered after the commit of both");
        later.blocking_recv().expect("an answer").expect("it is recorded");
        writer.stop();
    }

    fn nobody_joins_where_each_is_recorded_alone(database: &TestDatabase) {
        let writer = writer(database.url(), true);
        let sequence = writer.sequence();
        let before = *sequence.borrow();
        let (first, is_begun, say) = held("First");
        let first = writer.submit(first, Priority::Single).expect("it is queued");
        is_begun.recv_timeout(PATIENCE).expect("it is being decided");
        let (later, _, say_later) = held("Later");
        let later = writer.submit(later, Priority::Single).expect("it is queued");
        say.send(()).expect("it waits");
        first.blocking_recv().expect("an answer").expect("it is recorded");
        assert_eq!(*sequence.borrow(), before + 1);
        say_later.send(()).expect("it waits");
        later.blocking_recv().expect("an answer").expect("it is recorded");
        writer.stop();
    }
}
