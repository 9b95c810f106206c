//! An issuer outside this house that may say who somebody is: OpenID Connect, by configuration.
//!
//! An ID token of that issuer is exchanged for a session of ours; it is never a credential of a request. What is
//! believed is what the configured issuer signed, for us, a moment ago, in one of the configured ways, with one of the
//! keys it publishes. Who may do what follows a claim at each login. Never here: fetching keys, which is
//! `outside_keys`'s; users, which are the room `users`'s.

use super::policy::Role;
use crate::core::id::OrganizationId;
use crate::core::problem::{Outcome, Problem};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// How far the issuer's clock may differ from ours, in seconds.
const CLOCK_LEEWAY_SECONDS: u64 = 30;
/// How old a token may be that is exchanged, in seconds: it was given a moment ago, or it lay somewhere.
const AGE_SECONDS: u64 = 600;
/// Longest token looked at; those with many groups have some thousands of characters.
const TOKEN_LENGTH_MAXIMUM: usize = 16 * 1_024;
/// Longest subject kept; OpenID Connect allows 255.
const SUBJECT_LENGTH_MAXIMUM: usize = 255;

/// Which role a value of the role claim gives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleMapping {
    /// What the claim is, or has among its values.
    pub value: String,
    /// The role.
    pub role: Role,
}

/// The issuer, and what its tokens mean here: the section `outside` of the settings file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// Its name, which is also where its configuration is.
    pub issuer: String,
    /// What it calls this server: the audience of its tokens.
    pub client_id: String,
    /// How it signs.
    #[serde(default = "usual_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// The claim that says what somebody is.
    pub role_claim: String,
    /// Which of its values gives which role; the first that fits counts.
    pub roles: Vec<RoleMapping>,
    /// The claim that says for whom somebody acts, as an organization's id.
    #[serde(default)]
    pub organization_claim: Option<String>,
    /// The claim that says in which countries, as ISO 3166-1 alpha-2 codes.
    #[serde(default)]
    pub countries_claim: Option<String>,
}

fn usual_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::RS256]
}

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduced {
    /// The issuer's name for that person, which never changes.
    pub subject: String,
    /// The person's name, where it is said.
    pub name: Option<String>,
    /// The role, where the mapping gives one.
    pub role: Option<Role>,
    /// For whom.
    pub organization: Option<OrganizationId>,
    /// Where.
    pub countries: Vec<String>,
}

/// Why a token is not believed; for the log, as a caller learns only that it is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsideRefusal {
    /// It is no JWT, or one of an odd form.
    #[error("token must be a signed JWT of at most {TOKEN_LENGTH_MAXIMUM} characters: {0}")]
    Form(String),
    /// It is signed in a way that is not configured.
    #[error("token's alg must be one of those configured")]
    Algorithm,
    /// It names no key that the issuer publishes.
    #[error("token's kid must be one of the issuer's keys")]
    Key,
    /// The signature or a claim is wrong.
    #[error("token must be signed by the issuer, for this server, and good now: {0}")]
    Claims(String),
}

/// The keys of an issuer, by the names tokens call them by.
#[derive(Default)]
pub struct OutsideKeys(HashMap<String, Jwk>);

impl OutsideKeys {
    /// Reads a key set; keys of kinds nobody knows here are passed over.
    ///
    /// # Errors
    /// Where it is no key set.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let signing = known
            .filter(|key| key.common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature));
        Ok(Self(signing.filter_map(|key| Some((key.common.key_id.clone()?, key))).collect()))
    }
}

/// The members of a header that are looked at. What names a key or a place to get one from is not.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    crit: Option<Value>,
}

impl Outside {
    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// `invalid` at the setting.
    pub fn check(&self) -> Outcome<()> {
        if !is_safe_place(&self.issuer) {
            let words = format!("{:?} is no issuer; write its https address", self.issuer);
            return Err(Problem::field("/outside/issuer", words));
        }
        if self.client_id.is_empty() {
            return Err(Problem::field("/outside/client_id", "Write what the issuer calls this server."));
        }
        let is_public =
            |one: &Algorithm| !matches!(one, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512);
        if self.algorithms.is_empty() || !self.algorithms.iter().all(is_public) {
            let words = "Write one or more of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA: a secret \
                         that both know is none that only the issuer has.";
            return Err(Problem::field("/outside/algorithms", words));
        }
        if self.roles.is_empty() {
            return Err(Problem::field(
                "/outside/roles",
                "Nobody could log in; map one value to a role at least.",
            ));
        }
        Ok(())
    }

