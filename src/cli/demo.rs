//! `relief demo`

use super::open_to_change;
use super::print::progress_bar;
use super::serve::log_as_json;
use crate::app::{self, Layer};
use crate::auth::{Passwords, Role, find_by_login, seal_password};
use crate::consignments::Consignment;
use crate::core::code::tracking_code;
use crate::core::id::{UserId, derived};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::schema::programmes;
use crate::db::{Conn, read_failure};
use crate::events::wake;
use crate::exchange::apply::Recorder;
use crate::exchange::demo::{self, PUBLISHED_CODE, SYNTHETIC_CODE, demo_actor, landmarks};
use crate::pledges::LinkChange;
use crate::users::store::{Changes, NewUser, UserAdd, UserChange};
use crate::vault::Vault;
use crate::writer::{Record, Writer, WriterSettings};
use clap::Args;
use diesel::prelude::*;
use std::io::Write;
use std::path::PathBuf;
use uuid::Uuid;

/// The demonstration's own database: never the one of the settings file or the environment.
const DATABASE_URL: &str = "sqlite://relief-demo.db";

/// Fills a database with published and invented data, and serves it
#[derive(Args)]
#[command(after_help = "Examples:\n  relief demo\n  relief demo --listen 127.0.0.1:0\n  \
                        relief demo --database-url sqlite:///tmp/show.db\n\n\
                        The database is filled once and reused. Passwords and the pledge link are new at every \
                        start and work until the next. The address and the keys come from flags, then from the \
                        environment; relief.toml is of the server in use and is not read.")]
pub(super) struct Demo {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "RELIEF_LISTEN", value_name = "ADDRESS")]
    listen: Option<String>,
    /// The demonstration's database, never one in use
    #[arg(long, value_name = "URL", default_value = DATABASE_URL)]
    database_url: String,
    /// The folder of the signing keys, made where it is missing [default: relief-keys]
    #[arg(long, env = "RELIEF_KEYS", value_name = "DIR")]
    keys: Option<PathBuf>,
}

impl Demo {
    pub(super) fn run(self) -> Outcome<()> {
        log_as_json();
        let layer = Layer {
            listen: self.listen,
            database_url: Some(self.database_url),
            keys: self.keys,
            ..Layer::default()
        };
        let settings = layer.settings();
        settings.tell();
        let (mut conn, vault) = open_to_change(&settings)?;
        refuse_database_in_use(&mut conn)?;
        let writer =
            Writer::start(WriterSettings { wake: Some(wake), ..WriterSettings::of(&settings.database_url) })?;
        let prepared = prepare(&writer, &mut conn, &vault);
        writer.stop();
        let prepared = prepared?;
        drop(conn);
        let server = app::start(settings)?;
        tell(&format!("http://{}", server.address), &prepared)?;
        server.wait()
    }
}

/// What a visitor needs, made anew at each start.
struct Prepared {
    logins: Vec<(Role, String, String)>,
    tracking_code: String,
    link_code: String,
    gap: String,
}

/// A demonstration changes passwords and fills in data: neither is for a database in use.
fn refuse_database_in_use(conn: &mut Conn) -> Outcome<()> {
    let others: i64 = programmes::table
        .filter(programmes::code.ne_all([PUBLISHED_CODE, SYNTHETIC_CODE]))
        .count()
        .get_result(conn)
        .map_err(read_failure)?;
    if others == 0 {
        return Ok(());
    }
    Err(Problem::new(
        Code::WrongState,
        format!("This database holds {others} programmes that are not the demonstration's. Give it one of its own."),
    )
    .at("/database_url"))
}

