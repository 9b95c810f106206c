//! Up to how much one person decides alone. Whoever runs a server sets it; what is above it waits for a second person.

/// Base units up to which one person's word is enough, and how far back what it said before is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a count: what is short and what is over, together, and together with the counts before it.
    pub count: i64,
    /// Of a correction: what its postings move, together with the corrections of the same event before it.
    pub correction: i64,
    /// Of a reversal: what its postings move.
    pub reversal: i64,
    /// Within so many days counts of an item at a site are measured together, or what is short would be told in parts.
    pub count_days: u32,
}

impl Default for Limits {
    /// A pallet or so of small things for a count, which may be wrong every week; a lorry's for what corrects and
    /// reverses, which is mostly a mistyped figure that somebody saw at once. A month is as often as most stores are counted
    /// whole.
    fn default() -> Self {
        Self { count: 1_000, correction: 10_000, reversal: 10_000, count_days: 30 }
    }
}
