//! Commands in fenced blocks of a page, and whether the program and the server would understand them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command as Process;
use std::sync::{Mutex, PoisonError};

use relief_ledger::app;
use relief_ledger::events::Command;
use serde_json::Value;

/// The commands of all blocks fenced as `sh`: those that call `relief` or `curl`, wherever in a pipe.
pub fn shell_commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut command = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
            continue;
        }
        if !inside {
            continue;
        }
        command.push_str(line.strip_suffix('\\').unwrap_or(line));
        if line.ends_with('\\') {
            continue;
        }
        let command = std::mem::take(&mut command);
        if words(&command).iter().any(|word| word == "relief" || word == "curl" || word == "cargo") {
            found.push(command);
        }
    }
    found
}

/// The words of a command as a shell would part them; what is in single quotes stays as it is.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in command.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ' | '(' | ')' | '|') => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if letter == '|' {
                    words.push("|".to_owned());
                }
            }
            (None | Some(_), _) => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// The help of a subcommand; nothing where there is no such subcommand. Each is asked for once.
pub fn help(path: &[&str]) -> Option<String> {
    static ASKED: Mutex<BTreeMap<String, Option<String>>> = Mutex::new(BTreeMap::new());
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    let ask = || {
        let output = Process::new(env!("CARGO_BIN_EXE_relief"))
            .args(path)
            .arg("--help")
            .output()
            .expect("relief runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    asked.entry(path.join(" ")).or_insert_with(ask).clone()
}

/// Whether the help lists a subcommand.
fn has_subcommands(help: &str, word: &str) -> bool {
    let commands =
        help.split_once("Commands:").map_or("", |(_, rest)| rest.split("Options:").next().unwrap_or(""));
    commands.lines().any(|line| line.trim_start().split(' ').next() == Some(word))
}

/// What `relief` would not understand of a command.
pub fn relief_faults(command: &str) -> Vec<String> {
    let words = words(command);
    let after = |word: &str| words.iter().position(|one| one == word).map(|index| &words[index + 1..]);
    let arguments = match (after("relief"), words.first().map(String::as_str)) {
        (Some(arguments), _) => arguments,
        // `cargo run --release -- demo` is `relief demo`.
        (None, Some("cargo")) => match after("--") {
            Some(arguments) => arguments,
            None => return Vec::new(),
        },
        (None, _) => return Vec::new(),
    };
    let arguments: Vec<&str> =
        arguments.iter().map(String::as_str).take_while(|word| !["|", ">", "&"].contains(word)).collect();
    let mut path: Vec<&str> = Vec::new();
    for word in arguments.iter().take_while(|word| !word.starts_with('-')) {
        if !help(&path).is_some_and(|text| has_subcommands(&text, word)) {
            break;
        }
        path.push(word);
    }
    let Some(text) = (!path.is_empty()).then(|| help(&path)).flatten() else {
        return vec![format!("there is no relief {}", arguments.first().copied().unwrap_or_default())];
    };
    let known: BTreeSet<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter == ',')
        .filter(|word| word.starts_with("--"))
        .collect();
    let flags =
        arguments.iter().filter(|word| word.starts_with("--")).map(|word| word.split('=').next().unwrap());
    flags
        .filter(|flag| !known.contains(flag))
        .map(|flag| format!("relief {} has no flag {flag}", path.join(" ")))
        .collect()
}

/// What the server would not understand of a command.
pub fn curl_faults(command: &str) -> Vec<String> {
    let words = words(command);
    if !words.iter().any(|word| word == "curl") {
        return Vec::new();
    }
    let after =
        |flag: &str| words.iter().position(|word| word == flag).and_then(|index| words.get(index + 1));
    let Some(url) =
        words.iter().find(|word| word.starts_with("$R/") || word.starts_with("http://127.0.0.1:8080/"))
    else {
        return vec!["no address of this server".to_owned()];
    };
    let path = url.trim_start_matches("$R").trim_start_matches("http://127.0.0.1:8080");
    let path = path.split('?').next().unwrap_or_default();
    let body = after("-d");
    // A file is sent as it is.
    let is_sent = body.is_some() || after("--data-binary").is_some();
    let method = after("-X").map_or(if is_sent { "POST" } else { "GET" }, String::as_str);
    let document = app::openapi();
    let Some(template) = template(&document, method, path) else {
        return vec![format!("there is no {method} {path}")];
    };
    match body {
        Some(body) => body_faults(&document, method, &template, body),
        None => Vec::new(),
    }
}

fn body_faults(document: &Value, method: &str, path: &str, body: &str) -> Vec<String> {
    let Ok(body) = serde_json::from_str::<Value>(body) else {
        return vec!["the body is not JSON".to_owned()];
    };
    let events = match path {
        "/api/v1/events" => vec![body],
        "/api/v1/events/batch" => body["events"].as_array().cloned().unwrap_or_default(),
        _ => {
            let known = body_members(document, method, path).unwrap_or_default();
            let members = body.as_object().into_iter().flat_map(|members| members.keys());
            return members
                .filter(|member| !known.contains(*member))
                .map(|member| format!("{method} {path} takes no {member}"))
                .collect();
        }
    };
    events
        .into_iter()
        .filter_map(|event| {
            Command::read(event).map_or_else(Some, |command| command.fault.map(|fault| *fault))
        })
        .map(|problem| problem.to_string())
        .collect()
}

/// The documented path a real one is an example of.
fn template(document: &Value, method: &str, path: &str) -> Option<String> {
    let fits = |template: &str| {
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        ours.len() == theirs.len()
            && ours
                .iter()
                .zip(theirs)
                .all(|(our, their)| *our == their || (our.starts_with('{') && !their.is_empty()))
    };
    let paths = document["paths"].as_object()?;
    let exact = paths.keys().find(|known| *known == path);
    let found = exact.or_else(|| paths.keys().find(|known| fits(known)))?;
    paths[found].get(method.to_lowercase())?;
    Some(found.clone())
}

/// The members a body may have, as the OpenAPI document says.
pub fn body_members(document: &Value, method: &str, path: &str) -> Option<BTreeSet<String>> {
    let operation = &document["paths"][path][method.to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#')?)?,
        None => schema,
    };
    Some(schema["properties"].as_object()?.keys().cloned().collect())
}