fn prepare(writer: &Writer, conn: &mut Conn, vault: &Vault) -> Outcome<Prepared> {
    let landmarks = landmarks();
    let mut recorder = Recorder::Writer(writer.clone());
    if !is_filled(conn, vault)? {
        eprintln!("relief: filling the demonstration's database, once");
        let bar = progress_bar("{spinner} {elapsed} {human_pos} records");
        let filled = demo::fill(&mut recorder, &mut |count| bar.inc(count as u64));
        bar.finish_and_clear();
        filled?;
    }
    let mut logins = Vec::new();
    for role in Role::ALL {
        let password = tracking_code(rand::random());
        let login = set_login((writer, vault), conn, (role, 0), &password)?;
        logins.push((role, login, password));
    }
    // The other manager of the story, for decisions that nobody makes alone.
    let password = tracking_code(rand::random());
    let login = set_login((writer, vault), conn, (Role::Manager, 1), &password)?;
    logins.push((Role::Manager, login, password));
    let link_code = tracking_code(rand::random());
    writer.record_blocking(LinkChange::make(landmarks.pledge, &link_code, demo_actor()))?;
    let found = Consignment::load(conn, &[landmarks.consignment]).map_err(read_failure)?;
    let tracking_code = found.first().map(|one| one.tracking_code.clone()).unwrap_or_default();
    Ok(Prepared { logins, tracking_code, link_code, gap: demo::gap()?.words() })
}

/// Whether all was told before: logins are made last.
fn is_filled(conn: &mut Conn, vault: &Vault) -> Outcome<bool> {
    Ok(find_by_login(conn, vault, &login_of(Role::first()))?.is_some())
}

fn login_of(role: Role) -> String {
    format!("demo-{}", role.word())
}

/// Adds the user of a role, or the n-th further one, or gives it a new password.
fn set_login(
    (writer, vault): (&Writer, &Vault),
    conn: &mut Conn,
    (role, number): (Role, u64),
    password: &str,
) -> Outcome<String> {
    let login = if number == 0 { login_of(role) } else { format!("{}-{}", login_of(role), number + 1) };
    let password_hash = Passwords::hash_blocking(password)?;
    let actor = demo_actor();
    match find_by_login(conn, vault, &login)? {
        Some(user) => {
            let password = seal_password(vault, user.id, &password_hash)?;
            let changes = Changes { password, ..Changes::default() };
            writer.record_blocking(UserChange { actor, id: user.id, read: None, changes })?;
        }
        None => {
            let organization = role.needs_organization().then(|| landmarks().donor);
            let user = NewUser {
                id: derived::<UserId>(Uuid::nil(), &format!("demonstration user {}", role.word()), number),
                login: login.clone(),
                name: format!("Demonstration {}", role.word()),
                password_hash,
                role,
                organization,
                countries: Vec::new(),
            };
            writer.record_blocking(UserAdd { actor, user: user.sealed(vault)? })?;
        }
    }
    Ok(login)
}

/// What the commands of the guides need, as variables of a shell: the password of each role's login, named as
/// the role, and the codes.
fn variables(address: &str, prepared: &Prepared) -> String {
    let mut words = format!("R={address}");
    for (role, login, password) in &prepared.logins {
        if *login == login_of(*role) {
            words.push_str(&format!(" {}={password}", role.word().to_uppercase()));
        }
    }
    format!("{words} CODE={} LINK={}", prepared.tracking_code, prepared.link_code)
}

/// Tells what a visitor needs; the address stands alone on the first line, for scripts.
fn tell(address: &str, prepared: &Prepared) -> Outcome<()> {
    let mut words = format!(
        "{address}\n\nDocumentation: {address}/docs/ (ctrl-c stops)\n\nLogins until the next start:\n"
    );
    for (role, login, password) in &prepared.logins {
        words.push_str(&format!("  {:<8} {login:<16} {password}\n", role.word()));
    }
    words.push_str(&format!(
        "\nTracking code: {}\n  {address}/api/v1/tracking/{}\nPledge link:\n  {address}/pledge-links/{}\n\n\
         For the jobs of README.md, paste this line first:\n  {}\n\n\
         {PUBLISHED_CODE}: {}\n{SYNTHETIC_CODE}: invented data throughout.\n",
        prepared.tracking_code,
        prepared.tracking_code,
        prepared.link_code,
        variables(address, prepared),
        prepared.gap
    ));
    let mut out = std::io::stdout().lock();
    out.write_all(words.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Problem::internal(format!("standard output: {error}")))
}
