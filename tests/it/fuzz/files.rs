//! Photos and papers that are attached.

use relief_ledger::content::inspect;

use super::{Reader, none_stops};
use crate::papers::files::{jpeg, pdf, photo, png, scanned, webp};

#[test]
fn no_photo_or_paper_stops_what_looks_into_it() {
    let kinds: [(&'static str, Vec<Vec<u8>>); 4] = [
        ("image/jpeg", vec![jpeg(b"picture"), photo(7)]),
        ("image/png", vec![png()]),
        ("image/webp", vec![webp()]),
        ("application/pdf", vec![pdf(b""), pdf(&scanned(&photo(3)))]),
    ];
    let readers = kinds.map(|(media, samples)| {
        Reader::new(media, samples, move |bytes| {
            // What keeps a place and what does not are two ways through.
            let kept = [true, false].map(|place| inspect(bytes, media, place).is_ok());
            kept == [true, true]
        })
    });
    none_stops(&readers);
}
