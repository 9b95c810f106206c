//! Attacks with keys of machines: keys that were good, keys that are almost good, and good ones where none belongs.

use relief_ledger::auth::{ApiKeySecret, Role, now};
use relief_ledger::core::time::Timestamp;
use relief_ledger::db;
use relief_ledger::users::api_key::{ApiKeyNew, checked};
use serde_json::json;

use super::forge::{Attack, Sent};
use crate::support::TestDatabase;
use crate::support::server::{Server, migrate, operator};

/// A key made at the command line, its id and its text.
fn key(server: &Server, database: &TestDatabase) -> (String, String) {
    let body = json!({"name": "Forger's machine", "role": "auditor", "good_until": Timestamp(now().0 + 60 * 60 * 1_000_000)});
    let new: ApiKeyNew = serde_json::from_value(body).expect("a key to make");
    let mut conn = db::connect(database.url()).expect("the database opens");
    let (make, secret) = checked(&mut conn, &server.vault(), operator(), new).expect("it is good");
    (server.record(make).known.key.id.to_string(), secret.text())
}

/// Changes a row behind the server's back.
fn change(database: &TestDatabase, change: &str, id: &str) {
    use diesel::connection::SimpleConnection;
    let id = id.replace('-', "");
    let literal =
        if database.url().starts_with("sqlite") { format!("X'{id}'") } else { format!("'\\x{id}'") };
    let mut conn = db::connect(database.url()).expect("the database opens");
    conn.batch_execute(&format!("{change} WHERE id = {literal}")).expect("it runs");
}

/// Everything somebody could try with keys.
pub fn attacks(server: &Server, database: &TestDatabase) -> Vec<Attack> {
    let admin = server.login_as(Role::Admin);
    let (revoked_id, revoked) = key(server, database);
    admin.send("DELETE", &format!("/api/v1/api-keys/{revoked_id}"), &[], None).expect(200);
    let (expired_id, expired) = key(server, database);
    change(database, "UPDATE api_keys SET good_until = 1", &expired_id);
    let (disabled_id, disabled) = key(server, database);
    change(database, "UPDATE users SET disabled = TRUE", &disabled_id);
    let elsewhere = TestDatabase::sqlite(migrate);
    let other = Server::start(&elsewhere);
    let (_, elsewhere) = key(&other, &elsewhere);
    let ((_, good), (_, second)) = (key(server, database), key(server, database));
    // A secret may have the letter that parts it from the prefix, so they are parted by length.
    let (visible, secret) = (&good[..19], &good[20..]);
    let hash: String =
        ApiKeySecret::parse(&good).expect("a key").hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let bearer = |name: &str, token: String| Attack {
        name: name.to_owned(),
        sent: Sent::Bearer(token),
        is_known: false,
    };
    let headers = |name: &str, headers: Vec<(&'static str, String)>| Attack {
        name: name.to_owned(),
        sent: Sent::Headers(headers),
        is_known: false,
    };
    vec![
        bearer("a key that was revoked", revoked),
        bearer("a key whose time is over", expired),
        bearer("a key of a disabled machine", disabled),
        bearer("a key of another ledger", elsewhere),
        bearer("a key nobody made", ApiKeySecret::draw().expect("a key").text()),
        bearer("a key with another's secret", format!("{visible}_{}", &second[20..])),
        bearer("a key without its secret", visible.to_owned()),
        bearer("a key with an empty secret", format!("{visible}_")),
        bearer("a key with a shorter secret", good[..good.len() - 1].to_owned()),
        bearer("a key with a longer secret", format!("{good}A")),
        bearer("a key with a padded secret", format!("{good}=")),
        bearer("a key with the stored hash as its secret", format!("{visible}_{hash}")),
        bearer("a key whose prefix is SQL", format!("relief_key_' OR 1=1_{secret}")),
        bearer("a key whose prefix fits all", format!("relief_key_%_{secret}")),
        bearer("a key in capitals", good.to_uppercase()),
        bearer("a key's secret alone", secret.to_owned()),
        bearer("a key as an invitation", good.replace("relief_key_", "relief_invitation_")),
        bearer("two keys at once", format!("{good},{second}")),
        Attack { name: "a key in the query".into(), sent: Sent::Query(good.clone()), is_known: false },
        headers("a key as another scheme", vec![("Authorization", format!("Basic {good}"))]),
        headers("a key in a header of its own", vec![("X-Api-Key", good.clone())]),
        headers(
            "a key as a cookie",
            vec![
                ("Cookie", format!("__Host-relief-session={good}")),
                ("Sec-Fetch-Site", "same-origin".to_owned()),
            ],
        ),
        headers(
            "a key in two headers",
            vec![("Authorization", format!("Bearer {good}")), ("Authorization", format!("Bearer {good}"))],
        ),
    ]
}
