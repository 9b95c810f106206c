//! The command as a person at a terminal uses it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use relief_ledger::app::STARTING;
use serde_json::{Value, json};

use crate::browser::program::Program;
use crate::support::server::Caller;

fn relief(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = command(folder, arguments).stdin(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments does not read its input.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
    command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["RELIEF_LISTEN", "RELIEF_DATABASE_URL", "RELIEF_KEYS", "RELIEF_CONFIG", "RELIEF_LOG"] {
        command.env_remove(name);
    }
    command
}

fn words(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// The subcommands that the help of a command lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // Further lines of a description are set further in.
    let named = listed.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    named
        .filter_map(|line| line.split(' ').next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The help of a command and of all below it, each with the words that call it.
fn every_help(folder: &Path, command: &[&str], helps: &mut Vec<(String, String)>) {
    let (code, help, error) = words(&relief(folder, &[command, &["--help"]].concat(), ""));
    assert_eq!(code, 0, "{command:?}: {error}");
    for name in subcommands(&help) {
        every_help(folder, &[command, &[name.as_str()]].concat(), helps);
    }
    helps.push((command.join(" "), help));
}

/// The commands whose help shows no example.
fn without_examples(helps: &[(String, String)]) -> Vec<&str> {
    let shows = |help: &str| help.lines().any(|line| matches!(line, "Example:" | "Examples:"));
    helps.iter().filter(|(_, help)| !shows(help)).map(|(command, _)| command.as_str()).collect()
}

#[test]
fn help_shows_examples_and_what_is_not_understood_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let mut helps = Vec::new();
    every_help(folder.path(), &[], &mut helps);
    let commands: Vec<&str> = helps.iter().map(|(command, _)| command.as_str()).collect();
    for known in
        ["", "serve", "user", "user invite", "api-key revoke", "audit witness", "person expire", "bench"]
    {
        assert!(commands.contains(&known), "{known} is not among {commands:?}");
    }
    assert_eq!(without_examples(&helps), [""; 0]);
    // The twin: a command that was added without any.
    helps.push(("fly".to_owned(), "Flies\n\nUsage: relief fly\n".to_owned()));
    assert_eq!(without_examples(&helps), ["fly"]);
    assert_eq!(words(&relief(folder.path(), &["fly"], "")).0, 2);
    assert_eq!(words(&relief(folder.path(), &["serve", "--listen"], "")).0, 2);
    let (code, output, _) = words(&relief(folder.path(), &["openapi"], ""));
    assert_eq!(
        (code, serde_json::from_str::<Value>(&output).unwrap()["openapi"].clone()),
        (0, json!("3.1.0"))
    );
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was left behind");
}

/// Each setting by its name in the file, with what the file, the environment and the flag say.
const SETTINGS: [(&str, [&str; 3]); 24] = [
    ("listen", ["127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"]),
    ("database_url", ["sqlite://file.db", "sqlite://environment.db", "sqlite://flag.db"]),
    ("keys", ["file-keys", "environment-keys", "flag-keys"]),
    (
        "read_database_url",
        ["postgres://file/relief", "postgres://environment/relief", "postgres://flag/relief"],
    ),
    ("read_lag_seconds", ["81", "82", "83"]),
    ("workers", ["1", "2", "3"]),
    ("trusted_proxies", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
    (
        "public_origin",
        ["https://file.example.org", "https://environment.example.org", "https://flag.example.org"],
    ),
    ("cors_origins", ["https://map.file.org", "https://map.environment.org", "https://map.flag.org"]),
    ("connections", ["101", "102", "103"]),
    ("connections_per_address", ["11", "12", "13"]),
    ("token_key_days", ["21", "22", "23"]),
    ("person_retention_days", ["31", "32", "33"]),
    ("presumed_lost_multiple", ["4", "5", "6"]),
    ("smtp_url", ["smtp://localhost:1", "smtp://localhost:2", "smtp://localhost:3"]),
    ("mail_from", ["file@example.org", "environment@example.org", "flag@example.org"]),
    ("webhook_plain_http", ["true", "false", "true"]),
    ("webhook_private_addresses", ["false", "true", "false"]),
    ("tls_certificate", ["file.pem", "environment.pem", "flag.pem"]),
    ("tls_key", ["file.key", "environment.key", "flag.key"]),
    ("count_limit", ["41", "42", "43"]),
    ("correction_limit", ["51", "52", "53"]),
    ("reversal_limit", ["61", "62", "63"]),
    ("count_days", ["71", "72", "73"]),
];

/// The settings file with what it says of each.
fn settings_file() -> String {
    let written = SETTINGS.map(|(name, [value, ..])| match name {
        "trusted_proxies" | "cors_origins" => format!("{name} = [{value:?}]\n"),
        _ if value.parse::<u32>().is_ok() || value.parse::<bool>().is_ok() => format!("{name} = {value}\n"),
        _ => format!("{name} = {value:?}\n"),
    });
    written.concat()
}

fn variable(name: &str) -> String {
    format!("RELIEF_{}", name.to_uppercase())
}

fn flag(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

/// What the log says a server starts with, of each setting; it is ended then.
fn started_with(mut command: Command) -> Vec<String> {
    let mut server = command.stdin(Stdio::null()).spawn().unwrap();
    let log = BufReader::new(server.stderr.take().unwrap());
    let mut lines = log.lines().map_while(Result::ok);
    let told = lines.find_map(|line| {
        let line: Value = serde_json::from_str(&line).ok()?;
        (line["fields"]["message"] == STARTING).then(|| line["fields"].clone())
    });
    server.kill().unwrap();
    server.wait().unwrap();
    let told = told.expect("the log says the settings");
    let word = |name: &str| told[name].as_str().map_or_else(|| told[name].to_string(), str::to_owned);
    SETTINGS.map(|(name, _)| word(name)).to_vec()
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let said = |place: usize| SETTINGS.map(|(_, values)| values[place].to_owned()).to_vec();
    std::fs::write(folder.path().join("relief.toml"), settings_file()).unwrap();
    let serve = || command(folder.path(), &["serve"]);
    assert_eq!(started_with(serve()), said(0));
    let with_environment = || {
        let mut serve = serve();
        serve.envs(SETTINGS.map(|(name, values)| (variable(name), values[1])));
        serve
    };
    assert_eq!(started_with(with_environment()), said(1));
    let mut with_flags = with_environment();
    with_flags.args(SETTINGS.iter().flat_map(|(name, values)| [flag(name), values[2].to_owned()]));
    assert_eq!(started_with(with_flags), said(2));
    // The demonstration stands beside the server in use: the file is of that one, and so is its database.
    let mut demo = command(folder.path(), &["demo"]);
    demo.envs(SETTINGS.map(|(name, values)| (variable(name), values[1])));
    let told = started_with(demo);
    assert_eq!(told[..3], ["127.0.0.2:0", "sqlite://relief-demo.db", "environment-keys"]);
    let mut demo = command(folder.path(), &["demo", "--listen", "127.0.0.3:0", "--keys", "flag-keys"]);
    demo.envs(SETTINGS.map(|(name, values)| (variable(name), values[1])));
    assert_eq!(started_with(demo)[..3], ["127.0.0.3:0", "sqlite://relief-demo.db", "flag-keys"]);
    // No setting is left out of the table.
    let (_, help, _) = words(&relief(folder.path(), &["serve", "--help"], ""));
    let variables = help.split("[env: ").skip(1).filter_map(|rest| rest.split(['=', ']']).next());
    let mut variables: Vec<&str> = variables.filter(|name| *name != "RELIEF_CONFIG").collect();
    let mut known = SETTINGS.map(|(name, _)| variable(name));
    variables.sort_unstable();
    known.sort_unstable();
    assert_eq!(variables, known);
    // Every other command that opens a database looks where the server does.
    let migrated = |command: &mut Command| command.status().unwrap().success();
    assert!(migrated(&mut command(folder.path(), &["migrate"])));
    assert!(folder.path().join("file.db").exists() && !folder.path().join("relief.db").exists());
}

#[test]
fn what_is_no_setting_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("relief.toml"), "database = \"sqlite://file.db\"\n").unwrap();
    let (code, _, error) = words(&relief(folder.path(), &["migrate"], ""));
    assert_eq!(code, 2);
    assert!(error.contains("unknown field `database`"), "{error}");
    std::fs::write(folder.path().join("relief.toml"), "").unwrap();
    let (code, _, error) =
        words(&relief(folder.path(), &["migrate", "--database-url", "mysql://x:secret@y/z"], ""));
    assert_eq!(code, 2);
    assert!(error.contains("is not a database URL") && !error.contains("secret"), "{error}");
}

#[test]
fn users_are_kept_from_the_command_line_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let add = ["user", "add", "--login", "Amina", "--name", "Amina Jallow", "--role"];
    let (code, _, error) = words(&relief(folder.path(), &[&add[..], &["king"]].concat(), ""));
    assert_eq!(code, 2, "{error}");
    let (code, _, error) = words(&relief(folder.path(), &[&add[..], &["admin"]].concat(), "short\n"));
    assert_eq!(code, 2);
    assert!(error.contains("12 to 256 characters"), "{error}");
    let (code, output, error) =
        words(&relief(folder.path(), &[&add[..], &["admin"]].concat(), "correct horse\n"));
    assert_eq!(code, 0, "{error}");
    assert!(output.starts_with("amina was added as admin"), "{output}");
    let (code, _, error) = words(&relief(folder.path(), &[&add[..], &["admin"]].concat(), "correct horse\n"));
    assert_eq!(code, 1);
    assert!(error.contains("is taken"), "{error}");

    let server =
        Program::start(command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::null()));
    assert!(!server.printed().join("\n").contains("secret"), "there is a user already");
    let address = server.address().strip_prefix("http://").unwrap().parse().unwrap();
    let stranger = Caller { address, token: None, user: None };
    let login = |password: &str| {
        stranger.post("/api/v1/auth/login", &json!({"login": "amina", "password": password})).status
    };
    assert_eq!(login("correct horse"), 200);
    assert_eq!(
        words(&relief(folder.path(), &["user", "password", "--login", "amina"], "another horse\n")).0,
        0
    );
    assert_eq!((login("correct horse"), login("another horse")), (401, 200));
    assert_eq!(words(&relief(folder.path(), &["user", "disable", "--login", "amina"], "")).0, 0);
    assert_eq!(login("another horse"), 401);
    let (_, output, _) = words(&relief(folder.path(), &["user", "list", "--json"], ""));
    let listed: Value = serde_json::from_str(output.trim()).unwrap();
    assert_eq!((&listed["login"], &listed["disabled"]), (&json!("amina"), &json!(true)));
    assert_eq!(words(&relief(folder.path(), &["user", "disable", "--undo", "--login", "amina"], "")).0, 0);
    assert_eq!(login("another horse"), 200);

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("relief-keys/tokens.pem"), 0o600);
    }
}

