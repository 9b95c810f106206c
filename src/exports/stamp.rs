//! What each file says of itself: what it is, of which moment, and where its digest is found.

use super::rules::{ExportQuery, Kind};
use crate::audit::note::Note;
use crate::audit::store::newest_checkpoint;
use crate::core::id::ExportId;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Conn, read_failure};
use crate::reconciliation::rules::Question;
use serde_json::{Map, Value, json};

/// What a file says of itself.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// Which export it is.
    pub id: ExportId,
    /// The kind of file.
    pub kind: Kind,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// The last entry of the ledger that counts.
    pub sequence: i64,
    /// The last effective time that counts, where one was asked for.
    pub as_of: Option<Timestamp>,
    /// What it was narrowed to, each by name and value.
    pub filters: Vec<(&'static str, String)>,
    /// How far its reader reaches, in the words of the log.
    pub scope: String,
    /// The newest signed head of the log: its text, without signatures. None where nothing was signed yet.
    pub checkpoint: Option<String>,
}

impl Stamp {
    /// Makes it out of what was asked; `sequence` is the entry of the ledger as of which the file is told.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) fn of(
        conn: &mut Conn,
        id: ExportId,
        kind: Kind,
        (query, question, sequence): (&ExportQuery, &Question, i64),
        now: Timestamp,
    ) -> Outcome<Self> {
        let newest = newest_checkpoint(conn).map_err(read_failure)?;
        let text =
            newest.and_then(|stored| Some(Note::parse(&stored.note).ok()?.unverified_text().to_owned()));
        Ok(Self {
            id,
            kind,
            begun_at: now,
            sequence,
            as_of: question.as_of,
            filters: query.filters(),
            scope: question.scope.to_string(),
            checkpoint: text,
        })
    }

    /// The checkpoint in one line: the log's name, its size, and the root in base64.
    pub fn checkpoint_line(&self) -> String {
        let text = self.checkpoint.as_deref();
        text.map_or_else(|| "none signed yet".to_owned(), |text| text.lines().collect::<Vec<_>>().join(" "))
    }

    /// Where the digest of the file is found.
    pub fn digest_words(&self) -> String {
        format!(
            "SHA-256 of the whole file: the log's entry export.finished of {}, also in GET /api/v1/exports",
            self.id
        )
    }

    /// All of it as lines of a name and a value, for files that people read.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let filters: Vec<String> =
            self.filters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec![
            ("export", self.id.to_string()),
            ("kind", self.kind.word().to_owned()),
            ("begun_at", self.begun_at.to_string()),
            ("sequence", self.sequence.to_string()),
            ("as_of", self.as_of.map_or_else(|| "all that is recorded".to_owned(), |time| time.to_string())),
            ("known_at", self.sequence.to_string()),
            ("filters", if filters.is_empty() { "none".to_owned() } else { filters.join(" ") }),
            ("scope", self.scope.clone()),
            ("checkpoint", self.checkpoint_line()),
            ("digest", self.digest_words()),
        ]
    }

    /// All of it as members, for files that programs read.
    pub fn members(&self) -> Map<String, Value> {
        let filters: Map<String, Value> =
            self.filters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let origin = self.checkpoint.as_deref().map(|text| {
            let mut lines = text.lines();
            json!({
                "origin": lines.next(),
                "size": lines.next().and_then(|size| size.parse::<i64>().ok()),
                "root": lines.next(),
            })
        });
        let mut members = Map::new();
        members.insert("export".to_owned(), json!(self.id));
        members.insert("kind".to_owned(), json!(self.kind.word()));
        members.insert("begun_at".to_owned(), json!(self.begun_at));
        members.insert("sequence".to_owned(), json!(self.sequence));
        members.insert("as_of".to_owned(), json!(self.as_of));
        members.insert("known_at".to_owned(), json!(self.sequence));
        members.insert("filters".to_owned(), Value::Object(filters));
        members.insert("scope".to_owned(), json!(self.scope));
        members.insert("checkpoint".to_owned(), json!(origin));
        members.insert("digest".to_owned(), json!(self.digest_words()));
        members
    }
}
