//! One event of a file beside what the ledger holds of it: lines that are new are added, lines that differ are
//! corrected, and lines the file does not name stay as they are.
//!
//! More is accepted, allocated or sent off by a further event of its own; more is received by correcting the
//! receipt, because a closed one takes no second. Never done here: posting anything for a row that was refused.

use super::events::allocation_id;
use super::posted::{Standing, another_time, correct, details, goods_of, lines_of, standing, want_standing};
use crate::core::id::{ConsignmentId, EventId, derived};
use crate::core::problem::Problem;
use crate::core::time::{Precision, Timestamp};
use crate::events::{Command, PostEvent, want_event};
use crate::exchange::mapping::WhenRowsDiffer;
use crate::exchange::references::{EventKind, event_id};
use crate::ledger::event::EventRecord;
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Further events of one key that are looked for at once, at least.
const REVISIONS_AHEAD: u32 = 32;

/// Why a step of a chain cannot be taken.
#[derive(Debug)]
pub(super) enum Fault {
    /// Rows are missing on the desk.
    Missed,
    /// What these rows of the file say is refused.
    Rows(Vec<u32>, Box<Problem>),
}

impl Fault {
    /// A refusal that these rows are to blame for.
    pub(super) fn of(refusal: Refusal, rows: impl IntoIterator<Item = u32>) -> Self {
        match refusal {
            Refusal::Missed => Self::Missed,
            Refusal::Problem(problem) => Self::Rows(rows.into_iter().collect(), problem),
        }
    }

    /// The same, where it is about the time, named by the column the time came from.
    fn about_time_in(mut self, column: &str) -> Self {
        if let Self::Rows(_, problem) = &mut self
            && !column.is_empty()
        {
            for error in problem.errors.iter_mut().filter(|error| error.pointer == "/occurred_at") {
                column.clone_into(&mut error.pointer);
            }
        }
        self
    }
}

/// Rows that were refused, each with its reason.
pub(super) type Refused = BTreeMap<u32, Problem>;

/// Where the identifiers of an event and of what is added to it later come from.
pub(super) enum Ids {
    /// From mapping, kind and key.
    Key {
        /// The mapping's name.
        mapping: String,
        /// The kind.
        kind: EventKind,
        /// The key.
        key: String,
    },
    /// From the consignment goods are allocated to.
    Allocation(ConsignmentId),
}

impl Ids {
    /// The identifier of the event itself, at 0, or of the one that came after so many.
    pub(super) fn revision(&self, revision: u32) -> EventId {
        match self {
            Self::Key { mapping, kind, key } => EventId(event_id(mapping, *kind, key, revision)),
            Self::Allocation(consignment) if revision == 0 => allocation_id(*consignment),
            Self::Allocation(consignment) => {
                derived(consignment.0, "imported allocation", u64::from(revision))
            }
        }
    }

    /// The pledge lines that were ever told of, also by what was reversed or corrected since.
    pub(super) fn pledge_lines(&self, desk: &mut Desk) -> Result<BTreeSet<String>, Refusal> {
        let (known, _) = self.known(desk)?;
        let told = known.iter().flat_map(|one| [&one.now, &one.said].into_iter().chain(&one.said_before));
        let lines = told.flat_map(lines_of).filter_map(|line| line.get("pledge_line")?.as_str());
        Ok(lines.map(str::to_owned).collect())
    }

    /// What was told of it before, and the identifier of what would be added.
    fn known(&self, desk: &mut Desk) -> Result<(Vec<Arc<Standing>>, EventId), Refusal> {
        let mut known = Vec::new();
        loop {
            let revision = known.len() as u32;
            let id = self.revision(revision);
            match standing(desk, id) {
                Ok(Some(one)) => known.push(one),
                Ok(None) => return Ok((known, id)),
                Err(refusal) => {
                    // As many again as are known: however many there are, few rounds find the last.
                    let ahead = if revision == 0 { 0 } else { revision.max(REVISIONS_AHEAD) };
                    for ahead in 1..ahead {
                        want_standing(desk, self.revision(revision + ahead));
                    }
                    return Err(refusal);
                }
            }
        }
    }
}

/// What a file must say of the time of an event that is recorded already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// As the mapping says for rows that differ.
    Stated(WhenRowsDiffer),
    /// Whatever it says: the time is worked out here.
    WorkedOut,
}

/// A line of an event, with the row that states it.
pub(super) struct ToldLine {
    pub(super) row: u32,
    pub(super) value: Value,
}

/// An event as a file tells it.
pub(super) struct ToldEvent {
    ids: Ids,
    time: Time,
    /// Whether more of it is a correction of what is there, not an event beside it.
    is_single: bool,
    command: Command,
    /// The details without lines.
    members: Map<String, Value>,
    lines: Vec<ToldLine>,
    rows: Vec<u32>,
    /// The column of its date; empty where no column states it.
    date_column: String,
}

/// What became of an event.
#[derive(Default)]
pub(super) struct Told {
    /// The rows that made it differ.
    pub(super) rows: Vec<u32>,
}

