//! Which addresses and kinds of event a webhook may name. Pure.

/// Longest address kept; browsers and servers take about as much.
const URL_CHARS_MAX: usize = 2_000;

/// Webhooks one user has at once: a few systems, each with one for trying things out.
pub const WEBHOOKS_PER_USER: usize = 10;

/// Hours for which messages are signed with the secret before as well, after a new one was made.
pub const EARLIER_SECRET_HOURS: i64 = 24;

/// Says what is wrong with an address; nothing where it can be used. `plain` allows http.
///
/// What its name leads to is another question, which only the moment of connecting can answer.
pub fn fault_of_url(url: &str, plain: bool) -> Option<&'static str> {
    if url.len() > URL_CHARS_MAX {
        return Some("is longer than 2,000 characters");
    }
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.contains(['\\', '"', '<', '>', '#']) {
        return Some(
            "has letters that no address of a receiver has; write it in ASCII, without spaces and without #",
        );
    }
    let Some((scheme, rest)) = url.split_once("://") else { return Some(OTHER) };
    match scheme {
        "https" => {}
        "http" if plain => {}
        "http" => {
            return Some("is not https; what is told could be read and changed on its way. Write https://…");
        }
        _ => return Some(OTHER),
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some(
            "has a name and password in it; they would be kept in clear. Leave out what is before the @",
        );
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, after)) => (host, after.strip_prefix(':')),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Some(OTHER);
    }
    match port.map(str::parse::<u16>) {
        Some(Ok(1..)) | None => None,
        Some(Ok(0) | Err(_)) => Some("has a port that is none; write 1 to 65535, or leave it out"),
    }
}

const OTHER: &str = "is no address of a receiver; write one such as https://hooks.example.org/relief";

/// The host of an address, without the brackets of one that is an IPv6 address.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Kinds of event as they are kept: each once, in order, with commas between them.
pub fn kinds_text(kinds: &[String]) -> String {
    let kinds: std::collections::BTreeSet<&str> = kinds.iter().map(String::as_str).collect();
    Vec::from_iter(kinds).join(",")
}

/// The same read back.
pub fn kinds_of(text: &str) -> Vec<String> {
    text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
