//! Where false tokens are made: with the server's own key where the fault is elsewhere, so that the fault alone is
//! what they can be refused for.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::auth::{Role, SessionEnd, TOKEN_TYPE};
use relief_ledger::core::id::{SessionId, UserId};
use relief_ledger::users::session_store::{Ending, SessionsEnd};
use relief_ledger::users::store::{Changes, UserChange};
use serde_json::{Value, json};

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

fn algorithms(forge: &Forge, add: &mut impl FnMut(String, String)) {
    let valid = forge.valid();
    let signature = valid.rsplit('.').next().expect("a signature");
    for algorithm in ["none", "None", "nOnE", "NONE", "none ", ""] {
        let mut header = forge.header();
        header["alg"] = json!(algorithm);
        let message = format!("{}.{}", b64(header.to_string()), b64(forge.claims().to_string()));
        add(format!("alg {algorithm:?} without a signature"), format!("{message}."));
        add(format!("alg {algorithm:?} with another's signature"), format!("{message}.{signature}"));
    }
    for (form, secret) in forge.public_forms() {
        let key = EncodingKey::from_secret(&secret);
        for (word, algorithm) in
            [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
        {
            let mut header = forge.header();
            header["alg"] = json!(word);
            let token = forge.sign(&header.to_string(), &forge.claims().to_string(), &key, algorithm);
            add(format!("{word} with the public key as {form}"), token);
        }
        let header = forge.header().to_string();
        let token = forge.sign(&header, &forge.claims().to_string(), &key, Algorithm::HS256);
        add(format!("HS256 called EdDSA with the public key as {form}"), token);
    }
    for wrong in [
        json!("ES256"),
        json!("RS256"),
        json!("PS256"),
        json!("eddsa"),
        json!("Ed25519"),
        json!(["EdDSA"]),
        json!(null),
    ] {
        add(format!("alg {wrong}"), forge.with_header(|header| header["alg"] = wrong.clone()));
    }
    add(
        "no alg".into(),
        forge.with_header(|header| drop(header.as_object_mut().expect("members").remove("alg"))),
    );
}

fn key_names(forge: &Forge, add: &mut impl FnMut(String, String)) {
    let own = forge.keys.tokens_key_id();
    let wrong: [Fault; 14] = [
        ("null", json!(null)),
        ("empty", json!("")),
        ("a number", json!(0)),
        ("an array", json!([own])),
        ("an object", json!({"kid": own})),
        ("a path", json!("../../../../../../dev/null")),
        ("a file of the folder", json!("tokens.pem")),
        ("another file of the folder", json!("log.pem")),
        ("SQL", json!("' OR '1'='1")),
        ("a command", json!("|/usr/bin/true")),
        ("huge", json!("k".repeat(1_400))),
        ("with U+0000", json!(format!("{own}\u{0}"))),
        ("in other letters", json!(own.to_uppercase())),
        ("with a space", json!(format!("{own} "))),
    ];
    for (name, kid) in wrong {
        add(format!("kid {name}"), forge.with_header(|header| header["kid"] = kid));
    }
    add(
        "no kid".into(),
        forge.with_header(|header| drop(header.as_object_mut().expect("members").remove("kid"))),
    );
    let (header, body) = (forge.header(), forge.claims().to_string());
    let others = EncodingKey::from_ed_der(&forge.others.tokens_pkcs8_der());
    add(
        "another key under our kid".into(),
        forge.sign(&header.to_string(), &body, &others, Algorithm::EdDSA),
    );
    let mut theirs = header.clone();
    theirs["kid"] = json!(forge.others.tokens_key_id());
    add(
        "another server's key and kid".into(),
        forge.sign(&theirs.to_string(), &body, &others, Algorithm::EdDSA),
    );
    add(
        "the log's key under our kid".into(),
        forge.sign(&header.to_string(), &body, &forge.log, Algorithm::EdDSA),
    );
}

fn headers(forge: &Forge, add: &mut impl FnMut(String, String)) {
    let x = forge.others.tokens_public_x();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    let more: [Fault; 11] = [
        ("jwk", jwk.clone()),
        ("jku", json!("https://attacker.example/keys.json")),
        ("x5u", json!("https://attacker.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("p2c", json!(1_000_000_000)),
    ];
    let others = EncodingKey::from_ed_der(&forge.others.tokens_pkcs8_der());
    for (name, value) in more {
        // Signed by us, so that the member alone is the fault; and by whoever it points to.
        add(format!("header {name}"), forge.with_header(|header| header[name] = value.clone()));
        let mut header = forge.header();
        header[name] = value;
        let body = forge.claims().to_string();
        add(
            format!("header {name} and its key"),
            forge.sign(&header.to_string(), &body, &others, Algorithm::EdDSA),
        );
    }
    for wrong in [
        json!("JWT"),
        json!("at+JWT"),
        json!("application/at+jwt"),
        json!("at+jwt "),
        json!(null),
        json!(["at+jwt"]),
    ] {
        add(format!("typ {wrong}"), forge.with_header(|header| header["typ"] = wrong.clone()));
    }
    add(
        "no typ".into(),
        forge.with_header(|header| drop(header.as_object_mut().expect("members").remove("typ"))),
    );
    let (kid, body) = (forge.keys.tokens_key_id(), forge.claims().to_string());
    for (name, header) in [
        ("alg twice", format!(r#"{{"alg":"none","typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}"#)),
        ("kid twice", format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"x","kid":"{kid}"}}"#)),
        ("header of nothing", String::new()),
        ("header that is no JSON", "at+jwt".to_owned()),
        ("header and more", format!("{}{{}}", forge.header())),
        ("header that is a text", format!("{:?}", forge.header().to_string())),
    ] {
        add(name.into(), forge.with_texts(&header, &body));
    }
}

fn claims(forge: &Forge, add: &mut impl FnMut(String, String)) {
    let body = forge.claims();
    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"] {
        let without = |claims: &mut Value| drop(claims.as_object_mut().expect("members").remove(name));
        add(format!("without {name}"), forge.with_claims(without));
        add(format!("{name} null"), forge.with_claims(|claims| claims[name] = json!(null)));
        add(format!("{name} in an array"), forge.with_claims(|claims| claims[name] = json!([body[name]])));
    }
    let now = body["iat"].as_u64().expect("a time");
    let wrong: [(&str, &str, Value); 21] = [
        ("iss of another", "iss", json!("https://attacker.example")),
        ("iss in other letters", "iss", json!("Relief-Ledger")),
        ("aud of another", "aud", json!("another-api")),
        ("aud of two", "aud", json!(["relief-ledger-api", "another-api"])),
        ("aud empty", "aud", json!("")),
        ("sub of nobody", "sub", json!(uuid::Uuid::now_v7())),
        ("sub nil", "sub", json!(uuid::Uuid::nil())),
        ("sub a login", "sub", json!("forger")),
        ("sub a number", "sub", json!(0)),
        ("sid of nothing", "sid", json!(uuid::Uuid::now_v7())),
        ("sid nil", "sid", json!(uuid::Uuid::nil())),
        ("sid of somebody else", "sid", json!(forge.elsewhere)),
        ("exp in ten years", "exp", json!(now + 315_360_000)),
        ("exp a text", "exp", json!((now + 600).to_string())),
        ("exp with a fraction", "exp", json!(now as f64 + 600.5)),
        ("exp below zero", "exp", json!(-1)),
        ("exp beyond all time", "exp", json!(u64::MAX)),
        ("nbf in some minutes", "nbf", json!(now + 500)),
        ("nbf before iat", "nbf", json!(now - 60)),
        ("iat in some minutes", "iat", json!(now + 500)),
        ("a role of its own", "role", json!("admin")),
    ];
    for (name, claim, value) in wrong {
        add(name.into(), forge.with_claims(|claims| claims[claim] = value));
    }
    let earlier = |seconds: u64| {
        move |claims: &mut Value| {
            for name in ["iat", "nbf", "exp"] {
                claims[name] = json!(claims[name].as_u64().expect("a time") - seconds);
            }
        }
    };
    add("expired".into(), forge.with_claims(earlier(610)));
    add(
        "of the year 1970".into(),
        forge.with_claims(|claims| {
            (claims["iat"], claims["nbf"], claims["exp"]) = (json!(0), json!(0), json!(600));
        }),
    );
    add(
        "somebody else's sid and sub".into(),
        forge.with_claims(|claims| {
            (claims["sub"], claims["sid"]) = (json!(uuid::Uuid::now_v7()), json!(forge.elsewhere));
        }),
    );
    add(
        "sid of a browser's session".into(),
        forge.with_claims(|claims| claims["sid"] = json!(forge.cookie_session)),
    );
    let (header, text) = (forge.header().to_string(), body.to_string());
    let twice = |more: &str| format!("{{{more},{}", &text[1..]);
    for (name, claims) in [
        ("sub twice", twice(&format!(r#""sub":"{}""#, uuid::Uuid::now_v7()))),
        ("exp twice", twice(r#""exp":99999999999"#)),
        ("claims of nothing", String::new()),
        ("claims that are an array", format!("[{text}]")),
        ("claims that are a text", format!("{text:?}")),
        ("claims and more", format!("{text} {{}}")),
        ("a token in the token", forge.valid()),
    ] {
        add(name.into(), forge.with_texts(&header, &claims));
    }
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
