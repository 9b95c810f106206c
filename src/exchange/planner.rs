//! A table and a mapping to a plan: rows in, deduplicated records out.
//!
//! Each row is read whole, checked against what earlier rows said of the same records, and only
//! then added. So a rejected row leaves nothing behind and never spoils another. Never done here:
//! asking the database, the clock or the network.

use std::collections::{HashMap, HashSet};

use super::columns::Columns;
use super::draft::{self, Draft, EventDraft};
use super::mapping::{Mapping, MappingError, WhenRowsDiffer};
use super::merge::{self, Places};
use super::plan::{
    ConsignmentLinePlan, CountedPlan, EventPlan, EventSubject, Plan, PledgeLinePlan, ReceivedLinePlan,
    RowFate, RowPlan,
};
use super::reading::{Cell, CountryMatcher, RowReader, TableReader};
use super::references::{
    ConsignmentAt, ConsignmentLineAt, EventAt, EventKind, ItemAt, OrganizationAt, PledgeAt, PledgeLineAt,
    RecordAt, SiteAt, event_id,
};
use super::stated::{FigureName, StatedConsignment, StatedFigure, StatedTime, chosen_date};
use super::table::{Table, TableError};
use super::value::MAX_QUANTITY;

/// Why a file gives no plan at all.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The mapping does not fit the table.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The table cannot be read to its end.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Plans a table by a mapping. `country_of` finds the ISO code of a country by any of its names, or says why not.
///
/// # Errors
/// [`PlanError`] when columns are missing or the table passes a limit; a row that cannot be read
/// is no error but rejected in the plan.
pub fn plan(table: &Table, mapping: &Mapping, country_of: &CountryMatcher<'_>) -> Result<Plan, PlanError> {
    let reader = TableReader::new(table, mapping, country_of)?;
    let mut planner = Planner { referred: index_referred(table, &reader)?, ..Planner::default() };
    planner.plan.mapping = mapping.name.clone();
    planner.plan.columns = Columns::of(mapping);
    for row in table.rows() {
        let row = row?;
        let mut row = RowReader::new(&reader, &row);
        planner.add_row(&mut row);
    }
    Ok(planner.finish())
}

/// What rows that others may refer to say, rejected rows included: a reference stays good when
/// the row it names is rejected for another cell.
type Referred = HashMap<String, ReferredRow>;

struct ReferredRow {
    consignment: Option<String>,
    figures: Vec<(FigureName, Cell<i64>)>,
}

/// A first walk over the rows, only where the mapping has cross references at all.
fn index_referred(table: &Table, reader: &TableReader<'_>) -> Result<Referred, TableError> {
    let mut referred = Referred::new();
    let refers = reader.mapping.columns.values().any(|section| section.see.is_some());
    let Some(consignment) = reader.mapping.consignment.as_ref().filter(|_| refers) else {
        return Ok(referred);
    };
    for row in table.rows() {
        let row = row?;
        let mut row = RowReader::new(reader, &row);
        let Some(key) = row.render(&reader.mapping.row.key) else { continue };
        let columns = [
            (FigureName::Weight, &consignment.weight),
            (FigureName::Freight, &consignment.freight),
            (FigureName::Insurance, &consignment.insurance),
        ];
        let figures =
            columns.into_iter().filter_map(|(name, column)| Some((name, row.amount_in(column.as_deref()?))));
        let figures = figures.collect();
        let consignment = row.render(&consignment.reference);
        referred.entry(key).or_insert(ReferredRow { consignment, figures });
    }
    Ok(referred)
}

/// A plan in the making.
#[derive(Default)]
struct Planner {
    plan: Plan,
    places: Places,
    referred: Referred,
    row_keys: HashMap<String, u32>,
    line_rows: HashMap<String, u32>,
    event_places: HashMap<(EventKind, String), usize>,
    /// Sources of figures that were counted: consignment, figure, key of the row it stands in.
    counted: HashSet<(ConsignmentAt, FigureName, String)>,
}

