//! PNG (W3C, third edition): chunks with their sums checked; those that show the picture are copied.

use super::bytes::Reader;
use super::exif::Exif;
use super::{Picture, Removed, broken, check_pixels, second_face};
use crate::core::problem::{Outcome, Problem};
use std::collections::BTreeSet;

/// How every PNG begins.
pub(super) const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];

/// Chunks that decide how the picture looks.
const KEPT: [&[u8]; 11] =
    [b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP", b"IDAT"];

fn cut_off() -> Problem {
    broken("the PNG breaks off before its end")
}

/// Copies what shows the picture.
pub(super) fn strip(bytes: &[u8], keep_location: bool) -> Outcome<Picture> {
    let mut reader = Reader::new(bytes);
    reader.skip(SIGNATURE.len());
    let (name, header) = chunk(&mut reader)?;
    let (width, height) = size(name, header)?;
    let mut removed = BTreeSet::new();
    let mut exif = Exif::default();
    let mut kept: Vec<(&[u8], &[u8])> = Vec::new();
    loop {
        let (name, data) = chunk(&mut reader)?;
        match name {
            b"IEND" => break,
            b"IHDR" => return Err(broken("the PNG begins twice")),
            b"eXIf" => {
                exif = Exif::read(data);
                removed.insert(Removed::Exif);
            }
            b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" => {
                removed.insert(if data.starts_with(b"XML:com.adobe.xmp") {
                    Removed::Xmp
                } else {
                    Removed::Texts
                });
            }
            b"acTL" | b"fcTL" | b"fdAT" => drop(removed.insert(Removed::OtherPictures)),
            _ if KEPT.contains(&name) => kept.push((name, data)),
            _ => drop(removed.insert(Removed::Other)),
        }
    }
    if reader.rest().iter().any(|byte| *byte != 0) {
        return Err(second_face("something else behind its picture"));
    }
    if exif.has_place() && !keep_location {
        removed.insert(Removed::Location);
    }
    let mut out = SIGNATURE.to_vec();
    push(&mut out, b"IHDR", header);
    let tiff = exif.write(keep_location);
    copy(&mut out, &kept, tiff.as_deref())?;
    push(&mut out, b"IEND", &[]);
    Ok(Picture { bytes: out, width, height, removed, has_location: exif.has_place() && keep_location })
}

/// Copies chunks, and what is kept of EXIF before the picture's data, which stand together.
fn copy(out: &mut Vec<u8>, kept: &[(&[u8], &[u8])], tiff: Option<&[u8]>) -> Outcome<()> {
    let is_data = |(name, _): &(&[u8], &[u8])| *name == b"IDAT";
    let first = kept.iter().position(is_data).ok_or_else(|| broken("the PNG has no picture in it"))?;
    let last = kept.iter().rposition(is_data).unwrap_or(first);
    if !kept[first..=last].iter().all(is_data) {
        return Err(broken("the picture's data in the PNG are torn apart"));
    }
    for (index, (name, data)) in kept.iter().enumerate() {
        if index == first
            && let Some(tiff) = tiff
        {
            push(out, b"eXIf", tiff);
        }
        push(out, name, data);
    }
    Ok(())
}

/// The next chunk, if its sum is right.
fn chunk<'a>(reader: &mut Reader<'a>) -> Outcome<(&'a [u8], &'a [u8])> {
    let length = reader.big_32().and_then(|length| usize::try_from(length).ok()).ok_or_else(cut_off)?;
    let name = reader.take(4).ok_or_else(cut_off)?;
    if !name.iter().all(u8::is_ascii_alphabetic) {
        return Err(broken("a chunk of the PNG has no name"));
    }
    let data = reader.take(length).ok_or_else(cut_off)?;
    if reader.big_32().ok_or_else(cut_off)? != sum(name, data) {
        return Err(broken("the sum of a chunk of the PNG is wrong"));
    }
    Ok((name, data))
}

/// Width and height out of the first chunk.
fn size(name: &[u8], header: &[u8]) -> Outcome<(u32, u32)> {
    let mut reader = Reader::new(header);
    let (Some(width), Some(height), true) = (reader.big_32(), reader.big_32(), name == b"IHDR") else {
        return Err(broken("the PNG does not begin with its header"));
    };
    // Depth and colour in many pairs, the one compression and the one filter there are, interlaced or not.
    let is_sound = matches!(reader.rest(), [1 | 2 | 4 | 8 | 16, 0 | 2 | 3 | 4 | 6, 0, 0, 0 | 1]);
    if !is_sound {
        return Err(broken("the header of the PNG says what cannot be"));
    }
    check_pixels(width, height)?;
    Ok((width, height))
}

fn sum(name: &[u8], data: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(name);
    sum.update(data);
    sum.finalize()
}

/// Adds a chunk. What was read fits its length, and what is written here is shorter.
fn push(out: &mut Vec<u8>, name: &[u8], data: &[u8]) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(data);
    out.extend_from_slice(&sum(name, data).to_be_bytes());
}
