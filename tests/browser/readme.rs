//! The pictures of the README are taken here, of the demonstration that anybody can start: `RELIEF_WRITE_PICTURES=1` puts them in
//! their place, as often as pages look different.

use std::path::{Path, PathBuf};

use super::Browser;
use super::demo::Demonstration;
use super::screens::pictures;

/// Each by its name, whose page it is, where that lies, and how wide the screen is.
const SHOWN: [(&str, &str, &str, u32); 4] = [
    ("front", "", "/", 1_280),
    ("board", "officer", "/board", 360),
    ("donor", "donor", "/donor", 1_280),
    ("reconciliation", "auditor", "/reconciliation", 1_280),
];

/// How wide and high a picture is: what a PNG file says of itself.
fn size(path: &Path) -> Option<(u32, u32)> {
    let bytes = std::fs::read(path).ok()?;
    let number = |at: usize| <[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok().map(u32::from_be_bytes);
    bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some(())?;
    Some((number(16)?, number(20)?))
}

/// Where the picture of a name lies that the README shows.
fn placed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/pictures/{name}.png"))
}

#[test]
fn pictures_of_the_readme_are_taken_of_pages_as_they_are() {
    let Some(browser) = Browser::start() else { return };
    let demonstration = Demonstration::start();
    for (name, role, path, width) in SHOWN {
        if !role.is_empty() {
            demonstration.sign_in(&browser, role);
        }
        browser.width(width);
        browser.goto(&demonstration.at(path));
        assert!(!browser.text("h1").is_empty());
        let taken = pictures().join(format!("readme-{name}.png"));
        browser.screenshot(&taken);
        if std::env::var_os("RELIEF_WRITE_PICTURES").is_some() {
            std::fs::copy(&taken, placed(name)).expect("the picture is put in its place");
        }
        let known = size(&placed(name));
        assert!(known.is_some(), "docs/pictures/{name}.png is no picture");
        assert_eq!(known, size(&taken), "docs/pictures/{name}.png is of another screen: take it anew");
    }
}

#[test]
fn the_readme_shows_the_pictures_that_are_taken_and_no_others() {
    let text = include_str!("../../README.md");
    let mut shown: Vec<&str> =
        text.split("](docs/pictures/").skip(1).filter_map(|rest| rest.split(".png)").next()).collect();
    shown.sort_unstable();
    let mut taken: Vec<&str> = SHOWN.iter().map(|(name, ..)| *name).collect();
    taken.sort_unstable();
    assert_eq!(shown, taken);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let there = std::fs::read_dir(folder).expect("the folder is there").count();
    assert_eq!(there, SHOWN.len(), "what nobody shows lies in docs/pictures");
    assert_eq!(size(Path::new(file!())), None, "the twin: what is no picture has no size");
}
