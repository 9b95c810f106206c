//! Paper as any office has it: A4, and nothing but black on white, whatever prints it.

use std::io::Write;
use std::process::Command;

use super::everyone::papers;
use super::stage::{LANGUAGES, Stage, file, page};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Languages whose words are the longest, and whose letters are others.
const LOOKED_AT: [&str; 2] = ["fr", "ru"];

/// A page of another size, with a red square on it.
const RED_LETTER: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>endobj\n\
    4 0 obj<</Length 33>>stream\n1 0 0 rg 100 100 200 200 re f    \nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF";

/// What a program of poppler's says of a file.
pub fn said(program: &str, arguments: &[&str], pdf: &[u8]) -> Vec<u8> {
    let mut kept = tempfile::NamedTempFile::new().expect("a file");
    kept.write_all(pdf).expect("it is written");
    let done = Command::new(program)
        .args(arguments)
        .arg(kept.path())
        .output()
        .unwrap_or_else(|error| panic!("{program} of poppler-utils, which ./test installs: {error}"));
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// The size of each page, as a program of others tells it.
fn sizes(pdf: &[u8]) -> Vec<String> {
    let told = String::from_utf8(said("pdfinfo", &["-f", "1", "-l", "9999"], pdf)).expect("text");
    let of_page = |line: &str| Some(line.strip_prefix("Page ")?.split_once(" size:")?.1.trim().to_owned());
    told.lines().filter_map(of_page).collect()
}

/// Points of all pages as they are drawn: black ones, white ones, and others. Edges are not smoothed, as no printer does.
fn points(pdf: &[u8]) -> [usize; 3] {
    let drawn = said("pdftoppm", &["-r", "60", "-aa", "no", "-aaVector", "no"], pdf);
    let (mut rest, mut points) = (drawn.as_slice(), [0; 3]);
    while !rest.is_empty() {
        // Each page is a picture: what it is, how wide and high, the lightest there is, and three bytes a point.
        let mut head = [0_usize; 3];
        rest = rest.strip_prefix(b"P6\n").expect("a picture");
        for number in &mut head {
            let end = rest.iter().position(|byte| byte.is_ascii_whitespace()).expect("a number");
            *number = std::str::from_utf8(&rest[..end]).expect("digits").parse().expect("a number");
            rest = &rest[end + 1..];
        }
        let [width, height, lightest] = head;
        assert_eq!(lightest, 255);
        let (picture, behind) = rest.split_at(3 * width * height);
        for point in picture.chunks_exact(3) {
            let place = match point {
                [0, 0, 0] => 0,
                [255, 255, 255] => 1,
                _ => 2,
            };
            points[place] += 1;
        }
        rest = behind;
    }
    points
}

/// Colours that a style names by their figures, and are neither black nor white.
fn colours(style: &str) -> Vec<&str> {
    let figures = style.split('#').skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(rest.len());
        &rest[..end]
    });
    figures.filter(|figures| !["000", "fff"].contains(figures)).collect()
}

/// Where a colour is said in a style, what it is said to be.
fn painted(style: &str) -> Vec<&str> {
    let said =
        ["color:", "background:", "fill:", "stroke:"].into_iter().flat_map(|name| style.split(name).skip(1));
    said.filter_map(|rest| rest.split([';', '}']).next()).map(str::trim).collect()
}

on_both_databases! {
    migrate: migrate;

    fn every_paper_is_a4_in_black_on_white(database: &TestDatabase) {
        let stage = Stage::new(database);
        let manager = &stage.scene.manager;
        for (path, _) in papers(&stage) {
            for code in LOOKED_AT {
                let printed = file(manager, &path, code).bytes;
                let sizes = sizes(&printed);
                assert!(!sizes.is_empty() && sizes.iter().all(|size| size == "595.28 x 841.89 pts (A4)"), "{path}: {sizes:?}");
                let [black, white, other] = points(&printed);
                assert_eq!(other, 0, "{path} in {code} has points of another colour");
                assert!(black > 1_000 && white > black, "{path} in {code}: {black} black and {white} white");
            }
            for code in LANGUAGES {
                let page = page(manager, &path, code);
                let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
                assert!(style.contains("@page { size: A4;"), "{style}");
                assert_eq!(colours(style), [""; 0], "{path} in {code}");
                let painted = painted(style);
                assert!(painted.len() > 1 && painted.iter().all(|colour| colour.starts_with('#')), "{painted:?}");
            }
        }
    }
}

#[test]
fn another_size_and_another_colour_are_seen() {
    assert_eq!(sizes(RED_LETTER), ["612 x 792 pts (letter)"]);
    let [black, white, other] = points(RED_LETTER);
    assert!(black == 0 && white > 0 && other > 0, "{black} {white} {other}");
    assert_eq!(colours("html { color: #000 } b { color: #c00 }"), ["c00"]);
    assert_eq!(painted("p { color: gray }"), ["gray"]);
}