impl ToldEvent {
    /// An event whose command names the lines of `rows`, in their order; one without lines is of all the rows.
    pub(super) fn new(ids: Ids, time: Time, command: Command, rows: Vec<u32>) -> Result<Self, Problem> {
        let mut members = details(&command.text)?;
        let lines = match members.remove("lines") {
            Some(Value::Array(lines)) => lines,
            Some(_) | None => Vec::new(),
        };
        let lines = rows.iter().zip(lines).map(|(row, value)| ToldLine { row: *row, value }).collect();
        let is_single = matches!(command.kind.word(), "received" | "arrived");
        Ok(Self { ids, time, is_single, command, members, lines, rows, date_column: String::new() })
    }

    /// The same with the column its date came from.
    pub(super) fn dated_by(self, column: &str) -> Self {
        Self { date_column: column.to_owned(), ..self }
    }

    /// Asks for what telling it will want: of what it is about too, where that `is_known`.
    pub(super) fn keys(&self, desk: &mut Desk, is_known: bool) {
        want_standing(desk, self.command.id);
        if is_known {
            want_event(&self.command, desk);
        }
        if let Ok(Some(_)) = desk.shelf::<Drawer<EventRecord>>().find(self.command.id) {
            want_standing(desk, self.ids.revision(1));
        }
    }

    /// Tells it: posts it where it was never told, else adds and corrects what differs.
    pub(super) fn tell(&self, desk: &mut Desk, actor: &Actor) -> Result<Told, Fault> {
        self.told(desk, actor).map_err(|fault| fault.about_time_in(&self.date_column))
    }

    fn told(&self, desk: &mut Desk, actor: &Actor) -> Result<Told, Fault> {
        let rows = self.rows.clone();
        let lines: Vec<&ToldLine> = self.lines.iter().collect();
        if rows.is_empty() {
            return Ok(Told::default());
        }
        let (known, next) = self.ids.known(desk).map_err(|refusal| Fault::of(refusal, rows.clone()))?;
        let live: Vec<&Standing> = known.iter().map(Arc::as_ref).filter(|one| !one.is_over).collect();
        let Some(last) = live.last() else {
            self.post(desk, actor, (next, self.command.occurred_at, self.command.precision), &lines, &rows)?;
            return Ok(Told { rows });
        };
        if self.is_single || self.lines.is_empty() {
            return self.restate(desk, actor, last, &lines, &rows);
        }
        let mut fresh = Vec::new();
        let mut changed = Vec::new();
        let mut parts: Vec<Vec<&ToldLine>> = live.iter().map(|_| Vec::new()).collect();
        for line in lines {
            let goods = goods_of(&line.value);
            match live.iter().position(|one| one.goods.contains(&goods)) {
                Some(place) => parts[place].push(line),
                None => fresh.push(line),
            }
        }
        for (one, part) in live.iter().zip(parts).filter(|(_, part)| !part.is_empty()) {
            let rows: Vec<u32> = part.iter().map(|line| line.row).collect();
            changed.extend(self.restate(desk, actor, one, &part, &rows)?.rows);
        }
        if !fresh.is_empty() {
            let rows: Vec<u32> = fresh.iter().map(|line| line.row).collect();
            for one in &live {
                self.check_time(one, &rows)?;
            }
            let (at, precision) = self.time_beside(&live);
            self.post(desk, actor, (next, at, precision), &fresh, &rows)?;
            changed.extend(rows);
        }
        Ok(Told { rows: changed })
    }

    fn check_time(&self, standing: &Standing, rows: &[u32]) -> Result<(), Fault> {
        let wanted = self.command.occurred_at;
        let must_agree = self.time == Time::Stated(WhenRowsDiffer::Reject);
        if must_agree && standing.occurred_at != wanted {
            return Err(Fault::Rows(rows.to_vec(), Box::new(another_time(standing, wanted))));
        }
        Ok(())
    }

    /// When what is added counts from: by the mapping's rule over what is recorded and what the file says. A
    /// stated time goes before one that stood in for it.
    fn time_beside(&self, live: &[&Standing]) -> (Timestamp, Precision) {
        let told = (self.command.occurred_at, self.command.precision);
        let Time::Stated(rule) = self.time else { return told };
        live.iter().map(|one| (one.occurred_at, one.precision)).fold(told, |chosen, other| {
            let is_inferred = |time: (Timestamp, Precision)| time.1 == Precision::Inferred;
            match (is_inferred(chosen), is_inferred(other), rule) {
                (true, false, _) => other,
                (false, true, _) | (_, _, WhenRowsDiffer::Reject) => chosen,
                (_, _, WhenRowsDiffer::Earliest) => chosen.min(other),
                (_, _, WhenRowsDiffer::Latest) => chosen.max(other),
            }
        })
    }

