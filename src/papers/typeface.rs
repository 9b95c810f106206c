//! Setting text: which glyphs of the typeface, in which order, and how wide they are.
//!
//! DejaVu Sans Condensed comes with the program, so that a paper looks the same on every machine and needs no fonts
//! there. It has Latin, Cyrillic, Greek, Arabic, Hebrew, Armenian and Georgian, so that the name of a consignee prints in
//! its own letters on a paper in another language; it has no Chinese.

use crate::core::problem::{Outcome, Problem};
use harfrust::{Direction, FontRef, ShapeOptions, ShaperData, UnicodeBuffer};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use unicode_bidi::{Level, ParagraphBidiInfo};

/// How letters look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// As most of a paper.
    Regular,
    /// As titles.
    Bold,
}

/// A face at a size in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// How letters look.
    pub(super) face: Face,
    /// How high they are.
    pub(super) size: f32,
}

impl Style {
    /// From one line to the next.
    pub(super) fn lead(self) -> f32 {
        self.size * 1.35
    }
}

/// A face as it is read and as it is put into a file.
struct Loaded {
    read: FontRef<'static>,
    shaping: ShaperData,
    font: Font,
}

/// The faces of a paper.
pub(super) struct Typeface {
    regular: Loaded,
    bold: Loaded,
}

/// A piece of a line whose letters run in one direction.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// What it says.
    pub(super) text: String,
    /// Its glyphs from left to right.
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// Where it begins in the line, in points.
    pub(super) x: f32,
}

/// A line as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its pieces from left to right.
    pub(super) runs: Vec<Run>,
    /// How it looks.
    pub(super) style: Style,
    /// How long it is, in points.
    pub(super) width: f32,
    /// Whether some of its letters are not in the typeface.
    pub(super) is_lacking: bool,
}

impl Loaded {
    fn of(bytes: &'static [u8]) -> Outcome<Self> {
        let unreadable = || Problem::internal("the typeface of papers cannot be read");
        let read = FontRef::from_index(bytes, 0).map_err(|error| unreadable().log(error))?;
        let font = Font::new(bytes.into(), 0).ok_or_else(unreadable)?;
        Ok(Self { shaping: ShaperData::new(&read), read, font })
    }

    /// The glyphs of letters that run in one direction.
    fn glyphs(&self, text: &str, is_right_to_left: bool) -> Vec<KrillaGlyph> {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if is_right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
        let shaper = self.shaping.shaper(&self.read).build();
        let units = shaper.units_per_em().max(1) as f32;
        let shaped = shaper.shape(buffer, ShapeOptions::new());
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        let end_of = |start: usize| {
            starts.get(starts.partition_point(|other| *other <= start)).copied().unwrap_or(text.len())
        };
        let placed = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        placed
            .map(|(info, position)| {
                let start = info.cluster as usize;
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    position.x_advance as f32 / units,
                    position.x_offset as f32 / units,
                    position.y_offset as f32 / units,
                    position.y_advance as f32 / units,
                    start..end_of(start),
                    None,
                )
            })
            .collect()
    }
}

impl Typeface {
    /// Reads it out of the program.
    ///
    /// # Errors
    /// An internal problem where it is not what it should be.
    pub(super) fn load() -> Outcome<Self> {
        use dejavu::sans_condensed;
        Ok(Self {
            regular: Loaded::of(sans_condensed::regular())?,
            bold: Loaded::of(sans_condensed::bold())?,
        })
    }

