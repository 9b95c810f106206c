//! JPEG (ITU-T T.81): segments up to the end of the picture. Tables, frames and scans are copied; of the application's
//! segments only those that decide how it looks.

use super::bytes::{Reader, find};
use super::exif::Exif;
use super::{Picture, Removed, broken, check_pixels, second_face};
use crate::core::problem::{Outcome, Problem};
use std::collections::BTreeSet;

/// How every JPEG begins.
pub(super) const START: [u8; 3] = [0xFF, 0xD8, 0xFF];
/// Scans of one picture: a progressive one has about ten; thousands would keep a reader busy for hours.
const SCANS_MAX: usize = 100;

const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
pub(super) const EXIF: &[u8] = b"Exif\0\0";
pub(super) const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const PROFILE: &[u8] = b"ICC_PROFILE\0";

/// Copies what shows the picture.
pub(super) fn strip(bytes: &[u8], keep_location: bool) -> Outcome<Picture> {
    let mut walk = Walk::default();
    let mut reader = Reader::new(bytes);
    reader.skip(2);
    loop {
        let (marker, payload) = segment(&mut reader)?;
        if marker == END {
            break;
        }
        walk.note(marker, payload)?;
        if marker == SCAN {
            walk.scan(&mut reader)?;
        }
    }
    walk.end(reader.rest())?;
    walk.finish(keep_location)
}

fn cut_off() -> Problem {
    broken("the JPEG breaks off before its end")
}

/// The next marker and what stands in its segment.
fn segment<'a>(reader: &mut Reader<'a>) -> Outcome<(u8, &'a [u8])> {
    if reader.byte().ok_or_else(cut_off)? != 0xFF {
        return Err(broken("a segment of the JPEG does not begin where the one before it ends"));
    }
    let mut marker = reader.byte().ok_or_else(cut_off)?;
    while marker == 0xFF {
        marker = reader.byte().ok_or_else(cut_off)?;
    }
    if marker == END {
        return Ok((marker, &[]));
    }
    // These have no segment, and no place between segments.
    if marker <= 0x01 || (0xD0..=0xD8).contains(&marker) {
        return Err(broken("a marker of the JPEG stands where it cannot"));
    }
    let length = usize::from(reader.big_16().ok_or_else(cut_off)?);
    let payload = length.checked_sub(2).ok_or_else(|| broken("a segment of the JPEG has no length"))?;
    Ok((marker, reader.take(payload).ok_or_else(cut_off)?))
}

/// What was seen so far.
#[derive(Default)]
struct Walk {
    density: Option<Vec<u8>>,
    kept: Vec<u8>,
    exif: Option<Exif>,
    size: Option<(u32, u32)>,
    scans: usize,
    removed: BTreeSet<Removed>,
}

impl Walk {
    fn note(&mut self, marker: u8, payload: &[u8]) -> Outcome<()> {
        match marker {
            // Baseline, extended and progressive frames; nothing shows the others.
            0xC0..=0xC2 => self.frame(marker, payload),
            0xC4 | 0xDB | 0xDD => {
                push(&mut self.kept, marker, payload);
                Ok(())
            }
            SCAN => {
                self.scans += 1;
                if self.size.is_none() {
                    return Err(broken("a scan of the JPEG comes before its frame"));
                }
                if self.scans > SCANS_MAX {
                    return Err(broken("the JPEG has more scans than any picture needs"));
                }
                push(&mut self.kept, marker, payload);
                Ok(())
            }
            0xE0..=0xEF | 0xFE => {
                self.application(marker, payload);
                Ok(())
            }
            _ => Err(broken("the JPEG is of a kind that nothing shows")),
        }
    }

    fn frame(&mut self, marker: u8, payload: &[u8]) -> Outcome<()> {
        let mut reader = Reader::new(payload);
        reader.skip(1);
        let (Some(height), Some(width)) = (reader.big_16(), reader.big_16()) else { return Err(cut_off()) };
        if self.size.is_some() {
            return Err(broken("the JPEG has two frames"));
        }
        check_pixels(u32::from(width), u32::from(height))?;
        self.size = Some((u32::from(width), u32::from(height)));
        push(&mut self.kept, marker, payload);
        Ok(())
    }

