//! The whole of a ledger on more than one machine, on this one, as `tests/cluster/run` starts it; gone with this guard.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Two databases, a pool, two servers and what stands before them, on a machine that is busy.
const START_LIMIT: Duration = Duration::from_secs(300);

pub struct Cluster {
    keeper: Child,
    folder: PathBuf,
}

impl Cluster {
    /// Starts it with these keys and further flags of the script.
    pub fn start(keys: &Path, flags: &[&str]) -> Self {
        // Under /tmp whatever TMPDIR says: socket paths must be short and the user postgres must get there.
        let folder = PathBuf::from(format!("/tmp/relief-cluster-{}", uuid::Uuid::now_v7().simple()));
        let keeper = Command::new("setsid")
            .arg(script("run"))
            .arg(&folder)
            .args([
                "--parent",
                &std::process::id().to_string(),
                "--relief",
                env!("CARGO_BIN_EXE_relief"),
                "--keys",
            ])
            .arg(keys)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("tests/cluster/run starts");
        let cluster = Self { keeper, folder };
        let begun = Instant::now();
        while !cluster.folder.join("url").exists() {
            if let Ok(reason) = std::fs::read_to_string(cluster.folder.join("failed")) {
                panic!("no cluster for the drill: {}", reason.trim());
            }
            assert!(begun.elapsed() < START_LIMIT, "the cluster was not there after {START_LIMIT:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        cluster
    }

    /// Where haproxy listens, as HOST:PORT.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.part("balancer"))
    }

    /// A database past pgbouncer, `db1` or `db2`, as this user.
    pub fn database(&self, name: &str, user: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/relief", self.part(name))
    }

    /// A database of pgbouncer's.
    pub fn pooled(&self, name: &str) -> String {
        format!("postgres://relief@127.0.0.1:{}/{name}", self.part("bouncer"))
    }

    /// Ends every process of the primary at once, as a power cut does.
    pub fn kill_primary(&self) {
        let note = std::fs::read_to_string(self.folder.join("db1/postmaster.pid")).expect("db1 runs");
        let postmaster = note.lines().next().expect("the first line is its number");
        // It makes no more processes while it stands still.
        signal("-STOP", &[postmaster]);
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = std::fs::read_to_string(children).expect("its processes are listed");
        let all: Vec<&str> = children.split_whitespace().chain([postmaster]).collect();
        assert!(all.len() > 5, "a primary has more processes than {all:?}");
        signal("-KILL", &all);
    }

    /// Does what an administrator does then.
    pub fn promote_standby(&self) {
        let done =
            Command::new(script("promote")).arg(&self.folder).output().expect("tests/cluster/promote starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Where a part listens.
    fn part(&self, name: &str) -> String {
        let parts = std::fs::read_to_string(self.folder.join("cluster.env")).expect("the parts are noted");
        let part = parts.split_whitespace().find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        part.unwrap_or_else(|| panic!("{name} is no part of {parts}")).to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // TERM and not KILL: the script then ends all it started and removes its folder.
        let told = Command::new("kill").arg(self.keeper.id().to_string()).status();
        if let Err(error) = told.and_then(|_| self.keeper.wait()) {
            eprintln!("the keeper of a cluster was not stopped: {error}");
        }
        if std::thread::panicking() {
            eprintln!("what it left is in {}", self.folder.display());
        }
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster").join(name)
}

fn signal(which: &str, processes: &[&str]) {
    let told = Command::new("kill").arg(which).args(processes).status().expect("kill starts");
    assert!(told.success(), "kill {which} {processes:?}");
}
