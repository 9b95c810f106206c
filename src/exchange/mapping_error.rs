//! Why a mapping cannot be used, in words for whoever wrote it.

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Neither a built-in name nor a readable file.
    #[error("\"{given}\" is no mapping: built in are {built_in}, and a file's name ends in .toml")]
    NotKnown {
        /// What was asked for.
        given: String,
        /// The built-in names.
        built_in: String,
    },
    /// The file cannot be read.
    #[error("cannot read the mapping {path}: {source}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Larger than a mapping file can be.
    #[error("the mapping {path} has more than {limit_bytes} bytes; is it a mapping file?")]
    TooLarge {
        /// The path as given.
        path: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// Not in the grammar; the message shows the line.
    #[error("the mapping is not understood: {0}")]
    Grammar(Box<toml::de::Error>),
    /// In the grammar, but the sections do not fit together.
    #[error("mapping \"{mapping}\", {at}: {reason}")]
    Inconsistent {
        /// The mapping's name.
        mapping: String,
        /// The key that is wrong, as in `pledge.donor`.
        at: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The table lacks columns the mapping names, or has them twice.
    #[error("mapping \"{mapping}\" does not fit the table: {reason}; the table has: {there}")]
    Columns {
        /// The mapping's name.
        mapping: String,
        /// Which columns are missing or doubled.
        reason: String,
        /// The table's columns.
        there: String,
    },
}
