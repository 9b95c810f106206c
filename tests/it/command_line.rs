//! The command as a person at a terminal uses it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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

#[test]
fn help_shows_examples_and_what_is_not_understood_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["migrate", "--help"],
        &["user", "--help"],
        &["openapi", "--help"],
    ] {
        let (code, output, _) = words(&relief(folder.path(), arguments, ""));
        assert_eq!(code, 0);
        assert!(output.contains("Example"), "{arguments:?}: {output}");
    }
    assert_eq!(words(&relief(folder.path(), &["fly"], "")).0, 2);
    assert_eq!(words(&relief(folder.path(), &["serve", "--listen"], "")).0, 2);
    let (code, output, _) = words(&relief(folder.path(), &["openapi"], ""));
    assert_eq!(
        (code, serde_json::from_str::<Value>(&output).unwrap()["openapi"].clone()),
        (0, json!("3.1.0"))
    );
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was left behind");
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| folder.path().join(name).exists();
    std::fs::write(folder.path().join("relief.toml"), "database_url = \"sqlite://file.db\"\n").unwrap();
    assert!(command(folder.path(), &["migrate"]).status().unwrap().success());
    assert!(made("file.db") && !made("relief.db"));
    let environment = ("RELIEF_DATABASE_URL", "sqlite://environment.db");
    assert!(
        command(folder.path(), &["migrate"]).env(environment.0, environment.1).status().unwrap().success()
    );
    assert!(made("environment.db"));
    let flag = ["migrate", "--database-url", "sqlite://flag.db"];
    assert!(command(folder.path(), &flag).env(environment.0, environment.1).status().unwrap().success());
    assert!(made("flag.db"));

    std::fs::write(folder.path().join("relief.toml"), "database = \"sqlite://file.db\"\n").unwrap();
    let (code, _, error) = words(&relief(folder.path(), &["migrate"], ""));
    assert_eq!(code, 1);
    assert!(error.contains("unknown field `database`"), "{error}");
    std::fs::write(folder.path().join("relief.toml"), "").unwrap();
    let (code, _, error) =
        words(&relief(folder.path(), &["migrate", "--database-url", "mysql://x:secret@y/z"], ""));
    assert_eq!(code, 1);
    assert!(error.contains("is not a database URL") && !error.contains("secret"), "{error}");
}

#[test]
fn users_are_kept_from_the_command_line_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let add = ["user", "add", "--login", "Amina", "--name", "Amina Jallow", "--role"];
    let (code, _, error) = words(&relief(folder.path(), &[&add[..], &["king"]].concat(), ""));
    assert_eq!(code, 2, "{error}");
    let (code, _, error) = words(&relief(folder.path(), &[&add[..], &["admin"]].concat(), "short\n"));
    assert_eq!(code, 1);
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
