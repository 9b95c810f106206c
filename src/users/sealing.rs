//! Sealing the users of a database from before users were sealed: once, at the first start of a program that does.
//!
//! What says who somebody is, is sealed by an update like any other, so that the log tells of it and vouches for the
//! sealed row from then on; entries from before vouch for what the row was then, by hashes alone. Then the old bytes are
//! cleared from the files of the database. A crash in between repeats what is left to do at the next start.

use super::outside_store::OutsideIdentity;
use crate::auth::{
    NO_PASSWORD, User, UserWords, is_of_another_vault, login_key, seal_new_user, seal_password,
};
use crate::core::id::UserId;
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{outside_identities, users};
use crate::db::{Conn, purge_due, purges_due, read_failure};
use crate::vault::Vault;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, Writer};
use diesel::prelude::*;
use uuid::Uuid;

/// Rows sealed under one entry.
const ROWS_PER_ENTRY: i64 = 500;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealing {
    /// Users who were sealed now.
    pub sealed: usize,
    /// Tables whose old bytes were cleared from the files now.
    pub cleared: Vec<String>,
    /// Why some could not be cleared yet: the next start tries again.
    pub left: Option<String>,
    /// Users whose login was sealed with the keys of another folder, and who cannot log in with those of this one.
    pub strange: usize,
}

/// Whether there is anything to seal or to clear.
///
/// # Errors
/// What the database says.
pub fn is_sealing_due(conn: &mut Conn) -> Outcome<bool> {
    let plain: i64 = users::table
        .filter(users::sealed.is_null().and(users::erased_at.is_null()))
        .count()
        .get_result(conn)
        .map_err(read_failure)?;
    Ok(plain > 0 || !purges_due(conn)?.is_empty())
}

/// Seals every user that is not sealed yet, and clears what was there in clear.
///
/// # Errors
/// What the database, the writer or the key folder says; what was done until then stays done.
pub fn seal_users(conn: &mut Conn, writer: &Writer, vault: &Vault) -> Outcome<Sealing> {
    let mut done = Sealing::default();
    loop {
        let plain: Vec<User> = users::table
            .filter(users::sealed.is_null().and(users::erased_at.is_null()))
            .order(users::id)
            .limit(ROWS_PER_ENTRY)
            .select(User::as_select())
            .load(conn)
            .map_err(read_failure)?;
        if plain.is_empty() {
            break;
        }
        let rows = plain.into_iter().map(|user| sealed(vault, user)).collect::<Outcome<Vec<_>>>()?;
        done.sealed += writer.record_blocking(UsersSeal { actor: server(), rows })?.answer;
    }
    loop {
        let plain: Vec<OutsideIdentity> = outside_identities::table
            .filter(outside_identities::subject.ne(""))
            .order(outside_identities::id)
            .limit(ROWS_PER_ENTRY)
            .select(OutsideIdentity::as_select())
            .load(conn)
            .map_err(read_failure)?;
        if plain.is_empty() {
            break;
        }
        writer.record_blocking(SubjectsEmpty { actor: server(), rows: plain })?;
    }
    for table in purges_due(conn)? {
        match purge_due(conn, &table) {
            Ok(()) => done.cleared.push(table),
            Err(problem) => done.left = Some(problem.internal.unwrap_or(problem.detail)),
        }
    }
    done.strange = strange(conn, vault)?;
    Ok(done)
}

/// How many users have a login under the keys of another folder.
fn strange(conn: &mut Conn, vault: &Vault) -> Outcome<usize> {
    let all: Vec<User> = users::table
        .filter(users::sealed.is_not_null())
        .select(User::as_select())
        .load(conn)
        .map_err(read_failure)?;
    Ok(all.iter().filter(|user| is_of_another_vault(vault, user)).count())
}

fn sealed(vault: &Vault, user: User) -> Outcome<(User, User)> {
    let words = UserWords { login: user.login.clone(), name: user.name.clone() };
    let hash = if user.password_hash.is_empty() { NO_PASSWORD } else { &user.password_hash };
    let after = User {
        login: login_key(vault, &user.login),
        name: String::new(),
        sealed: Some(seal_new_user(vault, user.id, &words)?),
        sealed_password: seal_password(vault, user.id, hash)?,
        password_hash: String::new(),
        ..user.clone()
    };
    Ok((user, after))
}

/// Who acts where users are sealed.
fn server() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: "server".to_owned(), scope: "sealing".to_owned() }
}

fn entry(count: usize) -> Entry {
    let reason = Some(format!("{count} sealed that were in clear"));
    Entry { action: "users.sealed".to_owned(), kind: "user", id: Uuid::nil(), reason }
}

/// Puts sealed rows in place of plain ones; one that changed meanwhile is left for the next round.
struct UsersSeal {
    actor: Actor,
    rows: Vec<(User, User)>,
}

impl Update for UsersSeal {
    type Answer = usize;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for (before, _) in &self.rows {
            desk.shelf::<Drawer<User>>().want(before.id);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<usize, Refusal> {
        let mut fitting = Vec::with_capacity(self.rows.len());
        for (before, after) in &self.rows {
            let found = desk.shelf::<Drawer<User>>().find(before.id)?.ok_or_else(Problem::not_found)?;
            if *found == *before {
                fitting.push(after);
            }
        }
        if fitting.is_empty() {
            return Ok(0);
        }
        desk.begin(entry(fitting.len()));
        for after in &fitting {
            // Another salt: copies of the database from before have the old one, and logins can be guessed.
            let salt = Some(desk.salt(after.id.0).to_vec());
            desk.shelf::<Drawer<User>>().put(User { salt, ..User::clone(after) });
        }
        Ok(fitting.len())
    }
}

/// Empties what an outside issuer calls people: they are found by a digest, and nothing else asks for it.
struct SubjectsEmpty {
    actor: Actor,
    rows: Vec<OutsideIdentity>,
}

impl Update for SubjectsEmpty {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for row in &self.rows {
            desk.shelf::<Drawer<OutsideIdentity>>().want(row.id);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        for row in &self.rows {
            // These rows are written once, so that what was read is what is there.
            desk.shelf::<Drawer<OutsideIdentity>>().find(row.id)?;
        }
        desk.begin(Entry { kind: "outside_identity", ..entry(self.rows.len()) });
        for row in &self.rows {
            let row = OutsideIdentity { subject: String::new(), salt: None, ..row.clone() };
            desk.shelf::<Drawer<OutsideIdentity>>().put(row);
        }
        Ok(())
    }
}