    /// The key a token names, or that it names none of these, so that they may be fetched anew.
    ///
    /// # Errors
    /// Why it cannot be believed whatever the keys are.
    pub fn key_of<'keys>(&self, token: &str, keys: &'keys OutsideKeys) -> Result<&'keys Jwk, OutsideRefusal> {
        let header = self.header(token)?;
        keys.0.get(&header.kid).ok_or(OutsideRefusal::Key)
    }

    fn header(&self, token: &str) -> Result<Header, OutsideRefusal> {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let form = |words: &str| OutsideRefusal::Form(words.to_owned());
        if token.len() > TOKEN_LENGTH_MAXIMUM || token.split('.').count() != 3 {
            return Err(form("it has another length or number of parts"));
        }
        let first = token.split('.').next().unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(first).map_err(|_| form("its header is not base64url"))?;
        let header: Header = serde_json::from_slice(&bytes).map_err(|error| form(&error.to_string()))?;
        if header.crit.is_some() {
            return Err(form("it has extensions that must be understood"));
        }
        Ok(header)
    }

    /// Whom a token is about, where it is believed.
    ///
    /// # Errors
    /// Why it is not.
    pub fn verify(
        &self,
        token: &str,
        nonce: Option<&str>,
        keys: &OutsideKeys,
        now: u64,
    ) -> Result<Introduced, OutsideRefusal> {
        let header = self.header(token)?;
        let named = |one: &&Algorithm| format!("{one:?}") == header.alg;
        let algorithm = *self.algorithms.iter().find(named).ok_or(OutsideRefusal::Algorithm)?;
        let jwk = keys.0.get(&header.kid).ok_or(OutsideRefusal::Key)?;
        if jwk.common.key_algorithm.is_some_and(|of| of.to_string() != header.alg) {
            return Err(OutsideRefusal::Algorithm);
        }
        let claims_refused = |words: &dyn std::fmt::Display| OutsideRefusal::Claims(words.to_string());
        let key = DecodingKey::from_jwk(jwk).map_err(|error| claims_refused(&error))?;
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.client_id]);
        validation.validate_nbf = true;
        validation.leeway = CLOCK_LEEWAY_SECONDS;
        let claims: Value = decode(token, &key, &validation).map_err(|error| claims_refused(&error))?.claims;
        self.check_claims(&claims, nonce, now).map_err(|words| claims_refused(&words))?;
        self.introduced(&claims).map_err(|words| claims_refused(&words))
    }

    /// What OpenID Connect asks of an ID token besides.
    fn check_claims(&self, claims: &Value, nonce: Option<&str>, now: u64) -> Result<(), &'static str> {
        let issued = claims["iat"].as_u64().ok_or("iat is missing")?;
        if issued > now + CLOCK_LEEWAY_SECONDS || issued + AGE_SECONDS < now {
            return Err("iat must be a moment ago");
        }
        let is_for_many = claims["aud"].as_array().is_some_and(|all| all.len() > 1);
        match claims.get("azp") {
            None if is_for_many => return Err("azp is missing, where there are several audiences"),
            None => {}
            Some(party) if party.as_str() == Some(self.client_id.as_str()) => {}
            Some(_) => return Err("azp must be this server"),
        }
        if claims.get("nonce").map(Value::as_str) != nonce.map(Some) {
            return Err("nonce must be the one that was sent with the request");
        }
        Ok(())
    }

    fn introduced(&self, claims: &Value) -> Result<Introduced, &'static str> {
        let subject =
            claims["sub"].as_str().filter(|text| (1..=SUBJECT_LENGTH_MAXIMUM).contains(&text.len()));
        let subject = subject.ok_or("sub must be a text of 1 to 255 characters")?.to_owned();
        let values = texts_of(claims.get(&self.role_claim));
        let fits = |mapping: &&RoleMapping| values.contains(&mapping.value.as_str());
        // A bound that is configured and not said would be no bound, so such a token is for nobody here.
        let organization = match &self.organization_claim {
            None => None,
            Some(name) => {
                let id = claims[name].as_str().and_then(|text| text.parse().ok());
                Some(OrganizationId(id.ok_or("the organization's claim must be an organization's id")?))
            }
        };
        let countries = match &self.countries_claim {
            None => Vec::new(),
            Some(name) => texts_of(claims.get(name)),
        };
        if self.countries_claim.is_some() && countries.is_empty() {
            return Err("the claim of countries must name one at least");
        }
        Ok(Introduced {
            subject,
            name: ["name", "preferred_username"]
                .iter()
                .find_map(|name| claims[name].as_str())
                .map(str::to_owned),
            role: self.roles.iter().find(fits).map(|mapping| mapping.role),
            organization,
            countries: countries.into_iter().map(str::to_owned).collect(),
        })
    }
}

/// A claim that is one text or several.
fn texts_of(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}

/// Whether nobody on the way can put something else in place of what is there: TLS, or this machine itself.
pub(super) fn is_safe_place(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_plain =
        !authority.is_empty() && !authority.contains('@') && !address.contains(char::is_whitespace);
    is_plain && (scheme == "https" || (scheme == "http" && is_loopback))
}
