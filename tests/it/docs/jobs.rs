//! The jobs of README.md as somebody pastes them into a shell beside a demonstration that has just been started.

use std::path::Path;
use std::process::{Command, Stdio};

use super::page;
use super::tables::section;
use crate::browser::program::Program;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// The shell stops at the first command that fails and names it. An update that waits, or is left to somebody else
/// to approve, is answered 202: it did not do what the page says either.
const STRICT: &str = r#"set -eu -o pipefail
trap 'echo "failed: $BASH_COMMAND" >&2' ERR
curl() {
    local code=0
    command curl --fail-with-body -o answer -w '%{http_code}' "$@" >status || code=$?
    cat answer
    [[ $code == 0 && $(<status) != 202 ]] || { echo "failed: curl $*" >&2; return 1; }
}
"#;

/// The demonstration's own database in the commands of the page.
const DATABASE: &str = "sqlite://relief-demo.db";

/// The departure of the officer's job, and one of a consignment that nobody knows: it would wait for ever.
const DEPARTURE: &str = r#"000000000020", "kind": "departed", "occurred_at": "2026-01-10T07:30:00Z", "consignment": "7e060bf2-54b3-8581-9b31-838a3948ada5""#;
const PLACEHOLDER: &str = r#"000000000023", "kind": "departed", "occurred_at": "2026-01-10T07:30:00Z", "consignment": "01900000-0000-7000-8000-000000000009""#;

/// A demonstration in a folder that has the guides, as a clone has.
struct Demonstration {
    folder: tempfile::TempDir,
    variables: String,
    database: String,
    _server: Program,
}

impl Demonstration {
    fn start(database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        std::os::unix::fs::symlink(docs, folder.path().join("docs")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
        command.args(["demo", "--listen", "127.0.0.1:0", "--database-url", database]);
        command.current_dir(folder.path()).stderr(Stdio::null());
        let server = Program::start(&mut command);
        let begun = std::time::Instant::now();
        let variables = loop {
            let printed = server.printed();
            if let Some(line) = printed.iter().find(|line| line.trim_start().starts_with("R=http://")) {
                break line.trim().to_owned();
            }
            assert!(begun.elapsed() < std::time::Duration::from_secs(10), "no line to paste: {printed:#?}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        Self { folder, variables, database: database.to_owned(), _server: server }
    }

    /// Pastes commands, with the programs of this build first in the path.
    fn paste(&self, commands: &str) -> Result<(), String> {
        let program = Path::new(env!("CARGO_BIN_EXE_relief")).parent().unwrap();
        let commands = commands
            .replace("$PWD/target/release", &program.to_string_lossy())
            .replace(DATABASE, &self.database);
        let output = Command::new("bash")
            .args(["-c", &format!("{STRICT}{}\n{commands}", self.variables)])
            .current_dir(self.folder.path())
            .output()
            .expect("there is a bash");
        if output.status.success() {
            return Ok(());
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = text(&output.stdout);
        let tail: Vec<&str> = said.lines().rev().take(3).collect();
        Err(format!("{}{}", text(&output.stderr), tail.join("\n")))
    }
}

/// The commands of a page's section, in their order.
fn commands_of(text: &str, title: &str) -> String {
    let section = section(text, title);
    let blocks = section.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.collect()
}

on_both_databases! {
    migrate: migrate;

    fn the_jobs_of_the_readme_run_on_the_demonstration_and_false_ones_are_caught(database: &TestDatabase) {
        let jobs = commands_of(&page("README.md"), "## Three jobs");
        assert!(jobs.lines().count() >= 20, "three jobs of five lines, each after a login: {jobs}");
        let demonstration = Demonstration::start(database.url());
        demonstration.paste(&jobs).unwrap_or_else(|error| panic!("{error}"));
        // What is lacking, what comes, and who is said to be reached is there to be read, and says that it is invented.
        let login = jobs.lines().find(|line| line.starts_with("A=") && line.contains("AUDITOR")).expect("a login");
        let helpers: String = jobs.lines().take_while(|line| !line.starts_with("A=")).map(|line| format!("{line}\n")).collect();
        for (asked, right) in [
            ("public/needs", ".items | length == 3 and all(.synthetic)"),
            ("gaps", ".rows | map(.gap) | max > 0"),
            ("arrivals?limit=500", ".items | length > 0"),
            ("reach", ".reached.best > 0 and .headcounts.verified.people == 42000"),
        ] {
            let commands = format!("{helpers}{login}\ncurl -s \"$R/api/v1/{asked}\" -H \"$A\" | jq -e '{right}' >/dev/null");
            demonstration.paste(&commands).unwrap_or_else(|error| panic!("{asked}: {error}"));
        }
        // What was published stands beside what is computed, and what that leaves open is spread over nothing.
        demonstration.paste("curl -s $R/ | grep -F '1,094,000' >/dev/null").unwrap_or_else(|error| panic!("{error}"));
        // Pasted once more, every update is the one that counted.
        demonstration.paste(&jobs).unwrap_or_else(|error| panic!("{error}"));

        for (right, wrong, fails) in [
            ("demo-'$1'", "amina", "token officer"),
            (DEPARTURE, PLACEHOLDER, "departed"),
            ("docs/examples/masks.csv", "deliveries.csv", "relief import"),
            ("pledge-links/$LINK", "pledge-links/7KQ2-M9XD-4TRF", "pledge-links"),
            ("--json --database-url sqlite://relief-demo.db", "--json", "relief totals"),
        ] {
            let broken = jobs.replace(right, wrong);
            assert!(broken.contains(wrong), "{right} stands in the page");
            let error = demonstration.paste(&broken).expect_err(wrong);
            assert!(error.contains("failed: ") && error.contains(fails), "{wrong}: {error}");
        }
    }

    fn an_auditor_checks_the_demonstration_by_the_commands_of_the_guide(database: &TestDatabase) {
        let commands = commands_of(&page("docs/auditor.md"), "## Has anybody changed the record?");
        let login = page("README.md").lines().find(|line| line.starts_with("A=") && line.contains("AUDITOR"))
            .expect("the auditor's login").to_owned();
        let helpers = commands_of(&page("README.md"), "## Three jobs");
        let helper: String = helpers.lines().take_while(|line| !line.starts_with("A=")).map(|line| format!("{line}\n")).collect();
        let commands = format!("{helper}{login}\n{commands}");
        let demonstration = Demonstration::start(database.url());
        demonstration.paste(&commands).unwrap_or_else(|error| panic!("{error}"));
        for (right, wrong, fails) in [
            ("proof/0", "proof/1", "relief audit check"),
            ("--bundle log.bundle --key \"$KEY\"\n", "--bundle report.json --key \"$KEY\"\n", "relief verify"),
        ] {
            let broken = commands.replace(right, wrong);
            assert!(broken.contains(wrong), "{right} stands in the page");
            let error = demonstration.paste(&broken).expect_err(wrong);
            assert!(error.contains("failed: ") && error.contains(fails), "{wrong}: {error}");
        }
    }
}
