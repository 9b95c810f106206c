//! A table or lines of records, by a mapping with `[record]`: each row judged for itself.

use super::{RECORDS_END, RecordKind, body_headings};
use crate::auth::Action;
use crate::consignments::{ConsignmentNew, LoadNew};
use crate::core::cell::unshielded;
use crate::core::id::{ConsignmentId, ItemId, LoadId, OrganizationId, PledgeId, ProgrammeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::events::Command;
use crate::exchange::headcounts::RowRefused;
use crate::exchange::mapping::FileSection;
use crate::exchange::mapping_file::text_with;
use crate::exchange::table::{Limits, MAX_FILE_BYTES, Table, TableFormat, TableOptions};
use crate::items::{Item, ItemDraft, Pack};
use crate::parties::{Organization, OrganizationDraft};
use crate::pledges::PledgeNew;
use crate::programmes::{Programme, ProgrammeDraft};
use crate::sites::{Position, Site, SiteDraft};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::Read as _;
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

/// What a file states.
pub struct Records {
    pub(super) mapping: String,
    /// What was found out about the file, in sentences.
    pub notes: Vec<String>,
    pub(super) rows: Vec<(u32, Stated)>,
    pub(super) refused: Vec<RowRefused>,
    /// Whether the file says of itself what it is, as our exports do, and so has to say where it ends.
    is_stamped: bool,
    /// How many records its end says there are.
    announced: Option<usize>,
}

/// Reads a file of records.
///
/// # Errors
/// `invalid` where it cannot be read at all, or has no records.
pub fn read_records(file: &Path, mapping: &RecordMapping) -> Outcome<Records> {
    let unreadable =
        |error: std::io::Error| Problem::field("/file", format!("cannot read {}: {error}", file.display()));
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_FILE_BYTES {
        let words =
            format!("has more than {MAX_FILE_BYTES} bytes, the most an import takes; split it by rows");
        return Err(Problem::field("/file", words));
    }
    records_of(bytes, mapping, Limits::default())
}

/// The same of a file's bytes.
///
/// # Errors
/// As [`read_records`].
pub fn records_of(bytes: Vec<u8>, mapping: &RecordMapping, limits: Limits) -> Outcome<Records> {
    let mut records = Records {
        mapping: mapping.name.clone(),
        notes: Vec::new(),
        rows: Vec::new(),
        refused: Vec::new(),
        is_stamped: false,
        announced: None,
    };
    let is_lines = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_lines {
        records.read_lines(&bytes, &mapping.record, limits)?;
    } else {
        records.read_table(bytes, mapping, limits)?;
    }
    if records.rows.is_empty() && records.refused.is_empty() {
        let words = "has no records; export them with --table records: entries follow from them";
        return Err(Problem::field("/file", words));
    }
    records.check_whole()?;
    Ok(records)
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
        self.rows.len() + self.refused.len()
    }

    /// Refuses the beginning of a file for a file: what an export of ours says of itself it says at its end too.
    fn check_whole(&self) -> Outcome<()> {
        let found = self.rows.len() + self.refused.len();
        let words = match self.announced {
            Some(announced) if announced == found => return Ok(()),
            None if !self.is_stamped => return Ok(()),
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

    fn add(&mut self, row: u32, stated: Result<Stated, String>) {
        match stated {
            Ok(stated) => self.rows.push((row, stated)),
            Err(reason) => self.refused.push(RowRefused { row, reason }),
        }
    }

    /// An object a line; what says what the file is, and entries, which follow from events, are passed over.
    fn read_lines(&mut self, bytes: &[u8], section: &RecordSection, limits: Limits) -> Outcome<()> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Problem::field("/file", format!("is not UTF-8: {error}")))?;
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            if self.count() >= limits.rows as usize {
                let words = format!("has more than {} records; split it by lines", limits.rows);
                return Err(Problem::field("/file", words));
            }
            let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(line) else {
                self.add(number, Err("the line is no JSON object".to_owned()));
                continue;
            };
            let text = |name: &str| members.get(name).map_or("null", |member| member.get());
            let word = |name: &str| serde_json::from_str::<String>(text(name)).unwrap_or_default();
            let kind = word(&section.kind);
            match kind.as_str() {
                "stamp" => self.is_stamped = true,
                "end" => self.announced = serde_json::from_str(text("records")).ok(),
                "entry" => {}
                _ => {
                    let stated = stated(&kind, &word(&section.id), text(&section.body));
                    self.add(number, stated);
                }
            }
        }
        Ok(())
    }
    fn read_table(&mut self, mut bytes: Vec<u8>, mapping: &RecordMapping, limits: Limits) -> Outcome<()> {
        let unreadable = |error: &dyn std::fmt::Display| Problem::field("/file", error.to_string());
        let lines = bytes.split(|byte| *byte == b'\n').take_while(|line| line.starts_with(COMMENT)).count();
        let is_text = lines > 0;
        if is_text {
            self.is_stamped = true;
            self.announced = cut_end(&mut bytes);
        }
        let options = TableOptions {
            delimiter: mapping.file.delimiter.map(|given| u8::try_from(given).unwrap_or(u8::MAX)),
            encoding: mapping.file.encoding,
            sheet: mapping.file.sheet.clone(),
            header_row: mapping.file.header_row.or(is_text.then(|| u32::try_from(lines + 1).unwrap_or(1))),
            limits,
        };
        let table = Table::from_bytes(bytes, &options).map_err(|error| unreadable(&error))?;
        self.notes = table.notes().to_vec();
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
        // In a workbook a text is a text; in a file of text an apostrophe keeps it from being run.
        let is_shielded = matches!(table.format(), TableFormat::Csv { .. });
        let text = |cell: &str| if is_shielded { unshielded(cell) } else { cell.to_owned() };
        for row in table.rows() {
            let row = row.map_err(|error| unreadable(&error))?;
            if (0..row.cell_count()).all(|place| row.cell(place).is_empty()) {
                continue;
            }
            let body: String = bodies.iter().map(|place| text(row.cell(*place))).collect();
            let stated = stated(&text(row.cell(kind)), &text(row.cell(id)), &body);
            self.add(row.number, stated);
        }
        Ok(())
    }
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
