//! What pictures inside a PDF say of who took them and where: as a phone's scanner puts them in, whole.
//!
//! A PDF is never written anew. Of a picture that lies in it as it came, the segments that tell are overwritten with
//! empty comments of the same length, so that nothing else moves. Where that cannot be done, as the picture is packed
//! once more or a signature is over the whole, a PDF that says where somebody was is refused, unless that is wanted.

use super::Removed;
use super::bytes::{find, find_last};
use super::exif::Exif;
use super::jpeg::{EXIF, START, XMP};
use super::pdf::{UNPACKED_BYTES_MAX, names, streams};
use crate::core::problem::{Outcome, Problem};
use flate2::read::ZlibDecoder;
use std::collections::BTreeSet;
use std::io::Read;
use std::ops::Range;

/// What an application's segment of a JPEG begins with that tells of a picture's making, by its marker.
const TELLING: [(u8, &[u8], Removed); 3] =
    [(0xE1, EXIF, Removed::Exif), (0xE1, XMP, Removed::Xmp), (0xED, b"Photoshop 3.0\0", Removed::Iptc)];
/// A segment that is shown by nothing.
const COMMENT: u8 = 0xFE;
/// How descriptions in XMP name a place.
const PLACES: [&[u8]; 2] = [b"GPSLatitude", b"GPSLongitude"];
/// How a picture of JPEG 2000 begins the box that holds EXIF.
const BOX_OF_EXIF: &[u8] = b"JpgTiffExif->JP2";
/// How a JPEG begins that is written in digits: hexadecimal, or of base 85.
const WRITTEN: [&[u8]; 3] = [b"ffd8ff", b"s4ia", b"<~s4ia"];

/// How a PDF calls the packing of a JPEG, in full and in short.
const PICTURE: [&[u8]; 2] = [b"DCTDecode", b"DCT"];
/// Packings in which the segments of a JPEG cannot be seen.
const UNSEEN: [&[u8]; 8] =
    [b"LZWDecode", b"LZW", b"RunLengthDecode", b"RL", b"ASCII85Decode", b"A85", b"ASCIIHexDecode", b"AHx"];

/// What is kept of a PDF: its bytes, what was left out, whether it says where something was taken.
type Kept = (Vec<u8>, BTreeSet<Removed>, bool);

/// A segment that tells.
struct Segment {
    /// Its marker and all that belongs to it.
    whole: Range<usize>,
    what: Removed,
    has_place: bool,
}

/// Leaves out what can be left out, and refuses a PDF that says where a picture was taken and cannot be rid of it.
pub(super) fn strip(bytes: &[u8], keep_location: bool) -> Outcome<Kept> {
    let segments = segments(bytes);
    let mut rest = bytes.to_vec();
    for segment in &segments {
        blank(&mut rest, segment);
    }
    let in_segments = segments.iter().any(|segment| segment.has_place);
    let elsewhere = tells_elsewhere(&rest);
    if keep_location {
        return Ok((bytes.to_vec(), BTreeSet::new(), in_segments || elsewhere));
    }
    if elsewhere {
        return Err(tells("it stands where it cannot be left out"));
    }
    if names(bytes).any(|(name, _)| name == b"ByteRange") {
        // Whoever signed it signed what its pictures say of their camera too.
        return match in_segments {
            true => Err(tells("a signature is over the whole of it")),
            false => Ok((bytes.to_vec(), BTreeSet::new(), false)),
        };
    }
    let mut removed: BTreeSet<Removed> = segments.iter().map(|segment| segment.what).collect();
    if in_segments {
        removed.insert(Removed::Location);
    }
    Ok((rest, removed, false))
}

/// The segments of JPEGs that tell, wherever in these bytes they lie.
fn segments(bytes: &[u8]) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xFF)) {
        let start = at + next;
        at = start + 1;
        if let Some(segment) = segment(bytes, start) {
            at = segment.whole.end;
            found.push(segment);
        }
    }
    found
}

fn segment(bytes: &[u8], start: usize) -> Option<Segment> {
    let [_, marker, high, low, payload @ ..] = bytes.get(start..)? else { return None };
    let (_, head, what) = *TELLING.iter().find(|(of, head, _)| of == marker && payload.starts_with(head))?;
    let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
    let payload = payload.get(..length).filter(|payload| payload.len() >= head.len())?;
    let has_place = match what {
        Removed::Exif => Exif::read(&payload[head.len()..]).has_place(),
        _ => names_place(payload),
    };
    Some(Segment { whole: start..start + 4 + length, what, has_place })
}

/// Makes an empty comment of a segment, of the same length.
fn blank(bytes: &mut [u8], segment: &Segment) {
    let Some(whole) = bytes.get_mut(segment.whole.clone()) else { return };
    whole[1] = COMMENT;
    whole[4..].fill(b' ');
}

fn names_place(bytes: &[u8]) -> bool {
    PLACES.iter().any(|name| find(bytes, name).is_some())
}

/// Whether anything says a place but segments of pictures that lie in the PDF as they came: descriptions, pictures of
/// JPEG 2000, and pictures that are packed once more.
fn tells_elsewhere(bytes: &[u8]) -> bool {
    let mut left = UNPACKED_BYTES_MAX;
    names_place(bytes)
        || find(bytes, BOX_OF_EXIF).is_some()
        || streams(bytes).any(|(description, data)| tells_packed(description, data, &mut left))
}

fn tells_packed(description: &[u8], data: &[u8], left: &mut u64) -> bool {
    // Before it lies the stream before it, too, which describes nothing.
    let from = find_last(description, b"endstream").unwrap_or(0);
    let described: Vec<Vec<u8>> = names(&description[from..]).map(|(name, _)| name).collect();
    let is_named = |sought: &[&[u8]]| described.iter().any(|name| sought.contains(&name.as_slice()));
    let written: Vec<u8> = data.trim_ascii_start().iter().take(8).map(u8::to_ascii_lowercase).collect();
    if WRITTEN.iter().any(|start| written.starts_with(start)) || (is_named(&PICTURE) && is_named(&UNSEEN)) {
        // Nobody can see what it says.
        return true;
    }
    let mut unpacked = Vec::new();
    let mut unpacking = ZlibDecoder::new(data);
    let begun = unpacking.by_ref().take(START.len() as u64).read_to_end(&mut unpacked);
    if begun.is_err() || !(unpacked == START || is_named(&[b"Metadata"])) {
        return false;
    }
    // What breaks off is shown as far as it goes, so it is looked into as far.
    drop(unpacking.take(*left + 1).read_to_end(&mut unpacked));
    *left = left.saturating_sub(unpacked.len() as u64);
    *left == 0 || names_place(&unpacked) || segments(&unpacked).iter().any(|segment| segment.has_place)
}

fn tells(why: &str) -> Problem {
    let detail = format!(
        "The PDF says where a picture in it was taken, and {why}. Print it to a PDF anew and send that, or send it with \
         keep_location=true where the place may be kept."
    );
    Problem::field("", detail)
}