    /// Of what applications write only density, colour profile and colour transform decide how it looks.
    fn application(&mut self, marker: u8, payload: &[u8]) {
        match marker {
            0xE0 if payload.starts_with(b"JFIF\0") && payload.len() >= 14 => {
                // The last two bytes say that there is no thumbnail.
                let mut density = payload[..12].to_vec();
                density.extend_from_slice(&[0, 0]);
                if payload.len() > 14 {
                    self.removed.insert(Removed::OtherPictures);
                }
                self.density.get_or_insert(density);
            }
            0xE1 if payload.starts_with(EXIF) => {
                let exif = Exif::read(&payload[EXIF.len()..]);
                self.removed.insert(Removed::Exif);
                self.exif.get_or_insert(exif);
            }
            0xE1 if payload.starts_with(XMP) => drop(self.removed.insert(Removed::Xmp)),
            0xE2 if payload.starts_with(PROFILE) => push(&mut self.kept, marker, payload),
            0xE2 => drop(self.removed.insert(Removed::OtherPictures)),
            0xED => drop(self.removed.insert(Removed::Iptc)),
            0xEE if payload.starts_with(b"Adobe") && payload.len() == 12 => {
                push(&mut self.kept, marker, payload)
            }
            0xFE => drop(self.removed.insert(Removed::Texts)),
            _ => drop(self.removed.insert(Removed::Other)),
        }
    }

    /// Copies the coded data of a scan, up to the next marker that is none of its own.
    fn scan(&mut self, reader: &mut Reader<'_>) -> Outcome<()> {
        let data = reader.rest();
        let mut at = 0;
        loop {
            let next = data[at..].iter().position(|byte| *byte == 0xFF).ok_or_else(cut_off)? + at;
            match data.get(next + 1) {
                None => return Err(cut_off()),
                Some(0x00 | 0xD0..=0xD7) => at = next + 2,
                Some(0xFF) => at = next + 1,
                Some(_) => {
                    if next == 0 {
                        return Err(broken("a scan of the JPEG is empty"));
                    }
                    self.kept.extend_from_slice(reader.take(next).unwrap_or_default());
                    return Ok(());
                }
            }
        }
    }

    /// Phones put further pictures, short films and notes behind the picture; those are cut off. Anything else there
    /// makes the file something else as well.
    fn end(&mut self, tail: &[u8]) -> Outcome<()> {
        // A film begins with its length, whose first bytes are nought like what fills up to it.
        let after = tail.iter().position(|byte| *byte != 0).unwrap_or(tail.len());
        let rest = &tail[after..];
        let is_picture = rest.starts_with(&START) || find(&rest[..rest.len().min(8)], b"ftyp").is_some();
        let is_note = rest.ends_with(b"SEFT");
        if is_picture || is_note {
            self.removed.insert(Removed::OtherPictures);
            return Ok(());
        }
        if rest.is_empty() { Ok(()) } else { Err(second_face("something else behind its picture")) }
    }

    fn finish(mut self, keep_location: bool) -> Outcome<Picture> {
        let (width, height) = self.size.ok_or_else(|| broken("the JPEG has no frame"))?;
        if self.scans == 0 {
            return Err(broken("the JPEG has no picture in it"));
        }
        let mut bytes = vec![0xFF, 0xD8];
        if let Some(density) = &self.density {
            push(&mut bytes, 0xE0, density);
        }
        let exif = self.exif.unwrap_or_default();
        if exif.has_place() && !keep_location {
            self.removed.insert(Removed::Location);
        }
        if let Some(tiff) = exif.write(keep_location) {
            push(&mut bytes, 0xE1, &[EXIF, &tiff].concat());
        }
        bytes.extend_from_slice(&self.kept);
        bytes.extend_from_slice(&[0xFF, END]);
        let has_location = exif.has_place() && keep_location;
        Ok(Picture { bytes, width, height, removed: self.removed, has_location })
    }
}

/// Adds a segment. What was read fits its length, and what is written here is shorter.
fn push(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&((payload.len() + 2) as u16).to_be_bytes());
    out.extend_from_slice(payload);
}