impl Planner {
    fn add_row(&mut self, row: &mut RowReader<'_>) {
        let number = row.number();
        if row.problems.is_empty() && row.is_skipped() {
            self.plan.rows.push(RowPlan { number, key: String::new(), fate: RowFate::Skipped });
            return;
        }
        let mut key = String::new();
        // A row whose cells stand under the wrong names is not read at all.
        if !row.problems.iter().any(|problem| problem.column.is_empty()) {
            key = row.need("row.key", &row.mapping().row.key);
            let draft = draft::read(row);
            if row.problems.is_empty() {
                let figures = self.check(row, &key, &draft);
                if row.problems.is_empty() {
                    let records = self.apply(row, draft, figures);
                    self.plan.warnings.append(&mut row.warnings);
                    self.row_keys.insert(key.clone(), number);
                    self.plan.rows.push(RowPlan { number, key, fate: RowFate::Planned { records } });
                    return;
                }
            }
        }
        self.plan.warnings.append(&mut row.warnings);
        let mut problems = std::mem::take(&mut row.problems);
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert((problem.column.clone(), problem.reason.clone())));
        self.plan.rows.push(RowPlan { number, key, fate: RowFate::Rejected { problems } });
    }

    /// Compares a draft with what is planned; gives its figures with cross references followed.
    fn check(&self, row: &mut RowReader<'_>, key: &str, draft: &Draft) -> Vec<StatedFigure> {
        if let Some(earlier) = self.row_keys.get(key) {
            let column = row.first_column(&row.mapping().row.key);
            row.problem(&column, format!("row {earlier} has the same key \"{key}\""));
        }
        if let Some(line) = &draft.line
            && let Some(earlier) = self.line_rows.get(&line.reference)
        {
            let section = row.mapping().line.as_ref().and_then(|section| section.reference.as_ref());
            let column = section.map(|reference| row.first_column(reference)).unwrap_or_default();
            row.problem(&column, format!("row {earlier} is the line \"{}\" already", line.reference));
        }
        merge::check(row, &self.plan, &self.places, draft);
        for event in &draft.events {
            self.check_event(row, event);
        }
        let figures = self.follow_references(row, key, draft);
        self.check_sums(row, draft, &figures);
        figures
    }

    fn check_event(&self, row: &mut RowReader<'_>, event: &EventDraft) {
        let Some(planned) = self.event_places.get(&(event.kind, event.key.clone())) else { return };
        let planned = &self.plan.events[*planned];
        if event.when_rows_differ == WhenRowsDiffer::Reject && planned.occurred != event.occurred {
            let word = event.kind.word();
            row.problem(
                &event.date_column,
                format!(
                    "an earlier row says {} for the event {word} of \"{}\"; put the date into the event's key, or set \
                     when_rows_differ",
                    planned.occurred, event.key
                ),
            );
        }
    }

    /// Follows "See …" cells to the row they name, which must be of the same consignment.
    fn follow_references(&self, row: &mut RowReader<'_>, key: &str, draft: &Draft) -> Vec<StatedFigure> {
        let Some(consignment) = &draft.consignment else { return Vec::new() };
        let mut figures = Vec::new();
        for (name, cell) in &consignment.figures {
            let Cell::See(reference) = cell else {
                let (source, cell) = (key.to_owned(), cell.clone());
                figures.push(StatedFigure { name: *name, source, is_own: true, cell });
                continue;
            };
            let target = self.referred.get(&reference.key);
            let same =
                target.is_some_and(|target| target.consignment.as_ref() == Some(&consignment.reference));
            let found = target.and_then(|target| target.figures.iter().find(|(other, _)| other == name));
            match found {
                Some((_, Cell::See(_))) => {
                    self.bad_reference(row, *name, "refers to a row that itself refers on")
                }
                Some((_, cell)) if same => {
                    let (source, cell) = (reference.key.clone(), cell.clone());
                    let is_own = source == key;
                    figures.push(StatedFigure { name: *name, source, is_own, cell });
                }
                Some(_) => self.bad_reference(row, *name, "refers to a row of another consignment"),
                None => self.bad_reference(row, *name, "refers to a row that is not in the file"),
            }
        }
        figures
    }

    fn bad_reference(&self, row: &mut RowReader<'_>, name: FigureName, reason: &str) {
        let section = row.mapping().consignment.as_ref();
        let column = section.and_then(|section| match name {
            FigureName::Weight => section.weight.clone(),
            FigureName::Freight => section.freight.clone(),
            FigureName::Insurance => section.insurance.clone(),
        });
        row.problem(&column.unwrap_or_default(), reason);
    }

    /// No sum may pass 2^53, and one consignment's values have one currency.
    fn check_sums(&self, row: &mut RowReader<'_>, draft: &Draft, figures: &[StatedFigure]) {
        let Some(consignment) = &draft.consignment else { return };
        let Some(at) = self.places.consignments.get(&consignment.reference) else { return };
        let planned = &self.plan.consignments[at.0];
        let too_large = |sum: i64, add: i64| sum.checked_add(add).is_none_or(|sum| sum > MAX_QUANTITY);
        for StatedFigure { name, source, cell, .. } in figures {
            let sum = planned.figure(*name).known.unwrap_or(0);
            let new = !self.counted.contains(&(*at, *name, source.clone()));
            if let Cell::Known(add) = cell
                && new
                && too_large(sum, *add)
            {
                self.bad_reference(row, *name, "the consignment's sum would pass 2^53");
            }
        }
        let value = draft.line.as_ref().and_then(|line| line.value.as_ref());
        if let (Some(value), Some(sum)) = (value, &planned.declared_value) {
            let section = row.mapping().line.as_ref().and_then(|section| section.value.clone());
            let column = section.unwrap_or_default();
            if value.currency != sum.currency {
                row.problem(
                    &column,
                    format!("in {}, and earlier rows of the consignment in {}", value.currency, sum.currency),
                );
            } else if too_large(sum.minor, value.minor) {
                row.problem(&column, "the consignment's declared value would pass 2^53");
            }
        }
    }

    /// Adds a sound draft to the plan; gives the records it states.
    fn apply(&mut self, row: &mut RowReader<'_>, draft: Draft, figures: Vec<StatedFigure>) -> Vec<RecordAt> {
        let number = row.number();
        let Draft { programme, organizations, sites, item, line, pledge, consignment, events } = draft;
        let (plan, places) = (&mut self.plan, &mut self.places);
        let value = line.as_ref().and_then(|line| line.value.clone());
        let expected = consignment.as_ref().and_then(|consignment| consignment.expected);
        let programme = programme.map(|programme| merge::programme(plan, places, programme));
        let organizations: Vec<Option<OrganizationAt>> =
            organizations.into_iter().map(|o| o.map(|o| merge::organization(row, plan, places, o))).collect();
        let sites: Vec<Option<SiteAt>> =
            sites.into_iter().map(|site| site.map(|site| merge::site(row, plan, places, site))).collect();
        let item = item.map(|item| merge::item(row, plan, places, item));
        let pledge =
            pledge.and_then(|pledge| merge::pledge(row, plan, places, pledge, &organizations, programme));
        let consignment =
            consignment.and_then(|c| merge::consignment(row, plan, places, c, &organizations, &sites));

        let mut records: Vec<RecordAt> = programme.map(RecordAt::Programme).into_iter().collect();
        records.extend(organizations.iter().flatten().copied().map(RecordAt::Organization));
        records.extend(sites.iter().flatten().copied().map(RecordAt::Site));
        records.extend(item.map(|(item, _)| RecordAt::Item(item)));
        let (mut pledge_line, mut consignment_line) = (None, None);
        if let (Some(line), Some((item, pack))) = (line, item) {
            self.line_rows.insert(line.reference.clone(), number);
            pledge_line = pledge.map(|pledge| self.add_pledge_line(pledge, &line, item, pack, number));
            consignment_line =
                consignment.map(|at| self.add_consignment_line(at, &line, item, pledge_line, number));
        }
        records.extend(pledge.map(RecordAt::Pledge));
        records.extend(pledge_line.map(RecordAt::PledgeLine));
        records.extend(consignment.map(RecordAt::Consignment));
        records.extend(consignment_line.map(RecordAt::ConsignmentLine));
        if let Some(at) = consignment {
            self.add_figures(at, StatedConsignment { row: number, value, expected, figures });
        }
        for event in events {
            let subject = match event.kind {
                EventKind::Accepted => pledge.map(EventSubject::Pledge),
                EventKind::Departed | EventKind::Arrived | EventKind::Received => {
                    consignment.map(|consignment| EventSubject::Consignment { consignment, leg: event.leg })
                }
            };
            if let Some(subject) = subject {
                records.push(RecordAt::Event(self.add_event(event, subject, consignment_line, number)));
            }
        }
        let mut seen = HashSet::new();
        records.retain(|record| seen.insert(*record));
        records.sort_unstable();
        records
    }

    fn add_pledge_line(
        &mut self,
        pledge: PledgeAt,
        line: &draft::LineDraft,
        item: ItemAt,
        pack: Option<usize>,
        row: u32,
    ) -> PledgeLineAt {
        let lines = &mut self.plan.pledges[pledge.0].lines;
        lines.push(PledgeLinePlan {
            reference: line.reference.clone(),
            item,
            quantity: line.quantity,
            counted: CountedPlan { number: line.number, pack },
            value: line.value.clone(),
            price: line.price.clone(),
            attributes: line.attributes.clone(),
            row,
        });
        PledgeLineAt { pledge, line: lines.len() - 1 }
    }

    fn add_consignment_line(
        &mut self,
        consignment: ConsignmentAt,
        line: &draft::LineDraft,
        item: ItemAt,
        pledge_line: Option<PledgeLineAt>,
        row: u32,
    ) -> ConsignmentLineAt {
        let planned = &mut self.plan.consignments[consignment.0];
        if let Some(value) = &line.value {
            planned.add_value(value);
        }
        let reference = line.reference.clone();
        planned.lines.push(ConsignmentLinePlan {
            reference,
            item,
            quantity: line.quantity,
            pledge_line,
            row,
        });
        ConsignmentLineAt { consignment, line: planned.lines.len() - 1 }
    }

    /// Counts each source of a figure once, however many rows refer to it.
    fn add_figures(&mut self, at: ConsignmentAt, stated: StatedConsignment) {
        let planned = &mut self.plan.consignments[at.0];
        for figure in &stated.figures {
            let is_new = self.counted.insert((at, figure.name, figure.source.clone()));
            planned.figure_mut(figure.name).add(figure, is_new);
        }
        planned.stated.push(stated);
    }

    fn add_event(
        &mut self,
        event: EventDraft,
        subject: EventSubject,
        line: Option<ConsignmentLineAt>,
        row: u32,
    ) -> EventAt {
        let received = event.received.zip(line).map(|(received, line)| ReceivedLinePlan {
            line,
            good: received.good,
            damaged: received.damaged,
            on_hold: received.on_hold,
            missing: received.missing,
            surplus: received.surplus,
        });
        let events = &mut self.plan.events;
        let place = *self.event_places.entry((event.kind, event.key.clone())).or_insert_with(|| {
            events.push(EventPlan {
                id: event_id(&self.plan.mapping, event.kind, &event.key, 0),
                kind: event.kind,
                key: event.key.clone(),
                subject,
                date_column: event.date_column.clone(),
                occurred: event.occurred,
                when_rows_differ: event.when_rows_differ,
                is_final: event.is_final,
                received: Vec::new(),
                rows: Vec::new(),
                times: Vec::new(),
            });
            events.len() - 1
        });
        let planned = &mut self.plan.events[place];
        let occurred = chosen_date(event.when_rows_differ, planned.occurred, event.occurred);
        if occurred != planned.occurred {
            planned.date_column.clone_from(&event.date_column);
        }
        planned.occurred = occurred;
        planned.times.push(StatedTime { row, occurred: event.occurred, date_column: event.date_column });
        planned.received.extend(received);
        planned.rows.push(row);
        EventAt(place)
    }

    /// Puts events in the order they post and points the rows to their new places.
    fn finish(mut self) -> Plan {
        let mut order: Vec<usize> = (0..self.plan.events.len()).collect();
        order.sort_by(|left, right| {
            let sorted_by = |place: &usize| {
                let event = &self.plan.events[*place];
                (event.kind == EventKind::Accepted, event.occurred, event.kind, &event.key)
            };
            let (left, right) = (sorted_by(left), sorted_by(right));
            right.0.cmp(&left.0).then((left.1, left.2, left.3).cmp(&(right.1, right.2, right.3)))
        });
        let mut moved_to = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            moved_to[*old] = new;
        }
        self.plan.events = order.iter().map(|old| self.plan.events[*old].clone()).collect();
        close_last_parts(&mut self.plan.events);
        for row in &mut self.plan.rows {
            if let RowFate::Planned { records } = &mut row.fate {
                for record in records.iter_mut() {
                    if let RecordAt::Event(EventAt(place)) = record {
                        *place = moved_to[*place];
                    }
                }
                records.sort_unstable();
            }
        }
        self.plan
    }
}

/// Of the parts in which a leg is received only the last can say that nothing more will come.
fn close_last_parts(events: &mut [EventPlan]) {
    let mut later = HashSet::new();
    for event in events.iter_mut().rev().filter(|event| event.kind == EventKind::Received) {
        event.is_final &= later.insert(event.subject);
    }
}