#[test]
fn what_cannot_be_tried_ends_with_2_and_flags_may_stand_after_the_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, error) = words(&relief(folder.path(), &["totals", "--group-by", "nonsense"], ""));
    assert_eq!(code, 2, "{error}");
    let missing = ["totals", "--group-by", "item", "--database-url", "sqlite://nowhere.db"];
    let (code, _, error) = words(&relief(folder.path(), &missing, ""));
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("There is no database"), "{error}");
    let after = ["user", "list", "--database-url", "sqlite://mine.db"];
    assert_eq!(words(&relief(folder.path(), &after, "")).0, 0);
    let before = ["user", "--database-url", "sqlite://mine.db", "list"];
    assert_eq!(words(&relief(folder.path(), &before, "")).0, 0);
    assert!(folder.path().join("mine.db").exists() && !folder.path().join("relief.db").exists());
}

#[test]
fn people_are_invited_and_keys_rotated_from_the_command_line_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| words(&relief(folder.path(), arguments, ""));
    let (code, output, error) =
        run(&["user", "invite", "--login", "fatou", "--name", "Fatou Sowe", "--role", "admin"]);
    assert_eq!(code, 0, "{error}");
    let token =
        output.lines().find(|line| line.starts_with("relief_invitation_")).expect("a token").to_owned();
    let server =
        Program::start(command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::null()));
    let address = server.address().strip_prefix("http://").unwrap().parse().unwrap();
    let stranger = Caller { address, token: None, user: None };
    let accept = |token: &str, password: &str| {
        stranger
            .post("/api/v1/auth/invitations/accept", &json!({"token": token, "password": password}))
            .status
    };
    let login = |password: &str| {
        stranger.post("/api/v1/auth/login", &json!({"login": "fatou", "password": password}))
    };
    assert_eq!((accept(&token, "umbrella tin violin"), accept(&token, "umbrella tin violin")), (200, 401));
    let session = login("umbrella tin violin").expect(200);
    let (code, output, _) = run(&["user", "reset", "--login", "fatou"]);
    assert_eq!((code, accept(output.lines().next().unwrap(), "violin tin umbrella")), (0, 200));
    assert_eq!(login("umbrella tin violin").status, 401);
    let caller = Caller { address, token: session["access_token"].as_str().map(str::to_owned), user: None };
    assert_eq!(caller.get("/api/v1/auth/me").status, 401, "a reset ends sessions");

    let (code, review, _) = run(&["user", "review", "--csv"]);
    assert!(
        code == 0
            && review.starts_with("user,login,name,role")
            && review.contains(",fatou,Fatou Sowe,admin,"),
        "{review}"
    );
    assert_eq!(run(&["user", "review", "--at", "yesterday"]).0, 2);
    let (_, early, _) = run(&["user", "review", "--json", "--at", "2020-01-01"]);
    assert_eq!(serde_json::from_str::<Value>(&early).unwrap()["items"], json!([]));

    let make = ["api-key", "make", "--name", "Scale", "--role", "officer", "--until"];
    let in_a_week = relief_ledger::auth::now().0 + 7 * 24 * 60 * 60 * 1_000_000;
    let until = relief_ledger::core::time::Timestamp(in_a_week).to_string();
    let (code, key, error) = run(&[&make[..], &[&until]].concat());
    assert!(code == 0 && key.starts_with("relief_key_") && error.contains("shown this once"), "{error}");
    let machine = Caller { address, token: Some(key.trim().to_owned()), user: None };
    machine.get("/api/v1/auth/me").expect(200);
    assert_eq!(run(&[&make[..], &["2020-01-01"]].concat()).0, 2);
    let prefix = key.split('_').nth(2).unwrap();
    let (_, shown, _) = run(&["api-key", "show", "--json", "--prefix", prefix]);
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["name"], "Scale");
    let listed = run(&["api-key", "list"]).1;
    assert!(listed.contains(prefix) && !listed.contains(key.trim()), "{listed}");
    assert_eq!(run(&["api-key", "revoke", "--prefix", prefix]).0, 0);
    let begun = std::time::Instant::now();
    while machine.get("/api/v1/auth/me").status == 200 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "a revoked key is still believed");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(run(&["api-key", "revoke", "--prefix", "nobody"]).0, 2);

    let listed = |output: &str| -> Vec<Value> {
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let before = listed(&run(&["keys", "list", "--json"]).1);
    let old = before[0]["kid"].as_str().unwrap();
    assert_eq!(run(&["keys", "retire", "--kid", old]).0, 1, "it signs");
    assert_eq!(run(&["keys", "retire", "--kid", "nobody"]).0, 2);
    let session = login("violin tin umbrella").expect(200);
    let caller = Caller { address, token: session["access_token"].as_str().map(str::to_owned), user: None };
    caller.get("/api/v1/auth/me").expect(200);
    assert_eq!(run(&["keys", "rotate"]).0, 0);
    let after = listed(&run(&["keys", "list", "--json"]).1);
    assert_eq!((after.len(), &after[1]["kid"], &after[0]["signs"]), (2, &json!(old), &json!(true)));
    caller.get("/api/v1/auth/me").expect(200);
    assert_eq!(run(&["keys", "retire", "--kid", old]).0, 0);
    let begun = std::time::Instant::now();
    while caller.get("/api/v1/auth/me").status == 200 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "a retired key still verifies");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(login("violin tin umbrella").status, 200);
    drop(server);
    let (code, report, _) = run(&["verify", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(
        (code, &report["uncovered"]),
        (
            0,
            &json!([
                "session_secrets",
                "attachment_bytes",
                "api_key_uses",
                "balances.revision",
                "checkpoints.signed_at",
                "checkpoints",
                "outlets",
                "letters",
                "tellers",
                "import_jobs",
                "import_parts",
                "import_rows",
                "purges_due"
            ])
        ),
        "{report:#}"
    );
    // Without a database keys are rotated all the same, and it is said that no log tells of it.
    let (code, _, error) = run(&["keys", "rotate", "--at-once", "--database-url", "sqlite://nowhere.db"]);
    assert!(code == 0 && error.contains("no log tells of this"), "{error}");
    assert!(!folder.path().join("nowhere.db").exists());
}

/// The mapping and the table of the guide, in a folder.
fn guide(folder: &Path) {
    let guide = include_str!("../../docs/import.md");
    for (kind, name) in [("```toml\n", "masks.toml"), ("```csv\n", "masks.csv")] {
        let text = guide.split(kind).nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_anything_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    guide(folder.path());
    let table = std::fs::read(folder.path().join("masks.csv")).unwrap();
    for report in ["nowhere/rows.csv", "masks.csv", "./masks.csv"] {
        let import = ["import", "masks.csv", "--mapping", "masks.toml", "--report", report];
        let (code, output, error) = words(&relief(folder.path(), &import, ""));
        assert_eq!((code, output.as_str()), (2, ""), "{report}: {error}");
        assert!(!folder.path().join("relief.db").exists(), "{report}");
        assert_eq!(std::fs::read(folder.path().join("masks.csv")).unwrap(), table, "{report}");
    }
    let import = ["import", "masks.csv", "--mapping", "masks.toml", "--report", "rows.csv"];
    let (code, output, error) = words(&relief(folder.path(), &import, ""));
    assert_eq!(code, 0, "{error}");
    assert!(output.starts_with("4 rows: 3 created"), "{output}");
    assert!(std::fs::read_to_string(folder.path().join("rows.csv")).unwrap().contains("created"));
}

#[test]
fn whoever_reads_only_the_beginning_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    guide(folder.path());
    for arguments in [
        &["migrate"][..],
        &["import", "masks.csv", "--mapping", "masks.toml", "--json"],
        &["import", "masks.csv", "--mapping", "masks.toml"],
        &["user", "list"],
        &["totals", "--group-by", "item"],
        &["verify"],
        &["verify", "--json"],
    ] {
        let mut child = command(folder.path(), arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let expected = if arguments[0] == "verify" { [Some(0), Some(2)] } else { [Some(0), Some(0)] };
        let (code, _, error) = words(&output);
        assert!(expected.contains(&Some(code)), "{arguments:?}: {code} {error}");
        assert!(!error.contains("panicked"), "{error}");
    }
}

#[test]
fn reasons_that_are_not_shown_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    guide(folder.path());
    let table = std::fs::read_to_string(folder.path().join("masks.csv")).unwrap();
    let (header, rest) = table.split_once('\n').unwrap();
    let first = rest.lines().next().unwrap().replace("Gambia", "Congo");
    let import = ["import", "masks.csv", "--mapping", "masks.toml"];
    for (count, said) in [(20, None), (23, Some("… and 3 more; --report lists them"))] {
        let row = |number: usize| {
            first.replacen("1;sent;G-1;W-1;", &format!("{number};sent;G-{number};W-{number};"), 1)
        };
        let rows: Vec<String> = (1..=count).map(row).collect();
        std::fs::write(folder.path().join("masks.csv"), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
        let (code, output, error) = words(&relief(folder.path(), &import, ""));
        assert_eq!(code, 1, "{error}");
        assert_eq!(output.matches("could be").count(), 20, "{output}");
        assert_eq!(
            output.lines().last().filter(|line| line.contains("more;")).map(str::trim),
            said,
            "{output}"
        );
    }
}

#[test]
fn what_the_ledger_refuses_is_said_in_the_words_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    guide(folder.path());
    let import = ["import", "masks.csv", "--mapping", "masks.toml", "--json"];
    let (code, output, _) = words(&relief(folder.path(), &import, ""));
    let first: Value = serde_json::from_str(output.trim()).unwrap();
    let counted =
        ["created", "updated", "unchanged", "rejected", "skipped"].map(|name| first[name].as_u64().unwrap());
    assert_eq!((code, counted), (0, [3, 0, 0, 0, 1]), "what the mapping leaves out is none of the four");
    assert_eq!(first["rows"], counted.iter().sum::<u64>(), "and each row is counted once");
    let table = std::fs::read_to_string(folder.path().join("masks.csv")).unwrap();
    std::fs::write(folder.path().join("masks.csv"), table.replace("6-Aug-20", "7-Aug-20")).unwrap();
    let (code, output, _) = words(&relief(folder.path(), &import, ""));
    let summary: Value = serde_json::from_str(output.trim()).unwrap();
    assert_eq!((code, &summary["rejected"]), (1, &json!(2)), "{summary:#}");
    let problems = summary["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2, "{summary:#}");
    assert_eq!((&problems[0]["column"], &problems[0]["value"]), (&json!("Arrived"), &json!("7-Aug-20")));
    // How the file was read is for scripts too.
    let mut bytes = table.replace("Banjul", "Conakr?").into_bytes();
    for byte in bytes.iter_mut().filter(|byte| **byte == b'?') {
        *byte = 0xFF;
    }
    std::fs::write(folder.path().join("masks.csv"), bytes).unwrap();
    let (_, output, _) = words(&relief(folder.path(), &[&import[..], &["--dry-run"]].concat(), ""));
    let summary: Value = serde_json::from_str(output.trim()).unwrap();
    assert!(summary["notes"][0].as_str().unwrap().contains("windows-1252"), "{summary:#}");
}
