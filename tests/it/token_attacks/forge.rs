//! Where false tokens are made: with the server's own key where the fault is elsewhere, so that the fault alone is
//! what they can be refused for.

mod texts;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::auth::{Role, SessionEnd, TOKEN_TYPE};
use relief_ledger::core::id::{SessionId, UserId};
use relief_ledger::users::session_store::{Ending, SessionsEnd};
use relief_ledger::users::store::{Changes, UserChange};
use serde_json::{Value, json};

use self::texts::{algorithms, claims, headers, key_names};
use crate::sessions;
use crate::support::TestDatabase;
use crate::support::server::{Caller, Server, operator};

/// How an attacker sends what he has.
pub enum Sent {
    Bearer(String),
    Headers(Vec<(&'static str, String)>),
    Query(String),
}

/// One attack.
pub struct Attack {
    pub name: String,
    pub sent: Sent,
    /// Whether the token itself is good, and only what its user may do has changed.
    pub is_known: bool,
}

/// The server's keys, a live session, and credentials that are good for something else.
pub struct Forge {
    keys: KeyRing,
    others: KeyRing,
    log: EncodingKey,
    user: UserId,
    session: SessionId,
    refresh: String,
    cookie: String,
    invitation: String,
    /// A session of somebody else.
    elsewhere: SessionId,
    cookie_session: SessionId,
    disabled: String,
    demoted: String,
    ended: String,
    logged_out: String,
    expired: String,
    _folder: tempfile::TempDir,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ids(token: &str) -> (UserId, SessionId) {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a payload")).expect("base64url");
    let claims: Value = serde_json::from_slice(&payload).expect("JSON");
    let id = |name: &str| claims[name].as_str().expect("a claim").parse().expect("an identifier");
    (UserId(id("sub")), SessionId(id("sid")))
}

impl Forge {
    pub fn new(server: &Server, database: &TestDatabase) -> Self {
        let admin = server.login_as(Role::Admin);
        // While there is no second administrator, who would have to decide about it.
        let invited = json!({"login": "invited", "name": "Invited", "role": "admin"});
        let invited = admin.post("/api/v1/users", &invited).expect(201);
        let (user, session) = ids(admin.token.as_deref().expect("a token"));
        let token_of = |caller: &Caller| caller.token.clone().expect("a token");
        let elsewhere = ids(&token_of(&server.login_as(Role::Admin))).1;

        let disabled = server.login_as(Role::Admin);
        let change = |caller: &Caller, changes: Changes| {
            let id = caller.user.expect("a user");
            server.record(UserChange { actor: operator(), id, read: None, changes });
        };
        change(&disabled, Changes { disabled: Some(true), ..Changes::default() });
        let demoted = server.login_as(Role::Admin);
        demoted.get("/api/v1/users").expect(200);
        change(&demoted, Changes { role: Some(Role::Officer), ..Changes::default() });
        let ended = server.login_as(Role::Admin);
        let (whose, which) = ids(&token_of(&ended));
        server.record(SessionsEnd {
            actor: operator(),
            user: whose,
            which: Ending::One(which),
            how: SessionEnd::Ended,
        });
        let logged_out = server.login_as(Role::Admin);
        logged_out.post("/api/v1/auth/logout", &json!({})).expect(200);
        let expired = server.login_as(Role::Admin);
        sessions::expire(database, ids(&token_of(&expired)).1);

        sessions::person(server, "forger", Role::Admin);
        let login = sessions::log_in(server, "forger");
        let cookie = sessions::cookie_of(server, "forger");
        let listed = sessions::with(server, &login).get("/api/v1/auth/sessions").expect(200);
        let cookie_session =
            listed["items"].as_array().expect("sessions").iter().find(|one| one["kind"] == "cookie");
        let cookie_session = cookie_session.expect("one with a cookie")["id"].as_str().expect("an id");

        let folder = tempfile::tempdir().expect("a temporary folder is made");
        let others = KeyRing::open_or_create(&folder.path().join("keys")).expect("other keys");
        let pem = std::fs::read_to_string(server.key_folder().join("log.pem")).expect("the log's key");
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let log = EncodingKey::from_ed_der(&STANDARD.decode(text).expect("base64"));
        Self {
            keys: server.keys(),
            others,
            log,
            user,
            session,
            refresh: login["refresh_token"].as_str().expect("a refresh token").to_owned(),
            cookie,
            invitation: invited["invitation"]["token"].as_str().expect("a token").to_owned(),
            elsewhere,
            cookie_session: SessionId(cookie_session.parse().expect("an id")),
            disabled: token_of(&disabled),
            demoted: token_of(&demoted),
            ended: token_of(&ended),
            logged_out: token_of(&logged_out),
            expired: token_of(&expired),
            _folder: folder,
        }
    }

    fn header(&self) -> Value {
        json!({"typ": TOKEN_TYPE, "alg": "EdDSA", "kid": self.keys.tokens_key_id()})
    }

    fn claims(&self) -> Value {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs();
        json!({
            "iss": "relief-ledger", "aud": "relief-ledger-api", "sub": self.user, "sid": self.session,
            "jti": uuid::Uuid::now_v7(), "iat": now, "nbf": now, "exp": now + 600,
        })
    }

    fn key(&self) -> EncodingKey {
        EncodingKey::from_ed_der(&self.keys.tokens_pkcs8_der())
    }

    /// Signs two texts as they are, whatever they say.
    fn sign(&self, header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
        let message = format!("{}.{}", b64(header), b64(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("it signs");
        format!("{message}.{signature}")
    }

    /// A token without any fault.
    pub fn valid(&self) -> String {
        self.sign(&self.header().to_string(), &self.claims().to_string(), &self.key(), Algorithm::EdDSA)
    }

    fn with_header(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = self.header();
        change(&mut header);
        self.sign(&header.to_string(), &self.claims().to_string(), &self.key(), Algorithm::EdDSA)
    }

    fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        self.sign(&self.header().to_string(), &claims.to_string(), &self.key(), Algorithm::EdDSA)
    }

    fn with_texts(&self, header: &str, claims: &str) -> String {
        self.sign(header, claims, &self.key(), Algorithm::EdDSA)
    }

    /// The public key in every form somebody might take for a shared secret.
    fn public_forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let raw = self.keys.tokens_public_key().to_bytes();
        let x = self.keys.tokens_public_x();
        let spki =
            [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &raw].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(&spki));
        let kid = self.keys.tokens_key_id();
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}]});
        vec![
            ("32 bytes", raw.to_vec()),
            ("base64url", x.clone().into_bytes()),
            ("base64", STANDARD.encode(raw).into_bytes()),
            ("hex", raw.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()),
            ("DER", spki),
            ("PEM", pem.clone().into_bytes()),
            ("PEM and a line end", format!("{pem}\n").into_bytes()),
            ("JWK", jwk.into_bytes()),
            ("key set", set.to_string().into_bytes()),
            ("nothing", Vec::new()),
        ]
    }
}

