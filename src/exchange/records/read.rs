//! A table or lines of records, by a mapping with `[record]`: each row judged for itself.

use super::lines::{Lines, Members, check_memory};
use super::{RECORDS_END, RecordKind, body_headings};
use crate::auth::Action;
use crate::consignments::{ConsignmentNew, LoadNew};
use crate::core::cell::unshielded;
use crate::core::id::{ConsignmentId, ItemId, LoadId, OrganizationId, PledgeId, ProgrammeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::events::Command;
use crate::exchange::mapping::FileSection;
use crate::exchange::mapping_file::text_with;
use crate::exchange::table::{
    Limits, MAX_FILE_BYTES, Table, TableError, TableFormat, TableOptions, TableRow,
};
use crate::items::{Item, ItemDraft, Pack};
use crate::parties::{Organization, OrganizationDraft};
use crate::pledges::PledgeNew;
use crate::programmes::{Programme, ProgrammeDraft};
use crate::sites::{Position, Site, SiteDraft};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek as _};
use std::path::Path;
use uuid::Uuid;

/// The section by which such a mapping is told from the others.
const SECTION: &str = "[record]";
/// The mapping of our own exports.
const BUILT_IN: (&str, &str) = ("relief", include_str!("../../../mappings/relief.toml"));
/// What lines begin with that say what a file is.
const COMMENT: &[u8] = b"# ";

/// A mapping file of records.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordMapping {
    /// Its name, which every entry of the import bears.
    pub name: String,
    /// What it reads, for people.
    pub title: String,
    /// How to open the file, where detection is not enough.
    #[serde(default)]
    pub file: FileSection,
    /// What the columns are.
    pub record: RecordSection,
}

/// `[record]`: columns by heading, members of lines by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSection {
    /// The kind of record.
    pub kind: String,
    /// Its identifier.
    pub id: String,
    /// What states it, as JSON.
    pub body: String,
}

impl RecordMapping {
    /// The name of the mapping that ships with the program.
    pub const NAME: &'static str = BUILT_IN.0;

    /// The mapping of this name or in this file; none where it is of another kind.
    ///
    /// # Errors
    /// `invalid` where it is of this kind and not understood.
    pub fn find(name_or_file: &str) -> Outcome<Option<Self>> {
        if let Some(mapping) = Self::built_in(name_or_file)? {
            return Ok(Some(mapping));
        }
        let text = text_with(name_or_file, SECTION);
        text.map(|text| Self::parse(&text)).transpose()
    }

    /// The built-in mapping of this name; none where there is none.
    ///
    /// # Errors
    /// `invalid` where it is broken, which a test would have found.
    pub fn built_in(name: &str) -> Outcome<Option<Self>> {
        if name == BUILT_IN.0 { Self::parse(BUILT_IN.1).map(Some) } else { Ok(None) }
    }

    fn parse(text: &str) -> Outcome<Self> {
        toml::from_str(text)
            .map_err(|error| Problem::field("/mapping", format!("the mapping is not understood: {error}")))
    }
}

/// What a row states.
pub(super) enum Stated {
    Organization(Organization),
    Programme(Programme),
    Item(Item, Vec<Pack>),
    Site(Site),
    Pledge(PledgeId, PledgeNew),
    Consignment(ConsignmentId, ConsignmentNew),
    Load(LoadId, LoadNew),
    Event(Command),
}

/// What a file states. Its rows are read as they are asked for, twice: once to see that it is whole, and once to state them.
pub struct Records {
    pub(super) mapping: String,
    /// What was found out about the file, in sentences.
    pub notes: Vec<String>,
    source: Source,
    /// How many rows it has.
    count: usize,
}

/// Where the rows come from.
enum Source {
    /// An object a line, in a file on this machine.
    File(File, RecordSection),
    /// The same, as it was sent.
    Bytes(Vec<u8>, RecordSection),
    /// A table.
    Table(Box<RecordTable>),
}

/// A table with the places of its columns.
struct RecordTable {
    table: Table,
    kind: usize,
    id: usize,
    bodies: Vec<usize>,
    /// In a workbook a text is a text; in a file of text an apostrophe keeps it from being run.
    is_shielded: bool,
}

/// A row that states something, or why it does not.
pub(super) struct Row {
    /// Its number as a spreadsheet shows it, or its line.
    pub(super) number: u32,
    /// Bytes of what it says.
    pub(super) bytes: usize,
    pub(super) stated: Result<Stated, String>,
}

/// What lines are read from.
type Reader<'a> = Box<dyn BufRead + 'a>;
/// Rows, as they are read.
type Rows<'a> = Box<dyn Iterator<Item = Outcome<Row>> + 'a>;

