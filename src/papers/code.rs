//! What a camera reads of a tracking code: squares, as rows of dark runs.

use crate::core::problem::{Outcome, Problem};
use qrcode::{Color, EcLevel, QrCode};

/// Light squares around a code, without which cameras do not find it: as many as its standard asks for.
pub(super) const QUIET: usize = 4;

/// A code as squares.
pub(super) struct Squares {
    /// Squares along each side, without the quiet zone.
    pub(super) side: usize,
    /// Dark runs: column, row and length.
    pub(super) runs: Vec<(usize, usize, usize)>,
}

/// The squares of a text. A quarter of them may be rubbed off: labels travel.
///
/// # Errors
/// An internal problem where it is too long, which no tracking code is.
pub(super) fn squares(text: &str) -> Outcome<Squares> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q)
        .map_err(|error| Problem::internal(format!("a code of {} bytes: {error}", text.len())))?;
    let side = code.width();
    let colors = code.to_colors();
    let mut runs = Vec::new();
    for (row, line) in colors.chunks(side.max(1)).enumerate() {
        let mut column = 0;
        while column < line.len() {
            let length = line[column..].iter().take_while(|color| **color == Color::Dark).count();
            if length > 0 {
                runs.push((column, row, length));
            }
            column += length.max(1);
        }
    }
    Ok(Squares { side, runs })
}

/// The code as a drawing in a page; `named` is what it is called where it cannot be seen, escaped already.
///
/// # Errors
/// As [`squares`].
pub fn svg(text: &str, named: &str) -> Outcome<String> {
    let Squares { side, runs } = squares(text)?;
    let whole = side + 2 * QUIET;
    let mut path = String::new();
    for (column, row, length) in runs {
        path.push_str(&format!("M{} {}h{length}v1h-{length}z", column + QUIET, row + QUIET));
    }
    Ok(format!(
        "<svg role=\"img\" aria-label=\"{named}\" viewBox=\"0 0 {whole} {whole}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{whole}v{whole}h-{whole}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}
