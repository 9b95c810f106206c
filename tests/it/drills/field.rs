//! Where drills take place: much of one item in Beijing, and an officer who may move it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::app::{self, Layer, RunningServer};
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::auth::{Role, Tokens};
use relief_ledger::core::id::{PledgeId, SessionId, UserId};
use relief_ledger::db::connect;
use relief_ledger::pledges::PledgeOffer;
use relief_ledger::users::store::{NewUser, UserAdd};
use relief_ledger::vault::Vault;
use relief_ledger::writer::{Comparison, Writer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::browser::program::Program;
use crate::support::ledger::Ledger;
use crate::support::server::{Arrival, Caller, operator};

/// A ledger in a database, and the keys of the servers that will serve it.
pub struct Field {
    pub ledger: Ledger,
    pub token: String,
    /// Whose it is, and of which session.
    session: (UserId, SessionId),
    url: String,
    folder: tempfile::TempDir,
}

impl Field {
    /// Puts this many pieces into Beijing; no writer is left behind.
    pub fn lay(url: &str, quantity: i64) -> Self {
        Self::lay_with(url, quantity, tempfile::tempdir().expect("a folder for keys"))
    }

    /// The same, with a folder that may have the keys of servers that run already, in `keys`.
    pub fn lay_with(url: &str, quantity: i64, folder: tempfile::TempDir) -> Self {
        let ledger = Ledger::open(url);
        let pledge = PledgeId(Uuid::now_v7());
        let lines = json!([{"item": ledger.item, "quantity": quantity}]);
        let offer = json!({"programme": ledger.programme, "donor": ledger.donor, "offered_at": "2020-05-01",
            "lines": lines});
        let offer = serde_json::from_value(offer).expect("an offer");
        let offer = PledgeOffer::new(pledge, offer, ledger.actor.clone());
        ledger.writer.record_blocking(offer).expect("it is offered");
        ledger.posted("pledge_accepted", "2020-06-01", json!({"pledge": pledge}));
        let collected = json!({"pledge": pledge, "site": ledger.beijing, "lines": lines});
        ledger.posted("collected", "2020-06-10", collected);
        let keys = folder.path().join("keys");
        let (user, session) = newcomer(&ledger.writer, &keys, Role::Officer);
        ledger.writer.stop();
        drop(KeyRing::open_or_create(&keys).expect("there are keys"));
        let token = Tokens::open(&keys).expect("they sign").issue(user, session).expect("a token");
        Self { ledger, token, session: (user, session), url: url.to_owned(), folder }
    }

    /// A token of the officer's that is good for ten minutes from now, as a client gets by its session.
    pub fn new_token(&self) -> String {
        let (user, session) = self.session;
        Tokens::open(&self.keys()).expect("they sign").issue(user, session).expect("a token")
    }

    /// The folder of the keys.
    pub fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// Starts the real program as a process of its own.
    pub fn start(&self) -> Program {
        self.start_at(&self.url, &[])
    }

    /// The same, with another way to the database and further flags.
    pub fn start_at(&self, url: &str, more: &[&str]) -> Program {
        // A limit on file sizes is to be met as a full disk is: by an error and not by a signal.
        let mut command = Command::new("bash");
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_relief"), "serve"]);
        command.args(["--listen", "127.0.0.1:0", "--workers", "2", "--database-url", url, "--keys"]);
        command.arg(self.keys()).args(more).env("RELIEF_LOG", "off");
        Program::start(command.stderr(Stdio::null()))
    }

    /// Starts a server in this process, whose writer lacks a guard: the program has no flag for that.
    pub fn start_without(&self, comparison: Comparison) -> RunningServer {
        let mut settings = Layer { workers: Some(2), ..Layer::default() }.settings();
        settings.listen = "127.0.0.1:0".to_owned();
        settings.database_url.clone_from(&self.url);
        (settings.keys, settings.signals) = (self.keys(), false);
        settings.handicap.comparison = comparison;
        app::start(settings).expect("the server starts")
    }

    /// The officer, at this server.
    pub fn officer(&self, program: &Program) -> Caller {
        self.officer_at(program.address().trim_start_matches("http://").parse().expect("an address"))
    }

    /// A manager who comes now, as another process would have it, and is at this server.
    pub fn manager(&self, program: &Program) -> Caller {
        let writer = Ledger::start(&self.url);
        let (user, session) = newcomer(&writer, &self.keys(), Role::Manager);
        writer.stop();
        let token = Tokens::open(&self.keys()).expect("they sign").issue(user, session).expect("a token");
        Caller { token: Some(token), user: Some(user), ..self.officer(program) }
    }

    /// The officer, at the server of this address.
    pub fn officer_at(&self, address: SocketAddr) -> Caller {
        Caller { address, token: Some(self.new_token()), user: None }
    }

    /// A piece that goes from Beijing to Banjul, under this identifier.
    pub fn moved(&self, id: &str) -> Value {
        json!({"id": id, "kind": "moved", "occurred_at": "2020-08-01", "site": self.ledger.beijing,
            "to_site": self.ledger.banjul, "lines": [{"item": self.ledger.item, "quantity": 1}]})
    }

    /// A table to import of so many updates, each of which moves a piece from Beijing to Banjul.
    pub fn table(&self, count: usize) -> String {
        let more = format!("\"{{\"\"to_site\"\": \"\"{}\"\"}}\"", self.ledger.banjul);
        let rows =
            (0..count).map(|number| format!("M-{number:05},moved,2020-08-01,BEIJING,MASK,1,{more}\r\n"));
        format!("reference,kind,occurred at,site,item,quantity,more\r\n{}", rows.collect::<String>())
    }
}

/// Somebody of a role who comes and is logged in at once.
fn newcomer(writer: &Writer, keys: &Path, role: Role) -> (UserId, SessionId) {
    let (user, session) = (UserId(Uuid::now_v7()), SessionId(Uuid::now_v7()));
    let new = NewUser {
        id: user,
        login: role.word().into(),
        name: format!("The {}", role.word()),
        password_hash: "none".into(),
        role,
        organization: None,
        countries: Vec::new(),
    };
    let new = new.sealed(&Vault::open_or_create(keys).expect("the vault opens")).expect("it is sealed");
    let arrival = Arrival { add: UserAdd { actor: operator(), user: new }, session };
    writer.record_blocking(arrival).expect("the user is added");
    (user, session)
}

/// A new identifier as clients make them.
pub fn id() -> String {
    Uuid::now_v7().to_string()
}

/// The moves recorded, by identifier; each as often as it stands there.
pub fn recorded(url: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Binary)]
        id: Vec<u8>,
    }
    let sql = "SELECT id FROM events WHERE kind = 'moved'";
    let rows: Vec<Row> = sql_query(sql).load(&mut connect(url).expect("it opens")).expect("events");
    rows.iter().map(|row| Uuid::from_slice(&row.id).expect("an id").to_string()).collect()
}

/// What was acknowledged and is not there, or is there more than once.
pub fn broken_promises(url: &str, acknowledged: &BTreeSet<String>) -> Vec<String> {
    broken_among(&recorded(url), acknowledged)
}

/// The same, of these identifiers recorded.
pub fn broken_among(recorded: &[String], acknowledged: &BTreeSet<String>) -> Vec<String> {
    let times = |id: &String| recorded.iter().filter(|one| *one == id).count();
    acknowledged.iter().filter(|id| times(id) != 1).cloned().collect()
}

/// What is recorded although its poster was told that it is not.
pub fn recorded_in_secret(url: &str, acknowledged: &BTreeSet<String>) -> Vec<String> {
    recorded(url).into_iter().filter(|id| !acknowledged.contains(id)).collect()
}