/// What a file says of itself, and how many rows it has.
#[derive(Default)]
struct Seen {
    /// Whether it says what it is, as our exports do, and so has to say where it ends.
    is_stamped: bool,
    /// How many records its end says there are.
    announced: Option<usize>,
    count: usize,
}

/// Reads a file of records.
///
/// # Errors
/// `invalid` where it cannot be read at all, or has no records.
pub fn read_records(path: &Path, mapping: &RecordMapping) -> Outcome<Records> {
    let unreadable =
        |error: std::io::Error| Problem::field("/file", format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    // What is no file, such as a pipe, can be read once only.
    if file.metadata().map_err(unreadable)?.is_file() && begins_with_object(&file).map_err(unreadable)? {
        return Records::whole(mapping, |section| Source::File(file, section), Limits::default());
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_FILE_BYTES {
        let words =
            format!("has more than {MAX_FILE_BYTES} bytes, the most an import takes; split it by rows");
        return Err(Problem::field("/file", words));
    }
    records_of(bytes, mapping, Limits::default())
}

/// Whether a file has an object before all else; it is read from its beginning again.
fn begins_with_object(mut file: &File) -> std::io::Result<bool> {
    let mut begins = false;
    for byte in BufReader::new(file).bytes() {
        let byte = byte?;
        if !byte.is_ascii_whitespace() {
            begins = byte == b'{';
            break;
        }
    }
    file.rewind()?;
    Ok(begins)
}

/// The same of a file's bytes.
///
/// # Errors
/// As [`read_records`].
pub fn records_of(bytes: Vec<u8>, mapping: &RecordMapping, limits: Limits) -> Outcome<Records> {
    let is_lines = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_lines {
        return Records::whole(mapping, |section| Source::Bytes(bytes, section), limits);
    }
    let (table, seen) = RecordTable::open(bytes, mapping, limits)?;
    let notes = table.table.notes().to_vec();
    Records { mapping: mapping.name.clone(), notes, source: Source::Table(Box::new(table)), count: 0 }
        .counted(seen)
}

impl Stated {
    /// What whoever states it must be allowed, as for posting it.
    pub(super) fn action(&self) -> Action {
        match self {
            Self::Organization(_) => Action::OrganizationWrite,
            Self::Programme(_) => Action::ProgrammeWrite,
            Self::Item(..) => Action::ItemWrite,
            Self::Site(_) => Action::SiteWrite,
            Self::Pledge(..) => Action::PledgeOffer,
            Self::Consignment(..) => Action::ConsignmentWrite,
            Self::Load(..) => Action::LoadWrite,
            Self::Event(command) => command.kind.action(),
        }
    }

    /// Its identifier.
    pub(super) fn id(&self) -> Uuid {
        match self {
            Self::Organization(row) => row.id.0,
            Self::Programme(row) => row.id.0,
            Self::Item(row, _) => row.id.0,
            Self::Site(row) => row.id.0,
            Self::Pledge(id, _) => id.0,
            Self::Consignment(id, _) => id.0,
            Self::Load(id, _) => id.0,
            Self::Event(command) => command.id.0,
        }
    }
}

impl Records {
    /// How many rows it has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many of its rows say what can be stated, for whoever only looks.
    ///
    /// # Errors
    /// Where the file cannot be read any more.
    pub fn readable(&self) -> Outcome<usize> {
        let mut readable = 0;
        for row in self.rows(0)? {
            readable += usize::from(row?.stated.is_ok());
        }
        Ok(readable)
    }

    /// Lines of records that are whole, where they may be so many.
    fn whole(
        mapping: &RecordMapping,
        source: impl FnOnce(RecordSection) -> Source,
        limits: Limits,
    ) -> Outcome<Self> {
        let source = source(mapping.record.clone());
        let records = Self { mapping: mapping.name.clone(), notes: Vec::new(), source, count: 0 };
        let seen = records.looked_through(limits)?;
        records.counted(seen)
    }

    /// Goes through lines once, without stating anything: what says what the file is, and entries, which follow from events, are
    /// no records.
    fn looked_through(&self, limits: Limits) -> Outcome<Seen> {
        let mut seen = Seen::default();
        let Some((lines, section)) = self.lines()? else { return Ok(seen) };
        for line in lines {
            let (_, line) = line?;
            let members = Members::of(&line, &[&section.kind, "records"]);
            match members.map(|members| (members.word(&section.kind), members)) {
                Some((kind, members)) if kind == END => {
                    seen.announced = serde_json::from_str(members.text("records")).ok();
                }
                Some((kind, _)) if kind == STAMP => seen.is_stamped = true,
                Some((kind, _)) if kind == ENTRY => {}
                Some(_) | None => seen.count += 1,
            }
            if seen.count > limits.rows as usize {
                let words = format!("has more than {} records; split it by lines", limits.rows);
                return Err(Problem::field("/file", words));
            }
        }
        Ok(seen)
    }

    /// Refuses what has no records, and the beginning of a file for a file: what an export of ours says of itself it says at its
    /// end too.
    fn counted(self, seen: Seen) -> Outcome<Self> {
        let found = seen.count;
        let words = match seen.announced {
            _ if found == 0 => {
                "has no records; export them with --table records: entries follow from them".to_owned()
            }
            Some(announced) if announced == found => return Ok(Self { count: found, ..self }),
            None if !seen.is_stamped => return Ok(Self { count: found, ..self }),
            Some(announced) => format!(
                "says at its end that it has {announced} records, and has {found}; export it again and send all of it"
            ),
            None => format!(
                "is cut off after {found} records: its end, which says how many there are, is not there; export it again \
                 and send all of it"
            ),
        };
        Err(Problem::field("/file", words))
    }

    /// Its lines from the first, and what is in them; none where it is a table.
    fn lines(&self) -> Outcome<Option<(Lines<Reader<'_>>, &RecordSection)>> {
        let (reader, section): (Reader<'_>, &RecordSection) = match &self.source {
            Source::File(file, section) => {
                let mut file = file;
                file.rewind().map_err(|error| Problem::field("/file", format!("cannot be read: {error}")))?;
                (Box::new(BufReader::new(file)), section)
            }
            Source::Bytes(bytes, section) => (Box::new(bytes.as_slice()), section),
            Source::Table(_) => return Ok(None),
        };
        Ok(Some((Lines::of(reader), section)))
    }

    /// The rows behind one, in their order, each read when it is asked for.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(super) fn rows(&self, behind: u32) -> Outcome<Rows<'_>> {
        if let Source::Table(table) = &self.source {
            return Ok(table.rows(behind));
        }
        let Some((lines, section)) = self.lines()? else { return Ok(Box::new(std::iter::empty())) };
        Ok(Box::new(lines.filter_map(move |line| match line {
            Ok((number, _)) if number <= behind => None,
            Ok((number, line)) => row_of(section, number, &line).map(Ok),
            Err(problem) => Some(Err(problem)),
        })))
    }
}

/// The words of lines that are no records.
const STAMP: &str = "stamp";
const ENTRY: &str = "entry";
const END: &str = "end";

/// What a line states; none where it is no record.
fn row_of(section: &RecordSection, number: u32, line: &str) -> Option<Row> {
    let bytes = line.len();
    let Some(members) = Members::of(line, &[&section.kind, &section.id, &section.body]) else {
        return Some(Row { number, bytes, stated: Err("the line is no JSON object".to_owned()) });
    };
    let kind = members.word(&section.kind);
    if [STAMP, ENTRY, END].contains(&kind.as_str()) {
        return None;
    }
    let stated = stated(&kind, &members.word(&section.id), members.text(&section.body));
    Some(Row { number, bytes, stated })
}

impl RecordTable {
    /// A table and what it says of itself, gone through once.
    fn open(mut bytes: Vec<u8>, mapping: &RecordMapping, limits: Limits) -> Outcome<(Self, Seen)> {
        let lines = bytes.split(|byte| *byte == b'\n').take_while(|line| line.starts_with(COMMENT)).count();
        let is_stamped = lines > 0;
        let announced = if is_stamped { cut_end(&mut bytes) } else { None };
        let options = TableOptions {
            delimiter: mapping.file.delimiter.map(|given| u8::try_from(given).unwrap_or(u8::MAX)),
            encoding: mapping.file.encoding,
            sheet: mapping.file.sheet.clone(),
            header_row: mapping.file.header_row.or(is_stamped.then(|| u32::try_from(lines + 1).unwrap_or(1))),
            limits,
        };
        let table = Table::from_bytes(bytes, &options).map_err(unreadable)?;
        let place = |heading: &str| table.header().iter().position(|one| one == heading);
        let column = |heading: &str| {
            place(heading).ok_or_else(|| {
                let words = format!("has no column {heading:?}; export records with --table records");
                Problem::field("/file", words)
            })
        };
        let (kind, id) = (column(&mapping.record.kind)?, column(&mapping.record.id)?);
        column(&mapping.record.body)?;
        let bodies: Vec<usize> =
            body_headings(&mapping.record.body).iter().filter_map(|one| place(one)).collect();
        let is_shielded = matches!(table.format(), TableFormat::Csv { .. });
        let mut count = 0;
        for row in table.rows() {
            count += usize::from(!is_blank(&row.map_err(unreadable)?));
        }
        let seen = Seen { is_stamped, announced, count };
        Ok((Self { table, kind, id, bodies, is_shielded }, seen))
    }

    fn rows(&self, behind: u32) -> Rows<'_> {
        Box::new(self.table.rows().filter_map(move |row| match row {
            Ok(row) if row.number <= behind || is_blank(&row) => None,
            Ok(row) => Some(Ok(self.row_of(&row))),
            Err(error) => Some(Err(unreadable(error))),
        }))
    }

    fn row_of(&self, row: &TableRow) -> Row {
        let text = |place: usize| match self.is_shielded {
            true => unshielded(row.cell(place)),
            false => row.cell(place).to_owned(),
        };
        let body: String = self.bodies.iter().map(|place| text(*place)).collect();
        let stated = stated(&text(self.kind), &text(self.id), &body);
        Row { number: row.number, bytes: body.len(), stated }
    }
}

