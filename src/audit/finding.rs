//! What a verifier found, and what it could not tell.

use serde::Serialize;

/// The entry that last legitimately changed a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastChange {
    /// Its ledger sequence.
    pub sequence: Option<i64>,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Who did it.
    pub actor: String,
    /// In what role.
    pub role: String,
    /// What was done.
    pub action: String,
}

/// One place where the database is not what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// The column, where it is one.
    pub column: Option<String>,
    /// The position of the log entry that vouches for the row.
    pub entry: Option<i64>,
    /// What the log says about the row's last change.
    pub last_change: Option<LastChange>,
    /// What is wrong.
    pub problem: String,
}

impl Finding {
    /// A finding about a row as a whole.
    pub fn new(table: &str, key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            table: table.to_owned(),
            key: key.into(),
            column: None,
            entry: None,
            last_change: None,
            problem: problem.into(),
        }
    }

    /// Names the column.
    pub fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// Names the entry.
    pub fn entry(mut self, position: i64) -> Self {
        self.entry = Some(position);
        self
    }

    /// Names the last change.
    pub fn changed(mut self, last_change: LastChange) -> Self {
        self.last_change = Some(last_change);
        self
    }
}

/// Findings kept in full; of more, only the number counts.
const FINDINGS_MAXIMUM: usize = 1_000;

/// Everything a verifier found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What is not as recorded, up to a thousand.
    pub findings: Vec<Finding>,
    /// How many there are.
    pub count: usize,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
    /// How many of what was checked.
    pub checked: std::collections::BTreeMap<&'static str, u64>,
}

impl Report {
    /// Notes a finding.
    pub fn find(&mut self, finding: Finding) {
        self.count += 1;
        if self.findings.len() < FINDINGS_MAXIMUM {
            self.findings.push(finding);
        }
    }

    /// Whether further findings are only counted, so that nobody need look up what they say.
    pub fn is_full(&self) -> bool {
        self.findings.len() >= FINDINGS_MAXIMUM
    }

    /// Adds what another verifier found.
    pub fn absorb(&mut self, other: Self) {
        self.count += other.count;
        let room = FINDINGS_MAXIMUM.saturating_sub(self.findings.len());
        self.findings.extend(other.findings.into_iter().take(room));
        self.unchecked.extend(other.unchecked);
        for (what, count) in other.checked {
            *self.checked.entry(what).or_insert(0) += count;
        }
    }

    /// Counts things that were checked.
    pub fn check(&mut self, what: &'static str, count: usize) {
        *self.checked.entry(what).or_insert(0) += count as u64;
    }
}