type Fault = (&'static str, Value);

/// The table.
pub fn attacks(forge: &Forge) -> Vec<Attack> {
    let mut table = Vec::new();
    let mut bearer = |name: String, token: String| {
        table.push(Attack { name, sent: Sent::Bearer(token), is_known: false });
    };
    algorithms(forge, &mut bearer);
    key_names(forge, &mut bearer);
    headers(forge, &mut bearer);
    claims(forge, &mut bearer);
    forms(forge, &mut bearer);
    lives(forge, &mut bearer);
    table.push(Attack {
        name: "of an administrator who is none any more".into(),
        sent: Sent::Bearer(forge.demoted.clone()),
        is_known: true,
    });
    table.extend(places(forge));
    table
}

/// The signature with the group's order added to its second half: the same equation holds for it.
fn malleable(token: &str) -> String {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let mut carry = 0_u16;
    for (byte, more) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    format!("{message}.{}", b64(bytes))
}

/// Another last letter that decodes to the same bytes where nobody looks at the bits left over.
fn other_last_letter(token: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let place = LETTERS.iter().position(|letter| *letter == last.as_bytes()[0]).expect("a letter");
    format!("{rest}{}", LETTERS[place ^ 1] as char)
}

fn forms(forge: &Forge, add: &mut impl FnMut(String, String)) {
    let token = forge.valid();
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!("three parts") };
    let pad = |part: &str, class: &base64::engine::GeneralPurpose| {
        class.encode(URL_SAFE_NO_PAD.decode(part).expect("base64url"))
    };
    let others = forge.with_claims(|claims| claims["jti"] = json!(uuid::Uuid::now_v7()));
    let others = others.rsplit('.').next().expect("a signature").to_owned();
    let zeros = "A".repeat(86);
    for (name, token) in [
        ("no signature", format!("{head}.{body}")),
        ("an empty signature", format!("{head}.{body}.")),
        ("a signature of noughts", format!("{head}.{body}.{zeros}")),
        ("a shorter signature", token[..token.len() - 2].to_owned()),
        ("a longer signature", format!("{token}AA")),
        ("another token's signature", format!("{head}.{body}.{others}")),
        ("a signature with the order added", malleable(&token)),
        ("a signature with other bits left over", other_last_letter(&token)),
        ("a padded header", format!("{}=.{body}.{signature}", pad(head, &URL_SAFE))),
        ("padded claims", format!("{head}.{body}==.{signature}")),
        ("a padded signature", format!("{head}.{body}.{}", pad(signature, &URL_SAFE))),
        ("a space inside", format!("{head}. {body}.{signature}")),
        ("a tab inside", format!("{head}.{body}.\t{signature}")),
        ("a point at the end", format!("{token}.")),
        ("a point at the beginning", format!(".{token}")),
        ("five parts, as encrypted ones have", format!("{head}..{body}.{signature}.{zeros}")),
        (
            "an encrypted one's header",
            format!("{}.{body}.{signature}.a.b", b64(r#"{"alg":"dir","enc":"A256GCM"}"#)),
        ),
        ("one part", body.to_owned()),
        ("nothing but points", "..".to_owned()),
        ("nothing", String::new()),
        ("two at once", format!("{token},{token}")),
        ("in quotes", format!("\"{token}\"")),
        ("said twice", format!("Bearer {token}")),
        ("too long", format!("{head}.{}.{signature}", b64("a".repeat(6_000)))),
        ("very long", "a".repeat(7_000)),
        ("header and claims exchanged", format!("{body}.{head}.{signature}")),
        ("as JSON", json!({"protected": head, "payload": body, "signature": signature}).to_string()),
        ("a refresh token", forge.refresh.clone()),
        ("a cookie", forge.cookie.clone()),
        ("an invitation", forge.invitation.clone()),
        ("an API key that is none", "relief_key_AAAAAAAA".to_owned()),
    ] {
        add(name.into(), token);
    }
}

fn lives(forge: &Forge, add: &mut impl FnMut(String, String)) {
    add("of a disabled user".into(), forge.disabled.clone());
    add("of a session that was ended".into(), forge.ended.clone());
    add("of a session that was logged out".into(), forge.logged_out.clone());
    add("of a session that is too old".into(), forge.expired.clone());
}

/// A good token where none belongs, and cookies that are none.
fn places(forge: &Forge) -> Vec<Attack> {
    let token = forge.valid();
    let cookie = |value: &str| format!("__Host-relief-session={value}");
    let headers = |name: &str, headers: Vec<(&'static str, String)>| Attack {
        name: name.to_owned(),
        sent: Sent::Headers(headers),
        is_known: false,
    };
    vec![
        Attack { name: "in the query".into(), sent: Sent::Query(token.clone()), is_known: false },
        headers("as another scheme", vec![("Authorization", format!("Basic {token}"))]),
        headers("without a scheme", vec![("Authorization", token.clone())]),
        headers(
            "in two headers",
            vec![("Authorization", "Bearer x".into()), ("Authorization", format!("Bearer {token}"))],
        ),
        headers("in a header of its own", vec![("X-Access-Token", token.clone())]),
        headers("as a cookie", vec![("Cookie", cookie(&token)), ("Sec-Fetch-Site", "same-origin".into())]),
        headers(
            "a refresh token as a cookie",
            vec![("Cookie", cookie(&forge.refresh)), ("Sec-Fetch-Site", "same-origin".into())],
        ),
        headers(
            "a cookie under another name",
            vec![
                ("Cookie", format!("relief-session={}", forge.cookie)),
                ("Sec-Fetch-Site", "same-origin".into()),
            ],
        ),
        headers(
            "two cookies of one name",
            vec![
                ("Cookie", format!("{}; {}", cookie("x"), cookie(&forge.cookie))),
                ("Sec-Fetch-Site", "same-origin".into()),
            ],
        ),
        headers(
            "a good cookie beside somebody's bad token",
            vec![
                ("Cookie", cookie(&forge.cookie)),
                ("Authorization", "Bearer x".into()),
                ("Sec-Fetch-Site", "same-origin".into()),
            ],
        ),
        headers(
            "a good cookie beside another scheme",
            vec![
                ("Cookie", cookie(&forge.cookie)),
                ("Authorization", "Basic x".into()),
                ("Sec-Fetch-Site", "same-origin".into()),
            ],
        ),
    ]
}