fn is_blank(row: &TableRow) -> bool {
    (0..row.cell_count()).all(|place| row.cell(place).is_empty())
}

fn unreadable(error: TableError) -> Problem {
    Problem::field("/file", error.to_string())
}

/// Takes the last line away from a table where it says how many records there are.
fn cut_end(bytes: &mut Vec<u8>) -> Option<usize> {
    let end = bytes.trim_ascii_end().len();
    let start = bytes[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let line = std::str::from_utf8(&bytes[start..end]).ok()?;
    let count = line.trim().strip_prefix(RECORDS_END)?.parse().ok()?;
    bytes.truncate(start);
    Some(count)
}

/// What one row states.
fn stated(kind: &str, id: &str, text: &str) -> Result<Stated, String> {
    let kind = RecordKind::read(kind)?;
    check_memory(text)?;
    let body: Value = serde_json::from_str(text).map_err(|error| format!("its body is no JSON: {error}"))?;
    let id: Uuid = id.parse().map_err(|_| format!("{id:?} is no identifier"))?;
    let now = Timestamp(0);
    Ok(match kind {
        RecordKind::Organization => {
            let draft: OrganizationDraft = body_as(body)?;
            Stated::Organization(Organization::new(OrganizationId(id), &draft, 1, now, now))
        }
        RecordKind::Programme => {
            let draft: ProgrammeDraft = body_as(body)?;
            Stated::Programme(Programme::new(ProgrammeId(id), &draft, 1, now, now))
        }
        RecordKind::Item => {
            let draft: ItemDraft = body_as(body)?;
            let packs = draft.packs.iter().map(|pack| Pack::new(ItemId(id), pack)).collect();
            Stated::Item(Item::new(ItemId(id), &draft, 1, now, now), packs)
        }
        RecordKind::Site => {
            let draft = SiteDraft { coordinates: position(text)?, ..body_as(body)? };
            Stated::Site(Site::new(SiteId(id), &draft, 1, now, now))
        }
        RecordKind::Pledge => Stated::Pledge(PledgeId(id), body_as(body)?),
        RecordKind::Consignment => Stated::Consignment(ConsignmentId(id), body_as(body)?),
        RecordKind::Load => Stated::Load(LoadId(id), body_as(body)?),
        RecordKind::Event => {
            let command = Command::read_recorded(body).map_err(|problem| problem.detail)?;
            if command.id.0 != id {
                return Err(format!("its body is of the event {}, and not of {id}", command.id));
            }
            Stated::Event(command)
        }
    })
}

/// A place as exactly as it is written: the reader of JSON is off by the last digit of one number in a few.
fn position(text: &str) -> Result<Option<Position>, String> {
    #[derive(Deserialize)]
    struct Written<'a> {
        #[serde(borrow)]
        latitude: &'a RawValue,
        #[serde(borrow)]
        longitude: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Placed<'a> {
        #[serde(borrow, default)]
        coordinates: Option<Written<'a>>,
    }
    let wrong = |error: &dyn std::fmt::Display| format!("its coordinates cannot be read: {error}");
    let placed: Placed<'_> = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let Some(written) = placed.coordinates else { return Ok(None) };
    let degrees = |raw: &RawValue| raw.get().parse::<f64>().map_err(|error| wrong(&error));
    Ok(Some(Position { latitude: degrees(written.latitude)?, longitude: degrees(written.longitude)? }))
}

fn body_as<T: DeserializeOwned>(body: Value) -> Result<T, String> {
    serde_json::from_value(body).map_err(|error| format!("its body says what cannot be: {error}"))
}
