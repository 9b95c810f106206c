//! WebP (RFC 9649): chunks in a RIFF; those that show a still picture are copied.

use super::bytes::Reader;
use super::exif::Exif;
use super::{Picture, Removed, broken, check_pixels, second_face};
use crate::core::problem::{Outcome, Problem};
use std::collections::BTreeSet;

/// Flags of the extended header: a profile, transparency, EXIF, XMP, and that it moves.
const PROFILE: u8 = 0x20;
const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;
const MOVES: u8 = 0x02;

fn cut_off() -> Problem {
    broken("the WebP breaks off before its end")
}

/// Copies what shows the picture.
pub(super) fn strip(bytes: &[u8], keep_location: bool) -> Outcome<Picture> {
    let mut reader = Reader::new(bytes);
    reader.skip(4);
    let length = reader.little_32().and_then(|length| usize::try_from(length).ok()).ok_or_else(cut_off)?;
    let whole = reader.take(length).ok_or_else(cut_off)?;
    if reader.rest().iter().any(|byte| *byte != 0) {
        return Err(second_face("something else behind its picture"));
    }
    let mut walk = Walk::default();
    let mut chunks = Reader::new(whole.get(4..).ok_or_else(cut_off)?);
    while !chunks.rest().is_empty() {
        let name = chunks.take(4).ok_or_else(cut_off)?;
        let size = chunks.little_32().and_then(|size| usize::try_from(size).ok()).ok_or_else(cut_off)?;
        let data = chunks.take(size).ok_or_else(cut_off)?;
        if size % 2 == 1 {
            // Writers forget the last one.
            chunks.skip(1);
        }
        walk.note(name, data)?;
    }
    walk.finish(keep_location)
}

#[derive(Default)]
struct Walk<'a> {
    canvas: Option<(u8, u32, u32)>,
    profile: Option<&'a [u8]>,
    alpha: Option<&'a [u8]>,
    image: Option<(&'a [u8], &'a [u8])>,
    size: Option<(u32, u32)>,
    exif: Exif,
    removed: BTreeSet<Removed>,
}

impl<'a> Walk<'a> {
    fn note(&mut self, name: &'a [u8], data: &'a [u8]) -> Outcome<()> {
        match name {
            b"VP8X" => {
                let flags = *data.first().ok_or_else(cut_off)?;
                if flags & MOVES != 0 {
                    return Err(broken("it moves; send a still picture"));
                }
                let side = |at: usize| data.get(at..at + 3).map(|three| 1 + little_24(three));
                let (Some(width), Some(height)) = (side(4), side(7)) else { return Err(cut_off()) };
                self.canvas.get_or_insert((flags, width, height));
            }
            b"VP8 " | b"VP8L" => {
                if self.image.is_some() {
                    return Err(broken("the WebP has two pictures"));
                }
                let size = if name == b"VP8 " { lossy_size(data) } else { lossless_size(data) };
                self.size =
                    Some(size.ok_or_else(|| broken("the picture in the WebP does not begin as one"))?);
                self.image = Some((name, data));
            }
            b"ICCP" => self.profile = Some(data),
            b"ALPH" => self.alpha = Some(data),
            b"EXIF" => {
                self.exif = Exif::read(data.strip_prefix(b"Exif\0\0").unwrap_or(data));
                self.removed.insert(Removed::Exif);
            }
            b"XMP " => drop(self.removed.insert(Removed::Xmp)),
            _ => drop(self.removed.insert(Removed::Other)),
        }
        Ok(())
    }

    fn finish(mut self, keep_location: bool) -> Outcome<Picture> {
        let none = || broken("the WebP has no picture in it");
        let (name, image) = self.image.ok_or_else(none)?;
        let (width, height) = self.size.ok_or_else(none)?;
        check_pixels(width, height)?;
        if self.canvas.is_some_and(|(_, across, down)| (across, down) != (width, height)) {
            return Err(broken("the WebP says two sizes"));
        }
        if self.exif.has_place() && !keep_location {
            self.removed.insert(Removed::Location);
        }
        let tiff = self.exif.write(keep_location);
        let mut body = b"WEBP".to_vec();
        if let Some((flags, across, down)) = self.canvas {
            let mut kept = flags & ALPHA;
            kept |= if self.profile.is_some() { PROFILE } else { 0 };
            kept |= if tiff.is_some() { EXIF } else { 0 };
            let mut header = vec![kept, 0, 0, 0];
            header.extend_from_slice(&(across - 1).to_le_bytes()[..3]);
            header.extend_from_slice(&(down - 1).to_le_bytes()[..3]);
            push(&mut body, b"VP8X", &header);
            for (name, data) in [(b"ICCP", self.profile), (b"ALPH", self.alpha)] {
                if let Some(data) = data {
                    push(&mut body, name, data);
                }
            }
        }
        push(&mut body, name, image);
        let tiff = tiff.filter(|_| self.canvas.is_some());
        if let Some(tiff) = &tiff {
            push(&mut body, b"EXIF", tiff);
        }
        let mut bytes = b"RIFF".to_vec();
        bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&body);
        let has_location = tiff.is_some() && self.exif.has_place() && keep_location;
        Ok(Picture { bytes, width, height, removed: self.removed, has_location })
    }
}

fn little_24(three: &[u8]) -> u32 {
    three.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// The size of a lossy picture (RFC 6386, 9.1): only a key frame begins one.
fn lossy_size(data: &[u8]) -> Option<(u32, u32)> {
    let is_key = data.first()? & 1 == 0 && data.get(3..6)? == [0x9D, 0x01, 0x2A];
    let side =
        |at: usize| data.get(at..at + 2).map(|two| (u32::from(two[1]) << 8 | u32::from(two[0])) & 0x3FFF);
    if is_key { Some((side(6)?, side(8)?)) } else { None }
}

/// The size of a lossless picture: 14 bits each, less one.
fn lossless_size(data: &[u8]) -> Option<(u32, u32)> {
    let bits = data.strip_prefix(&[0x2F]).and_then(|rest| Reader::new(rest).little_32())?;
    Some((1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)))
}

/// Adds a chunk. What was read fits its length, and what is written here is shorter.
fn push(out: &mut Vec<u8>, name: &[u8], data: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
}
