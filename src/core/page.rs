//! Pages of a list: by key, never by counting rows past.

use serde::{Deserialize, Serialize};

/// The most rows of one page: about 200 KB of JSON, which a phone still takes.
pub const PAGE_LIMIT_MAXIMUM: i64 = 500;
/// Rows of a page when the caller does not say.
pub const PAGE_LIMIT_DEFAULT: i64 = 50;

/// One page of a list and where the next one starts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows, in order of their key.
    pub items: Vec<T>,
    /// Pass as `after` to read on; null at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` rows: the one too many only tells that there are more.
    pub fn from_rows(mut rows: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }

    /// The same page with its rows translated.
    pub fn map<U>(self, translate: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(translate).collect(), next: self.next }
    }
}

/// One page of what was known at an entry of the ledger.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KnownPage<T> {
    /// The rows, in order of their key.
    pub items: Vec<T>,
    /// Pass as `after` to read on, with `sequence` as `known_at`; null at the end.
    pub next: Option<String>,
    /// The ledger sequence it was known at: asked with it as `known_at`, the answer is the same for ever.
    pub sequence: i64,
}

impl<T> Page<T> {
    /// The same page as what was known at an entry of the ledger.
    pub fn known_at(self, sequence: i64) -> KnownPage<T> {
        KnownPage { items: self.items, next: self.next, sequence }
    }
}

/// What a caller may ask of a list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}
