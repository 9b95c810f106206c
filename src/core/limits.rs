//! Up to how much one person decides alone. Whoever runs a server sets it; what is above it waits for a second person.

/// Base units up to which one person's word is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a count: what is short and what is over, together.
    pub count: i64,
    /// Of a correction: what its postings move.
    pub correction: i64,
    /// Of a reversal: what its postings move.
    pub reversal: i64,
}

impl Default for Limits {
    /// A pallet or so of small things for a count, which may be wrong every week; a lorry's for what corrects and
    /// reverses, which is mostly a mistyped figure that somebody saw at once.
    fn default() -> Self {
        Self { count: 1_000, correction: 10_000, reversal: 10_000 }
    }
}
