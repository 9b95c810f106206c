//! Which character parts the cells of a text table.
//!
//! Never done here: looking inside quotes. Each candidate is tried by really parsing the first
//! rows with it, so a comma in a quoted name or a decimal comma does not mislead.

/// The characters spreadsheets and databases use, most usual first: a tie goes to the first. Others, such as a
/// colon, stand in times and addresses too: whoever uses them says so in the mapping.
pub const CANDIDATES: [u8; 6] = [b',', b';', b'\t', b'|', b'~', b'^'];

/// Rows looked at. Enough to see a pattern behind a few odd rows, and quick on any file.
const SAMPLE_ROWS: usize = 64;

/// Bytes looked at, so that one endless quoted cell cannot make the sample the whole file.
const SAMPLE_BYTES: usize = 256 * 1024;

/// Finds the delimiter: the one by which most of the first rows have as many cells as the
/// header, and more than one; then the one with most cells. A table of one column is read by
/// comma.
pub fn sniff(text: &str, rows_before_header: usize) -> u8 {
    let sample = sample_of(text);
    let mut best = (0, 0, CANDIDATES[0]);
    for candidate in CANDIDATES {
        let (agreeing, cells) = consistency(sample, candidate, rows_before_header);
        if cells > 1 && (agreeing, cells) > (best.0, best.1) {
            best = (agreeing, cells, candidate);
        }
    }
    best.2
}

/// The name of a delimiter, for messages.
pub fn name(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "comma",
        b';' => "semicolon",
        b'\t' => "tab",
        b'|' => "bar",
        b'~' => "tilde",
        b'^' => "caret",
        _ => "custom character",
    }
}

/// The first bytes of the text, cut at a line end, so that no row of the sample is half a row.
fn sample_of(text: &str) -> &str {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let cut = text.floor_char_boundary(SAMPLE_BYTES);
    let head = &text[..cut];
    head.rfind(['\n', '\r']).map_or(head, |end| &head[..end])
}

/// How many sampled rows have as many cells as the header, and how many the header has.
fn consistency(sample: &str, delimiter: u8, rows_before_header: usize) -> (usize, usize) {
    let reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample.as_bytes());
    let mut counts = reader
        .into_byte_records()
        .skip(rows_before_header)
        .take(SAMPLE_ROWS)
        .map_while(Result::ok)
        .map(|r| r.len());
    let Some(header) = counts.next() else {
        return (0, 0);
    };
    (1 + counts.filter(|cells| *cells == header).count(), header)
}
