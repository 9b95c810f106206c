//! Mapping files of the kinds that are told by their section.

use std::path::Path;

/// Mapping files are written by hand; a larger one is some other file.
pub(super) const MAX_MAPPING_BYTES: u64 = 1_024 * 1_024;

/// Whether a text has a section, such as `[sheet]`, on a line of its own.
pub(super) fn has_section(text: &str, section: &str) -> bool {
    text.lines().any(|line| line.trim() == section)
}

/// The text of a mapping file with a section; none where it is of another kind or not there, which that kind's reader tells.
pub(super) fn text_with(file: &str, section: &str) -> Option<String> {
    let is_file = Path::new(file).extension().is_some_and(|extension| extension == "toml");
    let is_small = || std::fs::metadata(file).is_ok_and(|file| file.len() <= MAX_MAPPING_BYTES);
    if !is_file || !is_small() {
        return None;
    }
    std::fs::read_to_string(file).ok().filter(|text| has_section(text, section))
}
