//! Faults in what a token says: its algorithm, the name of its key, its other headers and its claims.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::{Fault, Forge, b64};

pub(super) fn algorithms(forge: &Forge, add: &mut impl FnMut(String, String)) {
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

pub(super) fn key_names(forge: &Forge, add: &mut impl FnMut(String, String)) {
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

pub(super) fn headers(forge: &Forge, add: &mut impl FnMut(String, String)) {
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

pub(super) fn claims(forge: &Forge, add: &mut impl FnMut(String, String)) {
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
