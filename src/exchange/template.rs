//! Small texts with holes: `"vendor:{Vendor}"` is filled from a row's columns, and
//! `"See {record} (ID#:{key})"` is matched against a cell.
//!
//! Never done here: looking up rows or columns; a template knows names only.

use std::fmt;

use serde::Deserialize;

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// `{Column}`: the cell's text.
    Column(String),
    /// `{Column|country}`: the ISO code of the country the cell names.
    CountryCode(String),
    /// `{@name}`: what the lookup of this name gives for the row.
    Lookup(String),
}

/// A text with holes. `{{` and `}}` are braces that stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace without its partner.
    #[error("\"{text}\": a brace has no partner; write {{{{ or }}}} for a brace that stands for itself")]
    Unbalanced {
        /// The whole text.
        text: String,
    },
    /// `{}`.
    #[error("\"{text}\": empty braces; name a column, or a lookup as in {{@name}}")]
    EmptyHole {
        /// The whole text.
        text: String,
    },
    /// A cross reference's pattern without its parts.
    #[error(
        "\"{text}\": a cross reference needs {{key}} once, {{record}} at most once, and text between them"
    )]
    BadReference {
        /// The whole text.
        text: String,
    },
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let pieces = split(&text)?
            .into_iter()
            .map(|segment| match segment {
                Segment::Literal(literal) => Piece::Literal(literal),
                Segment::Hole(hole) => match hole.strip_prefix('@') {
                    Some(lookup) => Piece::Lookup(lookup.to_owned()),
                    None => match hole.strip_suffix("|country") {
                        Some(column) => Piece::CountryCode(column.to_owned()),
                        None => Piece::Column(hole),
                    },
                },
            })
            .collect();
        Ok(Template { text, pieces })
    }
}

impl Template {
    /// The pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

impl fmt::Display for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// A literal or the inside of a pair of braces.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Hole(String),
}

fn split(text: &str) -> Result<Vec<Segment>, TemplateError> {
    let mut segments = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (plain, brace) = rest.split_at(at);
        literal.push_str(plain);
        if let Some(after) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
            literal.push_str(&brace[..1]);
            rest = after;
            continue;
        }
        let hole = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let Some((hole, after)) = hole.filter(|(hole, _)| !hole.contains('{')) else {
            return Err(TemplateError::Unbalanced { text: text.to_owned() });
        };
        if hole.trim().is_empty() {
            return Err(TemplateError::EmptyHole { text: text.to_owned() });
        }
        if !literal.is_empty() {
            segments.push(Segment::Literal(std::mem::take(&mut literal)));
        }
        segments.push(Segment::Hole(hole.trim().to_owned()));
        rest = after;
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    Ok(segments)
}

/// The shape of a cell that refers to another row, as in `"See {record} (ID#:{key})"`: `{key}` is
/// the other row's key, `{record}` the consignment both rows should belong to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ReferencePattern {
    segments: Vec<Segment>,
}

/// What a cell refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossReference {
    /// The consignment's reference, where the cell names it.
    pub record: Option<String>,
    /// The key of the row referred to.
    pub key: String,
}

impl TryFrom<String> for ReferencePattern {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let segments = split(&text)?;
        let count = |name: &str| segments.iter().filter(|s| **s == Segment::Hole(name.to_owned())).count();
        let holes = segments.iter().filter(|segment| matches!(segment, Segment::Hole(_))).count();
        let adjacent = segments.windows(2).any(|pair| matches!(pair, [Segment::Hole(_), Segment::Hole(_)]));
        if count("key") != 1 || holes != 1 + count("record") || count("record") > 1 || adjacent {
            return Err(TemplateError::BadReference { text });
        }
        Ok(ReferencePattern { segments })
    }
}

impl ReferencePattern {
    /// Reads a cell by the pattern; `None` if it has another shape.
    pub fn read(&self, cell: &str) -> Option<CrossReference> {
        let (mut record, mut key) = (None, None);
        let mut rest = cell;
        let mut segments = self.segments.iter().peekable();
        while let Some(segment) = segments.next() {
            match segment {
                Segment::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Segment::Hole(hole) => {
                    let end = match segments.peek() {
                        Some(Segment::Literal(next)) => rest.find(next.as_str())?,
                        Some(Segment::Hole(_)) | None => rest.len(),
                    };
                    let (found, after) = rest.split_at(end);
                    let place = if hole == "key" { &mut key } else { &mut record };
                    *place = Some(found.trim().to_owned()).filter(|found| !found.is_empty());
                    rest = after;
                }
            }
        }
        if rest.is_empty() { key.map(|key| CrossReference { record, key }) } else { None }
    }
}