    /// Posts lines under an identifier that nothing was told under.
    fn post(
        &self,
        desk: &mut Desk,
        actor: &Actor,
        (id, at, precision): (EventId, Timestamp, Precision),
        lines: &[&ToldLine],
        rows: &[u32],
    ) -> Result<(), Fault> {
        let is_whole = lines.len() == self.lines.len();
        let command = if is_whole && id == self.command.id && at == self.command.occurred_at {
            Ok(self.command.clone())
        } else {
            let mut members = self.members.clone();
            if !lines.is_empty() {
                let values = lines.iter().map(|line| line.value.clone()).collect();
                members.insert("lines".to_owned(), Value::Array(values));
            }
            Command::read_details(self.command.kind.word(), members)
                .and_then(|kind| Command::made_here(id, at, precision, kind))
        };
        let posted = command
            .map_err(Refusal::from)
            .and_then(|command| PostEvent::new(command, actor.clone()).decide(desk));
        // Nothing is about an event that is new: else each further unit would ask, and all after it decide again.
        if posted.is_ok() {
            desk.shelf::<Drawer<EventRecord>>().begin_group(Some(id));
        }
        let stated: Vec<Option<u32>> = lines.iter().map(|line| Some(line.row)).collect();
        posted.map(|_| ()).map_err(|refusal| blame(refusal, &stated, rows))
    }

    /// Corrects one event to what the file says of these lines.
    fn restate(
        &self,
        desk: &mut Desk,
        actor: &Actor,
        standing: &Standing,
        lines: &[&ToldLine],
        rows: &[u32],
    ) -> Result<Told, Fault> {
        self.check_time(standing, rows)?;
        let mut right = standing.now.clone();
        let mut changed: Vec<u32> = Vec::new();
        for (name, value) in &self.members {
            if standing.said.get(name) != Some(value) && standing.now.get(name) != Some(value) {
                right.insert(name.clone(), value.clone());
                changed = rows.to_vec();
            }
        }
        let mut merged: Vec<(Option<u32>, Value)> =
            lines_of(&standing.now).iter().map(|line| (None, line.clone())).collect();
        let said = numbered(lines_of(&standing.said));
        for ((goods, value), line) in numbered(lines.iter().map(|line| &line.value)).iter().zip(lines) {
            if said.iter().any(|(known, before)| known == goods && before == value) {
                continue;
            }
            if put(&mut merged, goods, line) {
                changed.push(line.row);
            }
        }
        if changed.is_empty() {
            return Ok(Told::default());
        }
        let (stated, values): (Vec<Option<u32>>, Vec<Value>) = merged.into_iter().unzip();
        if !values.is_empty() {
            right.insert("lines".to_owned(), Value::Array(values));
        }
        correct(desk, actor, standing, right).map_err(|refusal| blame(refusal, &stated, &changed))?;
        Ok(Told { rows: changed })
    }
}

/// Which goods a line is about, and which line of these goods it is, counted from 0.
type Goods = (String, usize);

fn numbered<'a>(lines: impl IntoIterator<Item = &'a Value>) -> Vec<(Goods, &'a Value)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let number = |line: &'a Value| {
        let goods = goods_of(line);
        let count = counts.entry(goods.clone()).or_insert(0);
        *count += 1;
        ((goods, *count - 1), line)
    };
    lines.into_iter().map(number).collect()
}

/// Puts a line in the place of the one about the same goods, or after all; whether that changes anything.
fn put(merged: &mut Vec<(Option<u32>, Value)>, goods: &Goods, line: &ToldLine) -> bool {
    let numbers = numbered(merged.iter().map(|(_, value)| value));
    let place = numbers.iter().position(|(known, _)| known == goods);
    // What carries a label is one line of the file: lines that a person made of it go together.
    let is_labelled = line.value.get("item").is_none() || line.value["pledge_line"].is_string();
    let others: Vec<usize> = numbers
        .iter()
        .enumerate()
        .filter(|(other, (known, _))| is_labelled && known.0 == goods.0 && Some(*other) != place)
        .map(|(other, _)| other)
        .collect();
    match place {
        Some(place) if merged[place].1 == line.value && others.is_empty() => return false,
        Some(place) => merged[place] = (Some(line.row), line.value.clone()),
        None => merged.push((Some(line.row), line.value.clone())),
    }
    for other in others.into_iter().rev() {
        merged.remove(other);
    }
    true
}

/// The rows that a refusal is about: of the line it points to, else all.
fn blame(refusal: Refusal, stated: &[Option<u32>], rows: &[u32]) -> Fault {
    let Refusal::Problem(problem) = refusal else { return Fault::Missed };
    let mut pointed: Vec<u32> = Vec::new();
    for error in &problem.errors {
        let pointer = error.pointer.strip_prefix("/right").unwrap_or(&error.pointer);
        let place = pointer.strip_prefix("/lines/").and_then(|rest| rest.split('/').next()?.parse().ok());
        pointed.extend(place.and_then(|place: usize| stated.get(place).copied().flatten()));
    }
    Fault::Rows(if pointed.is_empty() { rows.to_vec() } else { pointed }, problem)
}
