//! A measured figure beside its limit, and the report of all of them.

use serde::Serialize;

/// Which side of the limit is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Limit {
    /// At least this much.
    AtLeast,
    /// At most this much.
    AtMost,
    /// Shown beside the others, and never missed.
    Shown,
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    /// What was measured.
    name: String,
    /// In which unit.
    unit: &'static str,
    /// The value.
    value: f64,
    /// Which side of `limit` is good.
    kind: Limit,
    /// The limit; 0 where there is none.
    limit: f64,
    /// Whether the limit is kept.
    passes: bool,
}

impl Figure {
    /// A figure that must reach its limit.
    pub(super) fn at_least(name: impl Into<String>, unit: &'static str, value: f64, limit: f64) -> Self {
        Self { name: name.into(), unit, value, kind: Limit::AtLeast, limit, passes: value >= limit }
    }

    /// A figure that must not pass its limit.
    pub(super) fn at_most(name: impl Into<String>, unit: &'static str, value: f64, limit: f64) -> Self {
        Self { name: name.into(), unit, value, kind: Limit::AtMost, limit, passes: value <= limit }
    }

    /// A figure that explains others.
    pub(super) fn shown(name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self { name: name.into(), unit, value, kind: Limit::Shown, limit: 0.0, passes: true }
    }

    /// Whether the limit is kept; a figure that is no number keeps none.
    pub(super) fn passes(&self) -> bool {
        self.passes
    }

    fn words(&self) -> [String; 4] {
        let limit = match self.kind {
            Limit::AtLeast => format!("≥ {}", number(self.limit)),
            Limit::AtMost => format!("≤ {}", number(self.limit)),
            Limit::Shown => String::new(),
        };
        let verdict = match (self.kind, self.passes) {
            (Limit::Shown, _) => "",
            (Limit::AtLeast | Limit::AtMost, true) => "pass",
            (Limit::AtLeast | Limit::AtMost, false) => "MISSED",
        };
        [self.name.clone(), format!("{} {}", number(self.value), self.unit), limit, verdict.to_owned()]
    }
}

fn number(value: f64) -> String {
    if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

/// The report as a table for people.
pub(super) fn table(figures: &[Figure]) -> String {
    let mut rows = vec![["figure", "value", "limit", ""].map(str::to_owned)];
    rows.extend(figures.iter().map(Figure::words));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [name, value, limit, verdict] in &rows {
        let line = format!(
            "{name:<first$}  {value:>second$}  {limit:>third$}  {verdict}",
            first = widths[0],
            second = widths[1],
            third = widths[2]
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
