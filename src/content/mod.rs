//! What a file is by its content, and what is kept of it: of attachments and of pictures of signatures. Pure: bytes in,
//! bytes out.
//!
//! | file | what it is |
//! |---|---|
//! | `jpeg` | segments of a JPEG, the few that show a picture kept |
//! | `png` | chunks of a PNG, likewise |
//! | `webp` | chunks of a WebP, likewise |
//! | `exif` | the two things kept of EXIF: which way is up, and on request where it was taken |
//! | `pdf` | what a PDF may not bring: programs, files, secrets |
//! | `pdf_pictures` | what pictures inside a PDF say of who took them and where |
//! | `bytes` | reading numbers out of bytes without running past their end |
//!
//! Pictures are copied part by part, never decoded: what is not needed to show them is left out, whatever it is called,
//! so that what the next camera invents is left out too. What is decided here is by a list of what stays, never by a
//! list of what goes. Never here: the header a client sent with it, except to say that it does not fit.

mod bytes;
mod exif;
mod jpeg;
mod pdf;
mod pdf_pictures;
mod png;
mod webp;

use crate::core::problem::{Code, Outcome, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The longest side of a picture: what WebP can have, and more than any phone's.
pub const SIDE_PIXELS_MAX: u32 = 16_383;
/// Pixels of a picture: the 108 megapixels of a phone at full resolution, so that showing one takes half a gigabyte at
/// most and none is a bomb.
pub const PIXELS_MAX: u64 = 120_000_000;

/// What kind of file an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Media {
    /// A JPEG picture.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A PNG picture.
    #[serde(rename = "image/png")]
    Png,
    /// A WebP picture.
    #[serde(rename = "image/webp")]
    WebP,
    /// A PDF document.
    #[serde(rename = "application/pdf")]
    Pdf,
}

impl Media {
    /// Every kind.
    pub const ALL: [Media; 4] = [Media::Jpeg, Media::Png, Media::WebP, Media::Pdf];

    /// The media type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Pdf => "application/pdf",
        }
    }

    /// Reads the media type back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.word() == word)
    }

    /// How a file of this kind is called at its end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Pdf => "pdf",
        }
    }
}

/// What was left out of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Removed {
    /// Where it was taken.
    Location,
    /// What the camera wrote of itself, its owner and the time.
    Exif,
    /// Descriptions by programs, in XMP.
    Xmp,
    /// Captions and credits, in IPTC or Photoshop's resources.
    Iptc,
    /// Comments and other texts.
    Texts,
    /// Further pictures, previews or films in the same file.
    OtherPictures,
    /// Anything else that is not needed to show it.
    Other,
}

/// What is kept of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub media: Media,
    /// The bytes that are kept.
    pub bytes: Vec<u8>,
    /// Pixels across; a PDF has none.
    pub width: Option<u32>,
    /// Pixels down.
    pub height: Option<u32>,
    /// What was left out.
    pub removed: BTreeSet<Removed>,
    /// Whether it still says where it was taken.
    pub has_location: bool,
}

/// A picture as one of the formats found it.
struct Picture {
    bytes: Vec<u8>,
    width: u32,
    height: u32,
    removed: BTreeSet<Removed>,
    has_location: bool,
}

/// Looks into a file and says what is kept of it. `claimed` is the media type it was sent as.
///
/// # Errors
/// `unsupported_media_type` where it is none of the kinds that are taken, or another than was claimed; `invalid` where
/// it is broken, carries what may not be carried, or has too many pixels.
pub fn inspect(bytes: &[u8], claimed: &str, keep_location: bool) -> Outcome<Kept> {
    let media = sniff(bytes)?;
    if media.word() != claimed {
        let detail = format!(
            "The file was sent as {} and is {}; send it with the Content-Type of what it is.",
            crate::core::check::quoted(claimed),
            media.word()
        );
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let picture = match media {
        Media::Jpeg => jpeg::strip(bytes, keep_location)?,
        Media::Png => png::strip(bytes, keep_location)?,
        Media::WebP => webp::strip(bytes, keep_location)?,
        Media::Pdf => {
            pdf::check(bytes)?;
            refuse_archive(bytes)?;
            let (bytes, removed, has_location) = pdf_pictures::strip(bytes, keep_location)?;
            return Ok(Kept { media, bytes, width: None, height: None, removed, has_location });
        }
    };
    refuse_archive(&picture.bytes)?;
    let Picture { bytes, width, height, removed, has_location } = picture;
    Ok(Kept { media, bytes, width: Some(width), height: Some(height), removed, has_location })
}

/// What a file is by its first bytes.
fn sniff(bytes: &[u8]) -> Outcome<Media> {
    if bytes.starts_with(&jpeg::START) {
        return Ok(Media::Jpeg);
    }
    if bytes.starts_with(&png::SIGNATURE) {
        return Ok(Media::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Media::WebP);
    }
    if bytes.starts_with(b"%PDF-") {
        return Ok(Media::Pdf);
    }
    let detail = if bytes.get(4..8) == Some(b"ftyp") {
        "HEIC and AVIF pictures are not taken: what they say of people and places cannot be left out of them safely. \
         Send the picture as JPEG; phones do so when asked for \"most compatible\"."
    } else {
        "The file is none of JPEG, PNG, WebP or PDF by its first bytes; send one of these."
    };
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

/// Refuses sides that are nought or too long, and too many pixels.
fn check_pixels(width: u32, height: u32) -> Outcome<()> {
    let pixels = u64::from(width) * u64::from(height);
    if width == 0 || height == 0 {
        return Err(broken("it has no pixels"));
    }
    if width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX || pixels > PIXELS_MAX {
        let detail = format!(
            "The picture has {width} × {height} pixels; at most {SIDE_PIXELS_MAX} a side and {PIXELS_MAX} in all are \
             taken. Make it smaller."
        );
        return Err(Problem::field("", detail));
    }
    Ok(())
}

/// A file may also be an archive, read from its end: then it ends with such an archive's own end.
fn refuse_archive(bytes: &[u8]) -> Outcome<()> {
    const END: &[u8] = b"PK\x05\x06";
    // The record has 22 bytes and a comment of at most 65,535.
    let start = bytes.len().saturating_sub(22 + 65_535);
    let tail = &bytes[start..];
    let is_end = |at: usize| {
        let length = tail.get(at + 20..at + 22).map(|two| usize::from(two[0]) | usize::from(two[1]) << 8);
        length.is_some_and(|length| at + 22 + length == tail.len())
    };
    let found = tail.windows(END.len()).enumerate().any(|(at, four)| four == END && is_end(at));
    if found { Err(second_face("an archive")) } else { Ok(()) }
}

/// The refusal of a file that is something else as well.
fn second_face(what: &str) -> Problem {
    Problem::field(
        "",
        format!(
            "The file is {what} as well, which an attachment never is. Send the picture or document alone."
        ),
    )
}

/// The refusal of a file that is not whole or not well made.
fn broken(how: &str) -> Problem {
    Problem::field("", format!("The file cannot be read: {how}. Send it again, or save it anew first."))
}
