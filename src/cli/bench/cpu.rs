//! How much CPU time and memory processes have used, from the kernel's own account (`/proc`); time in steps of 10 ms.

use super::failed;
use crate::core::problem::Outcome;
use crate::db::{Conn, CountRow, read_failure};
use diesel::RunQueryDsl;
use std::time::Duration;

/// Ticks of `/proc/*/stat` in a second: fixed in Linux's interface, whatever the kernel's own clock.
const TICKS_PER_SECOND: u64 = 100;

struct Stat {
    parent: u32,
    used: Duration,
}

/// The fields of `/proc/PID/stat` behind the command's name, which may itself hold spaces and brackets.
fn stat(process: &str) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let used = ticks(11)? + ticks(12)?;
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        used: Duration::from_millis(used * 1_000 / TICKS_PER_SECOND),
    })
}

/// User and system time of this process since it started, all threads.
pub(super) fn of_this_process() -> Outcome<Duration> {
    stat("self").map(|stat| stat.used).ok_or_else(|| failed("/proc/self/stat cannot be read"))
}

/// Bytes of memory a process had at its most; none where it is gone.
pub(super) fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1_024)
}

/// A PostgreSQL server on this machine.
pub(super) struct PostgresProcesses {
    postmaster: u32,
}

impl PostgresProcesses {
    /// The server behind a connection; `None` where it runs elsewhere, so that its CPU cannot be seen.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn behind(conn: &mut Conn) -> Outcome<Option<Self>> {
        let backend: CountRow = diesel::sql_query("SELECT CAST(pg_backend_pid() AS BIGINT) AS value")
            .get_result(conn)
            .map_err(read_failure)?;
        let found = stat(&backend.value.to_string());
        Ok(found.map(|stat| Self { postmaster: stat.parent }))
    }

    /// CPU time of all its processes that are there now.
    pub(super) fn used(&self) -> Duration {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Duration::ZERO };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .filter_map(|name| stat(&name))
            .filter(|stat| stat.parent == self.postmaster)
            .map(|stat| stat.used)
            .sum()
    }
}
