//! What is kept of EXIF (JEITA CP-3451, in a TIFF structure): which way is up, without which a phone's pictures lie on
//! their side, and on request where it was taken. Both are written anew, so that nothing else comes along.

use super::bytes::Reader;

/// The tag of the orientation, a number from 1 (upright) to 8.
const ORIENTATION: u16 = 0x0112;
/// The tag that points to what is said of the place.
const GPS: u16 = 0x8825;
const TEXT: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const FRACTION: u16 = 5;

/// What is read of a picture: tag, kind and count. Each is as long as it must be, so that no words come with it.
const FIRST_TAGS: [(u16, u16, u32); 2] = [(ORIENTATION, SHORT, 1), (GPS, LONG, 1)];
/// The same of the place: version, latitude, longitude, altitude, time, direction, date, error. Others hold words.
const PLACE_TAGS: [(u16, u16, u32); 12] = [
    (0, 1, 4),
    (1, TEXT, 2),
    (2, FRACTION, 3),
    (3, TEXT, 2),
    (4, FRACTION, 3),
    (5, 1, 1),
    (6, FRACTION, 1),
    (7, FRACTION, 3),
    (16, TEXT, 2),
    (17, FRACTION, 1),
    (29, TEXT, 11),
    (31, FRACTION, 1),
];
/// Entries looked at in a directory: real ones have some sixty.
const ENTRIES_MAX: u16 = 1_000;
/// Bytes of a directory's entry.
const ENTRY_BYTES: usize = 12;

/// A value of a directory, in the order of bytes of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value: Vec<u8>,
}

/// What a picture says of itself, as far as it may be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exif {
    is_big: bool,
    orientation: Option<u16>,
    place: Vec<Entry>,
}

impl Exif {
    /// Whether it says where the picture was taken.
    pub(super) fn has_place(&self) -> bool {
        !self.place.is_empty()
    }

    /// Reads a TIFF structure; what cannot be read is not there.
    pub(super) fn read(tiff: &[u8]) -> Self {
        let is_big = match tiff.get(..4) {
            Some(b"MM\0*") => true,
            Some(b"II*\0") => false,
            Some(_) | None => return Self::default(),
        };
        let file = Tiff { bytes: tiff, is_big };
        let Some(first) = file.long_at(4) else { return Self::default() };
        let entries = file.directory(first, &FIRST_TAGS);
        let find = |tag: u16| entries.iter().find(|entry| entry.tag == tag);
        let orientation = find(ORIENTATION)
            .and_then(|entry| file.short(&entry.value))
            .filter(|orientation| (2..=8).contains(orientation));
        let place = find(GPS)
            .and_then(|entry| file.long(&entry.value))
            .map(|at| file.directory(at, &PLACE_TAGS))
            .unwrap_or_default();
        Self { is_big, orientation, place }
    }

    /// Writes a TIFF structure of what is kept; nothing where nothing is.
    pub(super) fn write(&self, keep_place: bool) -> Option<Vec<u8>> {
        let place: &[Entry] = if keep_place { &self.place } else { &[] };
        let mut first = Vec::new();
        if let Some(orientation) = self.orientation {
            let value = self.short(orientation).to_vec();
            first.push(Entry { tag: ORIENTATION, kind: SHORT, count: 1, value });
        }
        if !place.is_empty() {
            let after = 8 + directory_bytes(first.len() + 1);
            let value = self.long(u32::try_from(after).ok()?).to_vec();
            first.push(Entry { tag: GPS, kind: LONG, count: 1, value });
        }
        if first.is_empty() {
            return None;
        }
        let mut out = if self.is_big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        out.extend_from_slice(&self.long(8));
        self.push_directory(&mut out, &first);
        if !place.is_empty() {
            self.push_directory(&mut out, place);
        }
        Some(out)
    }

    /// A directory and, behind it, the values that do not fit into their entries.
    fn push_directory(&self, out: &mut Vec<u8>, entries: &[Entry]) {
        let mut behind = out.len() + directory_bytes(entries.len());
        let mut values = Vec::new();
        out.extend_from_slice(&self.short(entries.len() as u16));
        for entry in entries {
            out.extend_from_slice(&self.short(entry.tag));
            out.extend_from_slice(&self.short(entry.kind));
            out.extend_from_slice(&self.long(entry.count));
            if entry.value.len() <= 4 {
                out.extend_from_slice(&entry.value);
                out.resize(out.len() + 4 - entry.value.len(), 0);
            } else {
                out.extend_from_slice(&self.long(behind as u32));
                behind += entry.value.len();
                values.extend_from_slice(&entry.value);
            }
        }
        out.extend_from_slice(&self.long(0));
        out.extend_from_slice(&values);
    }

    fn short(&self, value: u16) -> [u8; 2] {
        if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

/// Bytes of a directory without the values behind it.
fn directory_bytes(entries: usize) -> usize {
    2 + ENTRY_BYTES * entries + 4
}

/// A TIFF structure in its order of bytes.
struct Tiff<'a> {
    bytes: &'a [u8],
    is_big: bool,
}

impl Tiff<'_> {
    fn short(&self, bytes: &[u8]) -> Option<u16> {
        let two = bytes.get(..2)?.try_into().ok()?;
        Some(if self.is_big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    }

    fn long(&self, bytes: &[u8]) -> Option<u32> {
        let four = bytes.get(..4)?.try_into().ok()?;
        Some(if self.is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn long_at(&self, at: usize) -> Option<u32> {
        self.long(self.bytes.get(at..)?)
    }

    /// The entries of a directory that are as these say, the first of each.
    fn directory(&self, at: u32, tags: &[(u16, u16, u32)]) -> Vec<Entry> {
        let mut found: Vec<Entry> = Vec::new();
        let Some(bytes) = usize::try_from(at).ok().and_then(|at| self.bytes.get(at..)) else { return found };
        let mut reader = Reader::new(bytes);
        let count = reader.take(2).and_then(|two| self.short(two)).unwrap_or(0).min(ENTRIES_MAX);
        for _ in 0..count {
            let Some(entry) = reader.take(ENTRY_BYTES) else { break };
            let Some(entry) = self.entry(entry, tags) else { continue };
            if found.iter().all(|one| one.tag != entry.tag) {
                found.push(entry);
            }
        }
        found.sort_by_key(|entry| entry.tag);
        found
    }

    fn entry(&self, bytes: &[u8], tags: &[(u16, u16, u32)]) -> Option<Entry> {
        let tag = self.short(bytes)?;
        let kind = self.short(&bytes[2..])?;
        let count = self.long(&bytes[4..])?;
        if !tags.contains(&(tag, kind, count)) {
            return None;
        }
        let width = match kind {
            FRACTION => 8,
            LONG => 4,
            SHORT => 2,
            _ => 1,
        };
        let length = usize::try_from(count).ok()?.checked_mul(width)?;
        let value = if length <= 4 {
            bytes.get(8..8 + length)?
        } else {
            let at = usize::try_from(self.long(&bytes[8..])?).ok()?;
            self.bytes.get(at..at.checked_add(length)?)?
        };
        Some(Entry { tag, kind, count, value: value.to_vec() })
    }
}
