//! What is kept of a file, for every kind, and that no file brings the looking down.

use proptest::prelude::*;
use relief_ledger::content::{Kept, Removed, inspect};
use std::collections::BTreeSet;

use super::files::{
    SECRET, archive, holds, jpeg, packed, pdf, photo, place, png, png_of, scanned, stream, tiff, webp,
};

/// A type, a picture of it, and whether its numbers have the larger byte first.
type Picture = (&'static str, fn() -> Vec<u8>, bool);

const PICTURES: [Picture; 3] =
    [("image/jpeg", || photo(1), true), ("image/png", png, false), ("image/webp", webp, false)];

fn kept(bytes: &[u8], claimed: &str, keep_location: bool) -> Kept {
    inspect(bytes, claimed, keep_location).unwrap_or_else(|problem| panic!("{claimed}: {problem}"))
}

fn refused(bytes: &[u8], claimed: &str) -> String {
    inspect(bytes, claimed, false).expect_err("it is refused").detail
}

/// Whether anything of these bytes says who or where.
fn tells(bytes: &[u8], is_big: bool) -> bool {
    holds(bytes, SECRET) || holds(bytes, &place(is_big)) || holds(bytes, b"thumb") || holds(bytes, b"xmpmeta")
}

#[test]
fn a_picture_keeps_what_shows_it_and_which_way_is_up_and_nothing_else() {
    for (media, file, is_big) in PICTURES {
        let sent = file();
        assert!(tells(&sent, is_big), "the twin: {media} as it was sent tells who and where");
        let found = kept(&sent, media, false);
        assert_eq!((found.width, found.height), (Some(40), Some(30)), "{media}");
        assert!(!tells(&found.bytes, is_big), "{media}");
        assert!(
            !found.has_location && found.removed.contains(&Removed::Location),
            "{media}: {:?}",
            found.removed
        );
        // The orientation, 6, in a directory of one entry.
        let turned: &[u8] = if is_big {
            b"\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06"
        } else {
            b"\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0"
        };
        assert!(holds(&found.bytes, turned), "{media} is turned");
        assert_eq!(
            kept(&found.bytes, media, false).bytes,
            found.bytes,
            "{media}: what is kept is kept whole"
        );
    }
    assert_eq!(
        kept(&photo(1), "image/jpeg", false).removed,
        BTreeSet::from([
            Removed::Location,
            Removed::Exif,
            Removed::Xmp,
            Removed::Iptc,
            Removed::Texts,
            Removed::OtherPictures
        ])
    );
}

#[test]
fn whoever_uploads_it_may_keep_the_place_and_keeps_nothing_but_the_place() {
    for (media, file, is_big) in PICTURES {
        let found = kept(&file(), media, true);
        assert!(found.has_location && holds(&found.bytes, &place(is_big)), "{media}");
        assert!(!holds(&found.bytes, SECRET), "{media}");
        assert_eq!(kept(&found.bytes, media, true).bytes, found.bytes, "{media}: what is kept is kept whole");
    }
}

#[test]
fn what_phones_put_behind_a_picture_is_cut_off_and_anything_else_there_refused() {
    let whole = kept(&photo(1), "image/jpeg", false).bytes;
    let with = |tail: &[u8]| [photo(1), tail.to_vec()].concat();
    for tail in [&photo(2)[..], b"\0\0\0\x18ftypmp42 a film", b"\0\0\0\0", b"some notes SEFT"] {
        assert_eq!(kept(&with(tail), "image/jpeg", false).bytes, whole);
    }
    for tail in [&b"<html><script>alert(1)</script>"[..], b"#!/bin/sh", &archive(), b"%PDF-1.7", b"\n"] {
        let words = refused(&with(tail), "image/jpeg");
        assert!(words.contains("something else behind its picture"), "{words}");
        for (media, file) in [("image/png", png()), ("image/webp", webp())] {
            let words = refused(&[file, tail.to_vec()].concat(), media);
            assert!(words.contains("something else behind its picture"), "{media}: {words}");
        }
    }
    // An archive that ends inside the coded picture is found from its end.
    let hidden = jpeg(&[vec![1], archive(), vec![0; 3]].concat());
    kept(&hidden, "image/jpeg", false);
    let mut end = archive();
    end[20] = 2;
    assert!(refused(&jpeg(&[vec![1], end].concat()), "image/jpeg").contains("an archive"));
}

#[test]
fn a_file_is_what_its_content_says_and_must_be_sent_as_that() {
    for (media, file, _) in PICTURES {
        for claimed in
            ["image/jpeg", "image/png", "image/webp", "application/pdf", "application/octet-stream", ""]
        {
            if claimed != media {
                assert!(refused(&file(), claimed).contains(&format!("is {media}")), "{media} as {claimed}");
            }
        }
    }
    for strange in
        [&b""[..], b"<svg onload=alert(1)>", b"GIF89a", b"MZ", b"\xFF\xD8", b"RIFF\0\0\0\0WAVE", &archive()]
    {
        assert!(refused(strange, "image/jpeg").contains("none of JPEG, PNG, WebP or PDF"));
    }
    let heic = refused(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic");
    assert!(heic.contains("HEIC") && heic.contains("Send the picture as JPEG"), "{heic}");
}

#[test]
fn pictures_of_no_or_too_many_pixels_are_refused_by_their_header_alone() {
    kept(&png_of(16_383, 7_000), "image/png", false);
    for (width, height) in [(0, 30), (16_384, 1), (16_383, 16_383), (u32::MAX, u32::MAX)] {
        let words = refused(&png_of(width, height), "image/png");
        assert!(words.contains("pixels"), "{words}");
    }
}

#[test]
fn a_pdf_is_kept_as_it_is_and_may_bring_no_program_file_or_secret() {
    let plain =
        pdf(b"3 0 obj\n<< /OpenAction [2 0 R /Fit] /A << /S /URI /URI (https://example.org) >> >>\nendobj");
    assert_eq!(kept(&plain, "application/pdf", false).bytes, plain);
    let innocent = pdf(&packed("/Type /ObjStm /Filter /FlateDecode", b"7 0 << /Type /Page >>"));
    assert_eq!(kept(&innocent, "application/pdf", false).bytes, innocent);
    let act = b"7 0 << /S /JavaScript /JS (app.alert(1)) >>";
    for (bad, words) in [
        (pdf(act), "JavaScript"),
        (pdf(b"<< /S /J#61va#53cript >>"), "JavaScript"),
        (pdf(b"<</S/Launch/F(cmd.exe)>>"), "starts programs"),
        (pdf(b"<< /Type /EmbeddedFile >>"), "a file inside it"),
        (pdf(b"<< /Names << /EmbeddedFiles 4 0 R >> >>"), "files inside it"),
        (pdf(b"<< /Type /Filespec /EF << /F 5 0 R >> >>"), "a file inside it"),
        (pdf(b"<< /EF 9 0 R >>"), "a file inside it"),
        (pdf(b"<< /Encrypt 9 0 R >>"), "encryption"),
        (pdf(&packed("/Type /ObjStm /Filter /FlateDecode", act)), "JavaScript"),
        (pdf(&packed("/Type /#4fbjStm /Filter [/FlateDecode]", act)), "JavaScript"),
        (pdf(&packed("/Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode]", act)), "packed"),
        (pdf(&packed("/Type /ObjStm", act)), "packed"),
        (pdf(&packed("/Type /ObjStm /Filter /FlateDecode /DecodeParms << /Predictor 12 >>", act)), "packed"),
        (pdf(b"5 0 obj << /Type /ObjStm /Filter /FlateDecode >> stream endobj"), "packed"),
        ([plain.clone(), b"<html>".to_vec()].concat(), "something else behind its end"),
        ([plain.clone(), archive()].concat(), "something else behind its end"),
        (pdf(b"<script>alert(1)</script>"), "a web page"),
        (b"%PDF-1.7\n1 0 obj".to_vec(), "breaks off"),
        (b"%PDF-x\n%%EOF".to_vec(), "version"),
    ] {
        let told = refused(&bad, "application/pdf");
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn pictures_in_a_pdf_tell_nothing_of_their_making() {
    let scan = pdf(&[scanned(&photo(1)), scanned(&photo(2))].concat());
    let found = kept(&scan, "application/pdf", false);
    assert!(tells(&scan, true), "the twin: as it was sent it tells");
    assert!(!holds(&found.bytes, &place(true)) && !holds(&found.bytes, b"xmpmeta"));
    assert_eq!((found.bytes.len(), found.has_location), (scan.len(), false));
    let removed = BTreeSet::from([Removed::Location, Removed::Exif, Removed::Xmp, Removed::Iptc]);
    assert_eq!(found.removed, removed);
    assert_eq!(kept(&found.bytes, "application/pdf", false).bytes, found.bytes, "what is kept is kept whole");
    // What shows the pictures is where it was.
    let start = scan.windows(3).position(|three| three == b"\xFF\xD8\xFF").expect("a picture");
    let picture =
        inspect(&found.bytes[start..start + photo(1).len()], "image/jpeg", false).expect("it is one still");
    assert_eq!(
        (picture.width, picture.bytes),
        (Some(40), untold(&kept(&photo(1), "image/jpeg", false).bytes))
    );
    let chosen = kept(&scan, "application/pdf", true);
    assert_eq!((chosen.bytes == scan, chosen.has_location), (true, true));

    let flat = "/Subtype /Image /Filter [/FlateDecode /DCTDecode]";
    let digits: String = photo(1).iter().map(|byte| format!("{byte:02X}")).collect();
    for (what, objects, words) in [
        (
            "a signed one",
            [scanned(&photo(1)), b"<< /ByteRange [0 1 2 3] >>".to_vec()].concat(),
            "a signature",
        ),
        ("a packed one", packed(flat, &photo(1)), "cannot be left out"),
        (
            "one in digits",
            stream("/Filter [/ASCIIHexDecode /DCTDecode]", digits.as_bytes()),
            "cannot be left out",
        ),
        (
            "one of another packing",
            stream("/Filter [/LZWDecode /DCTDecode]", b"anything"),
            "cannot be left out",
        ),
        ("a description", stream("/Type /Metadata", b"<x exif:GPSLatitude='13,27N'/>"), "cannot be left out"),
        (
            "a packed description",
            packed("/Type /Metadata /Filter /FlateDecode", b"<x exif:GPSLatitude='13,27N'/>"),
            "cannot be left out",
        ),
        (
            "JPEG 2000",
            stream("/Filter /JPXDecode", b"\0\0\0\x0cjP  uuidJpgTiffExif->JP2II*"),
            "cannot be left out",
        ),
    ] {
        let bytes = pdf(&objects);
        let told = refused(&bytes, "application/pdf");
        assert!(told.contains(words) && told.contains("keep_location=true"), "{what}: {told}");
        let chosen = kept(&bytes, "application/pdf", true);
        assert!(chosen.has_location && chosen.bytes == bytes, "{what}");
    }
    // What says no place passes as it came, packed or signed.
    let plain = kept(&photo(1), "image/jpeg", false).bytes;
    for objects in [packed(flat, &plain), [scanned(&plain), b"<< /ByteRange [0 1] >>".to_vec()].concat()] {
        let bytes = pdf(&objects);
        assert_eq!(kept(&bytes, "application/pdf", false).bytes, bytes);
    }
}

/// Without which way is up: in a PDF that is said beside the picture.
fn untold(picture: &[u8]) -> Vec<u8> {
    let at = picture.windows(2).position(|two| two == b"\xFF\xE1").expect("it says which way is up");
    let length = usize::from(picture[at + 2]) << 8 | usize::from(picture[at + 3]);
    [&picture[..at], &picture[at + 2 + length..]].concat()
}

#[test]
fn a_pdf_that_unpacks_without_end_is_refused() {
    let bomb = pdf(&packed("/Type /ObjStm /Filter /FlateDecode", &vec![b' '; 65 * 1_024 * 1_024]));
    assert!(bomb.len() < 128 * 1_024, "it is small");
    assert!(refused(&bomb, "application/pdf").contains("packed"));
}

/// A file of some kind, with a few bytes changed, cut or put in.
fn changed_file() -> impl Strategy<Value = (Vec<u8>, &'static str)> {
    let objects = packed("/Type /ObjStm /Filter /FlateDecode", b"7 0 << /Type /Page >>");
    let files: Vec<(Vec<u8>, &'static str)> = vec![
        (photo(1), "image/jpeg"),
        (png(), "image/png"),
        (webp(), "image/webp"),
        (pdf(&objects), "application/pdf"),
        (pdf(&scanned(&photo(1))), "application/pdf"),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..8);
    (prop::sample::select(files), changes).prop_map(|((mut bytes, media), changes)| {
        for (at, value, way) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match way {
                0 => bytes[at] = value,
                1 => bytes.insert(at, value),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        (bytes, media)
    })
}

proptest! {
    #[test]
    fn no_file_brings_the_looking_down((bytes, media) in changed_file(), keep in any::<bool>()) {
        if let Ok(found) = inspect(&bytes, media, keep) {
            // What is written anew is EXIF, which is short.
            prop_assert!(found.bytes.len() <= bytes.len() + 256);
            let again = inspect(&found.bytes, media, keep);
            prop_assert_eq!(again.map(|again| again.bytes).map_err(|problem| problem.detail), Ok(found.bytes));
        }
    }

    #[test]
    fn any_bytes_behind_a_beginning_are_survived(
        start in prop::sample::select(vec![
            &b"\xFF\xD8\xFF"[..], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\xFF\0\0\0WEBPVP8X", b"%PDF-1.7 /ObjStm stream\n",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        for media in ["image/jpeg", "image/png", "image/webp", "application/pdf"] {
            drop(inspect(&[start, &rest].concat(), media, true));
        }
    }

    #[test]
    fn any_exif_is_survived_and_tells_no_more_than_the_place(
        (at, value) in (0..250_usize, any::<[u8; 4]>()),
        is_big in any::<bool>(),
    ) {
        let mut exif = tiff(is_big);
        let end = (at + 4).min(exif.len());
        if at < end {
            exif[at..end].copy_from_slice(&value[..end - at]);
        }
        let length = (exif.len() as u16 + 8).to_be_bytes();
        let segment = [&[0xFF, 0xE1][..], &length, b"Exif\0\0", &exif].concat();
        let whole = photo(1);
        let file = [&whole[..2], &segment, &kept(&whole, "image/jpeg", false).bytes[2..]].concat();
        let found = kept(&file, "image/jpeg", true);
        prop_assert!(found.bytes.len() < file.len() + 256);
        prop_assert!(!holds(&found.bytes, SECRET));
    }
}
