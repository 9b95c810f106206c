//! A URL of PostgreSQL, its password apart: what programs are called with is seen by everybody on the machine.

/// A URL that may stand in a program's arguments, and the password that goes into its environment.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    /// The URL without it.
    pub url: String,
    /// The password, decoded.
    pub password: Option<String>,
}

impl Address {
    /// Takes a URL apart. It may name its password before the host or among its parameters; the latter counts, as it
    /// does for libpq.
    pub fn of(url: &str) -> Self {
        let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
        let (base, mut password) = without_password(base);
        let mut kept = Vec::new();
        for parameter in query.unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("password", value)) => password = Some(decoded(value)),
                _ => kept.push(parameter),
            }
        }
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        Self { url: format!("{base}{query}"), password }
    }
}

fn without_password(base: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = base.split_once("://") else { return (base.to_owned(), None) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((user, host)) = authority.rsplit_once('@') else { return (base.to_owned(), None) };
    match user.split_once(':') {
        None => (base.to_owned(), None),
        Some((user, password)) => (format!("{scheme}://{user}@{host}{path}"), Some(decoded(password))),
    }
}

/// Undoes `%41`; a plus sign stays one, unlike in a form.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            Some(_) | None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
