//! `relief totals`

use super::print::say;
use super::{Common, open_to_read};
use crate::app::Layer;
use crate::auth::Scope;
use crate::core::problem::{Outcome, Problem};
use crate::totals::{TotalsQuery, TotalsRow, TotalsView, answer};
use clap::Args;
use serde_json::Value;

/// Adds up goods by any dimension, with what is left between both sides of their identity
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief totals --group-by country\n  relief totals --group-by country --json\n  \
                        relief totals --group-by programme,item,month --from-month 2020-03 --to-month 2020-12\n  \
                        relief totals --group-by site --country GM --place for\n  \
                        relief totals --group-by country --as-of 2020-06-30 --known-at 4711"
)]
pub(super) struct Totals {
    #[command(flatten)]
    query: TotalsQuery,
    /// The answer of GET /api/v1/totals
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

impl Totals {
    pub(super) fn run(self) -> Outcome<()> {
        let question = self.query.question(Scope::everything(), None)?;
        let database = open_to_read(&self.common.settings(Layer::default())?.database_url)?;
        let view = database.read(|conn| answer(conn, &question))?;
        let text = if self.json {
            serde_json::to_string_pretty(&view).map_err(|error| Problem::internal(error.to_string()))?
        } else {
            let words: Vec<&str> = question.group_by.iter().map(|group| group.word()).collect();
            table(&words, &view)?
        };
        say(text.trim_end())
    }
}

/// What ended otherwise than with people, together.
const ENDED_OTHERWISE: &str = "ended_otherwise";

/// The figures a person looks for first; the rest is in `--json`. Where goods are not looked at by place, the first
/// two add up to all after them but the residual.
const FIGURES: [&str; 11] = [
    "promised",
    "surplus",
    "unallocated",
    "in_storage",
    "allocated",
    "in_transit",
    "missing",
    "delivered",
    "distributed",
    ENDED_OTHERWISE,
    "residual",
];

fn table(words: &[&str], view: &TotalsView) -> Outcome<String> {
    let mut lines: Vec<Vec<String>> = Vec::with_capacity(view.rows.len() + 3);
    lines.push(words.iter().chain(FIGURES.iter()).map(|word| (*word).to_owned()).collect());
    for row in &view.rows {
        lines.push(line(words, row, None)?);
    }
    if let Some(row) = &view.not_placed {
        lines.push(line(words, row, Some("(not placed)"))?);
    }
    lines.push(line(words, &view.total, Some("total"))?);
    let widths: Vec<usize> = (0..words.len() + FIGURES.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in &lines {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let gap = if column == 0 { "" } else { "  " };
            if column < words.len() {
                text.push_str(&format!("{gap}{cell:<width$}"));
            } else {
                text.push_str(&format!("{gap}{cell:>width$}"));
            }
        }
        text.push('\n');
    }
    text.push_str(&format!(
        "Deployed {} in {} countries; as of sequence {}.\n",
        view.deployed, view.countries, view.sequence
    ));
    if view.synthetic {
        text.push_str("Synthetic: invented data are among these figures.\n");
    }
    Ok(text)
}

fn line(words: &[&str], row: &TotalsRow, title: Option<&str>) -> Outcome<Vec<String>> {
    let value = serde_json::to_value(row).map_err(|error| Problem::internal(error.to_string()))?;
    let mut cells = Vec::with_capacity(words.len() + FIGURES.len());
    for (column, word) in words.iter().enumerate() {
        cells.push(match title {
            Some(title) if column == 0 => title.to_owned(),
            Some(_) => String::new(),
            None => shown(&value[*word]),
        });
    }
    for figure in FIGURES {
        cells.push(match figure {
            ENDED_OTHERWISE => (row.lost + row.disposed + row.returned + row.withdrawn).to_string(),
            figure => value[figure].to_string(),
        });
    }
    Ok(cells)
}

fn shown(key: &Value) -> String {
    if let (Value::Object(origin), Value::Object(_)) = (&key["origin"], &key["destination"]) {
        return format!("{} → {}", shown(&Value::Object(origin.clone())), shown(&key["destination"]));
    }
    let words = key.as_str().or_else(|| key["name"].as_str()).or_else(|| key["id"].as_str());
    words.unwrap_or("not known").to_owned()
}