    fn loaded(&self, face: Face) -> &Loaded {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
        }
    }

    /// The face as it is put into a file.
    pub(super) fn font(&self, face: Face) -> Font {
        self.loaded(face).font.clone()
    }

    /// A text on one line, however long.
    pub(super) fn line(&self, text: &str, style: Style) -> Line {
        let mut line = Line { runs: Vec::new(), style, width: 0.0, is_lacking: false };
        for (piece, is_right_to_left) in pieces(text) {
            let glyphs = self.loaded(style.face).glyphs(&piece, is_right_to_left);
            let width: f32 = glyphs.iter().map(|glyph| glyph.x_advance).sum();
            if glyphs.is_empty() {
                continue;
            }
            line.is_lacking |= glyphs.iter().any(|glyph| glyph.glyph_id.to_u32() == 0);
            line.runs.push(Run { text: piece, glyphs, x: line.width });
            line.width += width * style.size;
        }
        line
    }

    /// A text on as many lines as it needs between two edges. It breaks after spaces and strokes, and inside a word only
    /// where that does not fit a line by itself.
    pub(super) fn lines(&self, text: &str, style: Style, width: f32) -> Vec<Line> {
        let whole = self.line(text, style);
        if whole.width <= width {
            return if text.is_empty() { Vec::new() } else { vec![whole] };
        }
        let mut lines = Vec::new();
        for (start, end) in breaks(text, &self.clusters(text, style), width) {
            lines.push(self.line(text[start..end].trim_matches(' '), style));
        }
        lines
    }

    /// Where letters that are drawn together begin in a text, with how wide they are, in reading order.
    fn clusters(&self, text: &str, style: Style) -> Vec<(usize, f32)> {
        let mut clusters: Vec<(usize, f32)> = Vec::new();
        let mut begins = 0;
        for (piece, is_right_to_left) in logical_pieces(text) {
            for glyph in self.loaded(style.face).glyphs(&piece, is_right_to_left) {
                clusters.push((begins + glyph.text_range.start, glyph.x_advance * style.size));
            }
            begins += piece.len();
        }
        clusters.sort_by_key(|(start, _)| *start);
        clusters.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        clusters
    }
}

/// The pieces of a line from left to right, each in one direction.
fn pieces(text: &str) -> Vec<(String, bool)> {
    let told = ParagraphBidiInfo::new(text, Some(Level::ltr()));
    if text.is_empty() || !told.has_rtl() {
        return vec![(text.to_owned(), false)];
    }
    let (levels, runs) = told.visual_runs(0..text.len());
    let is_right_to_left = |at: usize| levels.get(at).is_some_and(|level| level.is_rtl());
    runs.into_iter().map(|run| (text[run.clone()].to_owned(), is_right_to_left(run.start))).collect()
}

/// The same pieces in reading order.
fn logical_pieces(text: &str) -> Vec<(String, bool)> {
    let told = ParagraphBidiInfo::new(text, Some(Level::ltr()));
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (at, character) in text.char_indices() {
        let is_right_to_left = told.levels.get(at).is_some_and(|level| level.is_rtl());
        match pieces.last_mut() {
            Some((piece, same)) if *same == is_right_to_left => piece.push(character),
            Some(_) | None => pieces.push((character.to_string(), is_right_to_left)),
        }
    }
    pieces
}

/// From where to where each line goes, in bytes.
fn breaks(text: &str, clusters: &[(usize, f32)], width: f32) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    // Where the line begins, where it may end, and how long it is up to now and since there.
    let (mut begins, mut may_end) = (0_usize, 0_usize);
    let (mut length, mut since) = (0.0_f32, 0.0_f32);
    for (at, advance) in clusters {
        let is_space = text[*at..].starts_with(' ');
        if length + advance > width && !is_space && *at > begins {
            let end = if may_end > begins { may_end } else { *at };
            lines.push((begins, end));
            length = if may_end > begins { since } else { 0.0 };
            (begins, may_end, since) = (end, end, length);
        }
        length += advance;
        since += advance;
        if is_space || text[*at..].starts_with(['-', '/']) {
            let next = text[*at..].chars().next().map_or(1, char::len_utf8);
            may_end = at + next;
            since = 0.0;
        }
    }
    if begins < text.len() {
        lines.push((begins, text.len()));
    }
    lines
}
