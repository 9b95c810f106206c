//! Where false ID tokens are made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use relief_ledger::audit::keys::KeyRing;
use serde_json::{Value, json};

use super::Issuer;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs()
}

/// A token that names a key nobody has.
pub fn of_key(kid: &str) -> String {
    let header = json!({"alg": "RS256", "kid": kid});
    format!("{}.{}.{}", b64(header.to_string()), b64(json!({"sub": "amina"}).to_string()), b64([0_u8; 256]))
}

/// The parts of a token, read.
fn parts(token: &str) -> (Value, Value, String) {
    let mut parts = token.split('.');
    let mut read = || -> Value {
        let part = URL_SAFE_NO_PAD.decode(parts.next().expect("a part")).expect("base64url");
        serde_json::from_slice(&part).expect("JSON")
    };
    let (header, claims) = (read(), read());
    (header, claims, token.rsplit('.').next().expect("a signature").to_owned())
}

/// Every attack with its name: none of them may let anybody in.
pub fn attacks(issuer: &Issuer, other: &Issuer, good: &str, claims: &Value) -> Vec<(String, String)> {
    let mut table: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, token: String| table.push((name.to_owned(), token));
    add("another issuer's token", other.token("relief", "amina", claims, None));
    add("a token for another client", issuer.token("another", "amina", claims, None));
    add("a token signed in another way", issuer.token("relief-es", "amina", claims, None));
    let (header, said, signature) = parts(good);
    let signed =
        |header: &Value, claims: &Value| format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let with = |change: &dyn Fn(&mut Value)| {
        let mut claims = said.clone();
        change(&mut claims);
        format!("{}.{signature}", signed(&header, &claims))
    };
    add("another subject", with(&|claims| claims["sub"] = json!("admin")));
    add("more groups", with(&|claims| claims["groups"] = json!(["relief-managers"])));
    add("good for longer", with(&|claims| claims["exp"] = json!(now() + 86_400)));
    for algorithm in ["none", "None", "NONE", ""] {
        let mut header = header.clone();
        header["alg"] = json!(algorithm);
        add(&format!("alg {algorithm:?} without a signature"), format!("{}.", signed(&header, &said)));
        add(
            &format!("alg {algorithm:?} with a signature"),
            format!("{}.{signature}", signed(&header, &said)),
        );
    }
    // The public key as a shared secret, as it is published and as its parts.
    let set = issuer.caller().get("/jwks").expect(200);
    let key = set["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .find(|key| key["kid"] == header["kid"])
        .expect("its key");
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().expect("a modulus")).expect("base64url");
    for (form, secret) in [
        ("JWK", key.to_string().into_bytes()),
        ("modulus", modulus),
        ("modulus in base64url", key["n"].as_str().expect("a modulus").as_bytes().to_vec()),
    ] {
        let mut head = Header::new(Algorithm::HS256);
        head.kid = header["kid"].as_str().map(str::to_owned);
        let token = encode(&head, &said, &EncodingKey::from_secret(&secret)).expect("it signs");
        add(&format!("HS256 with the public key as {form}"), token);
    }
    // A key of somebody else under the issuer's name, said in every way a header has.
    let folder = tempfile::tempdir().expect("a folder");
    let keys = KeyRing::open_or_create(&folder.path().join("keys")).expect("keys");
    let own = EncodingKey::from_ed_der(&keys.tokens_pkcs8_der());
    let mut head = Header::new(Algorithm::EdDSA);
    head.kid = header["kid"].as_str().map(str::to_owned);
    add("EdDSA under the issuer's kid", encode(&head, &said, &own).expect("it signs"));
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": keys.tokens_public_x()});
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("http://127.0.0.1:1/keys.json")),
        ("x5u", json!("http://127.0.0.1:1/chain.pem")),
        ("crit", json!(["exp"])),
    ] {
        let mut header = header.clone();
        header[name] = value;
        add(&format!("header {name}"), format!("{}.{signature}", signed(&header, &said)));
    }
    for kid in [json!(null), json!(""), json!("../../dev/null"), json!(["first-0"]), json!("first-1")] {
        let mut header = header.clone();
        header["kid"] = kid.clone();
        add(&format!("kid {kid}"), format!("{}.{signature}", signed(&header, &said)));
    }
    let two = good.rsplit_once('.').expect("three parts").0;
    for (name, token) in [
        ("no signature", two.to_owned()),
        ("an empty signature", format!("{two}.")),
        ("a signature of noughts", format!("{two}.{}", b64([0_u8; 256]))),
        ("a padded signature", format!("{good}==")),
        ("nothing", String::new()),
        ("very long", format!("{good}{}", "A".repeat(12_000))),
        ("five parts", format!("{good}.a.b")),
    ] {
        add(name, token);
    }
    table
}

/// An issuer whose key is here, so that any claim can be signed.
pub struct OwnIssuer {
    keys: KeyRing,
    _folder: tempfile::TempDir,
}

impl OwnIssuer {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KeyRing::open_or_create(&folder.path().join("keys")).expect("keys");
        Self { keys, _folder: folder }
    }

    /// Its key set, with members of the key changed.
    pub fn key_set(&self, change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": self.keys.tokens_public_x(), "kid": "own",
            "alg": "EdDSA", "use": "sig"});
        change(&mut key);
        json!({"keys": [key, {"kty": "unheard of", "kid": "own-2"}]}).to_string().into_bytes()
    }

    /// A token with claims changed.
    pub fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let now = now();
        let mut claims = json!({"iss": "https://login.example.org", "aud": "relief", "sub": "amina", "iat": now,
            "exp": now + 300, "groups": ["relief-officers"]});
        change(&mut claims);
        let mut head = Header::new(Algorithm::EdDSA);
        head.kid = Some("own".to_owned());
        encode(&head, &claims, &EncodingKey::from_ed_der(&self.keys.tokens_pkcs8_der())).expect("it signs")
    }
}
