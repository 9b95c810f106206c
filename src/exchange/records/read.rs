//! A table or lines of records, by a mapping with `[record]`: each row judged for itself.

use super::{RecordKind, body_headings};
use crate::consignments::{Consignment, ConsignmentNew, Leg, LoadNew};
use crate::core::cell::unshielded;
use crate::core::id::{
    ConsignmentId, ItemId, LegId, LoadId, OrganizationId, PledgeId, ProgrammeId, SiteId, derived,
};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::events::Command;
use crate::exchange::headcounts::RowRefused;
use crate::exchange::mapping::FileSection;
use crate::exchange::table::{MAX_FILE_BYTES, Table, TableFormat, TableOptions};
use crate::items::{Item, ItemDraft, Pack};
use crate::parties::{Organization, OrganizationDraft};
use crate::pledges::rules::{PledgeKind, PledgeState};
use crate::pledges::{Money, Pledge, PledgeLine, PledgeNew};
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

/// Mapping files are written by hand; a larger one is some other file.
const MAX_MAPPING_BYTES: u64 = 1_024 * 1_024;
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
        if name_or_file == BUILT_IN.0 {
            return Self::parse(BUILT_IN.1).map(Some);
        }
        let is_file = Path::new(name_or_file).extension().is_some_and(|extension| extension == "toml");
        let is_small = || std::fs::metadata(name_or_file).is_ok_and(|file| file.len() <= MAX_MAPPING_BYTES);
        if !is_file || !is_small() {
            return Ok(None);
        }
        let Ok(text) = std::fs::read_to_string(name_or_file) else { return Ok(None) };
        if text.lines().any(|line| line.trim() == SECTION) { Self::parse(&text).map(Some) } else { Ok(None) }
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
    Pledge(Pledge, Vec<PledgeLine>),
    Consignment(Consignment, Vec<Leg>),
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
    let mut records =
        Records { mapping: mapping.name.clone(), notes: Vec::new(), rows: Vec::new(), refused: Vec::new() };
    let is_lines = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_lines {
        records.read_lines(&bytes, &mapping.record)?;
    } else {
        records.read_table(bytes, mapping)?;
    }
    if records.rows.is_empty() && records.refused.is_empty() {
        let words = "has no records; export them with --table records: entries follow from them";
        return Err(Problem::field("/file", words));
    }
    Ok(records)
}

impl Records {
    fn add(&mut self, row: u32, stated: Result<Stated, String>) {
        match stated {
            Ok(stated) => self.rows.push((row, stated)),
            Err(reason) => self.refused.push(RowRefused { row, reason }),
        }
    }

    /// An object a line; what says what the file is, and entries, which follow from events, are passed over.
    fn read_lines(&mut self, bytes: &[u8], section: &RecordSection) -> Outcome<()> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Problem::field("/file", format!("is not UTF-8: {error}")))?;
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(line) else {
                self.add(number, Err("the line is no JSON object".to_owned()));
                continue;
            };
            let text = |name: &str| members.get(name).map_or("null", |member| member.get());
            let word = |name: &str| serde_json::from_str::<String>(text(name)).unwrap_or_default();
            let kind = word(&section.kind);
            if matches!(kind.as_str(), "stamp" | "entry" | "end") {
                continue;
            }
            let stated = stated(&kind, &word(&section.id), text(&section.body));
            self.add(number, stated);
        }
        Ok(())
    }

    fn read_table(&mut self, bytes: Vec<u8>, mapping: &RecordMapping) -> Outcome<()> {
        let unreadable = |error: &dyn std::fmt::Display| Problem::field("/file", error.to_string());
        let lines = bytes.split(|byte| *byte == b'\n').take_while(|line| line.starts_with(COMMENT)).count();
        let is_text = lines > 0;
        let options = TableOptions {
            delimiter: mapping.file.delimiter.map(|given| u8::try_from(given).unwrap_or(u8::MAX)),
            encoding: mapping.file.encoding,
            sheet: mapping.file.sheet.clone(),
            header_row: mapping.file.header_row.or(is_text.then(|| u32::try_from(lines + 1).unwrap_or(1))),
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
        RecordKind::Pledge => pledge(PledgeId(id), &body_as(body)?)?,
        RecordKind::Consignment => consignment(ConsignmentId(id), &body_as(body)?)?,
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

fn check(money: Option<&Money>) -> Result<(), String> {
    money.map_or(Ok(()), |money| money.check("/value").map_err(|problem| problem.detail))
}

/// A pledge as it was offered, and its lines.
fn pledge(id: PledgeId, new: &PledgeNew) -> Result<Stated, String> {
    if new.kind == PledgeKind::Surplus {
        return Err("a pledge of this kind is opened by an excess alone".to_owned());
    }
    let mut lines = Vec::with_capacity(new.lines.len());
    for (ordinal, line) in (0_i64..).zip(&new.lines) {
        check(line.value.as_ref())?;
        let value = line.value.as_ref();
        lines.push(PledgeLine {
            id: line.id.ok_or("a line has no identifier")?,
            pledge_id: id,
            ordinal,
            item_id: line.item,
            offered: line.quantity.get(),
            accepted: 0,
            earmark_country: line.earmark_country.map(|country| country.as_str().to_owned()),
            earmark_area: line.earmark_area.as_ref().map(ToString::to_string),
            title_passes: line.title_passes.word().to_owned(),
            value_minor: value.map(|value| value.minor),
            currency: value.map(|value| value.currency.clone()),
            value_basis: value.and_then(|value| value.basis.clone()),
        });
    }
    let now = Timestamp(0);
    let row = Pledge {
        id,
        programme_id: new.programme,
        donor_id: new.donor,
        kind: new.kind.word().to_owned(),
        state: PledgeState::Offered.word().to_owned(),
        reference: new.reference.clone(),
        offered_at: new.offered_at,
        note: new.note.clone(),
        reason: None,
        link_hash: None,
        revision: 1,
        created_at: now,
        updated_at: now,
        named: new.named.clone(),
    };
    Ok(Stated::Pledge(row, lines))
}

/// A consignment as it was opened, and its legs.
fn consignment(id: ConsignmentId, new: &ConsignmentNew) -> Result<Stated, String> {
    check(new.freight.as_ref())?;
    check(new.value.as_ref())?;
    let legs = (0_i64..).zip(&new.legs).map(|(ordinal, leg)| {
        let own: LegId = leg.id.unwrap_or_else(|| derived(id.0, "leg", ordinal.unsigned_abs()));
        leg.row(id, own, ordinal)
    });
    let legs = legs.collect();
    let (freight, value, now) = (new.freight.as_ref(), new.value.as_ref(), Timestamp(0));
    let row = Consignment {
        id,
        programme_id: new.programme,
        reference: new.reference.clone(),
        tracking_code: String::new(),
        consignor_id: new.consignor,
        consignee_id: new.consignee,
        origin_id: new.origin,
        destination_id: new.destination,
        parent_id: None,
        cancelled: false,
        gross_weight_g: new.gross_weight_g,
        freight_minor: freight.map(|money| money.minor),
        freight_currency: freight.map(|money| money.currency.clone()),
        freight_note: new.freight_note.clone(),
        value_minor: value.map(|money| money.minor),
        value_currency: value.map(|money| money.currency.clone()),
        value_basis: value.and_then(|money| money.basis.clone()),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    Ok(Stated::Consignment(row, legs))
}
