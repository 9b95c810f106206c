//! Recording a file of readings, and holding in the same commit what it tells of.
//!
//! What is held is what is there when the file comes: on its leg and at the end of it, and as far as the goods have travelled
//! on from there; or at its site. It is held by ordinary events in the name of who sent the file, which name it as their evidence.

use super::rules::{
    Excursion, Judged, Question, Range, Reading, Span, celsius, exceeded_at, judge, range_of,
};
use super::store::{LoggerContent, LoggerFile, LoggerReadings, hold_id};
use super::watch::{Beside, Sent, Watch};
use super::watched::{Watched, encoded, known_around};
use crate::consignments::{Consignment, Leg};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{ConsignmentId, EventId, LegId, LoggerFileId, LotId, SiteId, derived};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::{Precision, Timestamp};
use crate::events::{Command, Kind, PostEvent};
use crate::items::goods::{LINES_MAXIMUM, lot_facts};
use crate::items::{Item, Lot};
use crate::ledger::event::EventStatus;
use crate::ledger::{Account, Book, Condition, Holding};
use crate::sites::Site;
use crate::stock::ConditionChanged;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, Wanted};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Accounts whose goods stand somewhere.
const STANDING: [Account; 3] = [Account::InStorage, Account::Allocated, Account::Delivered];

/// Records a file of readings.
pub(super) struct FileRecord {
    /// Who sent it, in the scope in which it may post events.
    pub(super) actor: Actor,
    pub(super) watch: Watch,
    pub(super) sent: Arc<Sent>,
    /// Whether who sent it reaches what is in storage where the leg ends, as it reaches the consignment.
    pub(super) reaches_end: bool,
}

impl FileRecord {
    /// The same file of the same logger beside the same goods is the same.
    fn id(&self) -> LoggerFileId {
        derived(self.watch.id().0, &hexadecimal(&self.sent.sha256), 0)
    }

    /// The same judged by other limits than at first, as when it is sent again after these have changed.
    fn id_by(&self, range: Range) -> LoggerFileId {
        let limits = format!("judged:{}:{}:{}", range.low, range.high, range.allowed_minutes);
        derived(self.id().0, &limits, 0)
    }
}

/// A file by the limits it is judged by: known already, or new under an identifier.
enum Sought {
    Known(Arc<LoggerFile>),
    New(LoggerFileId, Range),
}

/// A place where goods can be held.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    site: Option<SiteId>,
    consignment: Option<ConsignmentId>,
    leg: Option<LegId>,
}

impl Update for FileRecord {
    type Answer = Arc<LoggerFile>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<LoggerFile>>().want(self.id());
        desk.shelf::<Drawer<Item>>().want(self.watch.item);
        match self.watch.beside {
            Beside::Site(site) => desk.shelf::<Drawer<Site>>().want(site),
            Beside::Leg(consignment, _) => {
                desk.shelf::<Drawer<Consignment>>().want(consignment);
                desk.shelf::<Drawer<Leg>>().want_group(consignment);
            }
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<LoggerFile>, Refusal> {
        let (id, range) = match self.seek(desk)? {
            Sought::Known(file) => return Ok(file),
            Sought::New(id, range) => (id, range),
        };
        self.check_lot(desk)?;
        let leg = self.find_place(desk)?;
        let known = known_around(desk, self.watch.id(), range, &self.sent.readings)?;
        let question = Question { since: known.since, about: self.span(), acted: &known.acted };
        let judged = judge(range, &known.readings, &question);
        let holding = match judged.fresh {
            Some(excursion) => self.hold(desk, (id, range), excursion, leg.as_deref())?,
            None => Holdings::default(),
        };
        let action = "readings.recorded".to_owned();
        let moment = desk.begin(Entry { action, kind: "logger_file", id: id.0, reason: None });
        let mut row = self.row(id, range, judged)?;
        (row.held, row.holds) = (holding.held, holding.holds);
        (row.sequence, row.recorded_at) = (moment.sequence, moment.recorded_at);
        desk.shelf::<Drawer<LoggerFile>>().put(row.clone());
        desk.shelf::<Drawer<LoggerContent>>().put(LoggerContent { id, content: self.sent.content.clone() });
        let acted = judged.fresh.filter(|_| holding.is_acted);
        let readings = LoggerReadings {
            id: row.id,
            watch_id: row.watch_id,
            from_at: row.from_at,
            to_at: row.to_at,
            readings: encoded(&known.new),
            acted_from: acted.map(|one| one.from),
            acted_until: acted.map(|one| one.until),
        };
        desk.shelf::<Watched>().note(readings.clone());
        desk.shelf::<Drawer<LoggerReadings>>().put(readings);
        Ok(Arc::new(row))
    }
}

/// What was held for a file.
#[derive(Clone, Copy, Debug, Default)]
struct Holdings {
    /// Base units.
    held: i64,
    /// Events.
    holds: i64,
    /// Whether there were goods to hold, be they on hold already: else what it tells is still to be acted on.
    is_acted: bool,
    /// Whether there were goods that only a recall holds.
    is_recalled: bool,
}

/// Goods of a place that a logger lay beside.
#[derive(Default)]
struct Goods {
    /// Good units, by lot.
    good: BTreeMap<LotId, i64>,
    /// Whether others are on hold there already, and whether some are under recall.
    has_held: bool,
    has_recalled: bool,
}

impl FileRecord {
    /// What the item's class allows, and for how long the sender does.
    fn range(&self, desk: &mut Desk) -> Result<Range, Refusal> {
        let Some(item) = desk.shelf::<Drawer<Item>>().find(self.watch.item)? else {
            let detail = format!("{} is no item known here; record it first", self.watch.item);
            return Err(Problem::field("/item", detail).coded(Fault::Unknown).into());
        };
        let range = range_of(item.class()?).ok_or_else(|| {
            let detail =
                format!("{} is kept {}, which says nothing of temperatures", item.name, item.storage_class);
            Problem::field("/item", detail)
        })?;
        let allowed_minutes = self.sent.allowed_minutes.unwrap_or(range.allowed_minutes);
        Ok(Range { allowed_minutes, ..range })
    }

    /// The file by the limits that hold today.
    fn seek(&self, desk: &mut Desk) -> Result<Sought, Refusal> {
        let known = desk.shelf::<Drawer<LoggerFile>>().find(self.id())?;
        let range = match (self.range(desk), known.as_ref()) {
            (Ok(range), _) => range,
            // The item's class says nothing of temperatures any more, but the file was judged while it did.
            (Err(Refusal::Problem(_)), Some(known)) => return Ok(Sought::Known(known.clone())),
            (Err(other), _) => return Err(other),
        };
        let Some(known) = known else { return Ok(Sought::New(self.id(), range)) };
        let limits = (known.low, known.high, known.allowed_minutes);
        if limits == (range.low, range.high, range.allowed_minutes) {
            return Ok(Sought::Known(known));
        }
        let id = self.id_by(range);
        let again = desk.shelf::<Drawer<LoggerFile>>().find(id)?;
        Ok(again.map_or(Sought::New(id, range), Sought::Known))
    }

    /// From the first reading to the last.
    fn span(&self) -> Span {
        let at = |reading: Option<&Reading>| reading.map_or(Timestamp(0), |reading| reading.at);
        Span { from: at(self.sent.readings.first()), until: at(self.sent.readings.last()) }
    }

    /// Holds what is good of all that the logger lay beside.
    fn hold(
        &self,
        desk: &mut Desk,
        (id, range): (LoggerFileId, Range),
        excursion: Excursion,
        leg: Option<&Leg>,
    ) -> Result<Holdings, Refusal> {
        let mut holding = Holdings::default();
        for place in self.places(desk, leg)? {
            let Goods { good, has_held, has_recalled } = self.goods_at(desk, place)?;
            holding.is_acted |= has_held || !good.is_empty();
            holding.is_recalled |= has_recalled;
            if !good.is_empty() {
                let at = exceeded_at(range, excursion.from);
                let event = hold_id(id, holding.holds);
                self.hold_at(desk, place, &good, (id, event, self.words(range, excursion), at))?;
                holding.held += good.values().sum::<i64>();
                holding.holds += 1;
            }
        }
        let is_found = holding.is_acted || holding.is_recalled;
        if let (false, None, Some(leg), true) = (is_found, &self.watch.lot, leg, self.reaches_end) {
            self.check_none_stored(desk, leg.to_id)?;
        }
        Ok(holding)
    }

    fn check_lot(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let (Some(id), Some(number)) = (self.watch.lot_id(), &self.watch.lot) else { return Ok(()) };
        if desk.shelf::<Drawer<Lot>>().find(id)?.is_none() {
            return Err(Problem::field("/lot", format!("{number:?} is no lot of this item known here"))
                .coded(Fault::Unknown)
                .into());
        }
        Ok(())
    }

    /// The leg, where the logger went with one.
    fn find_place(&self, desk: &mut Desk) -> Result<Option<Arc<Leg>>, Refusal> {
        match self.watch.beside {
            Beside::Site(site) => {
                if desk.shelf::<Drawer<Site>>().find(site)?.is_none() {
                    return Err(Problem::field("/site", format!("{site} is no site known here"))
                        .coded(Fault::Unknown)
                        .into());
                }
                Ok(None)
            }
            Beside::Leg(consignment, leg) => {
                if desk.shelf::<Drawer<Consignment>>().find(consignment)?.is_none() {
                    let detail = format!("{consignment} is no consignment known here");
                    return Err(Problem::field("/consignment", detail).coded(Fault::Unknown).into());
                }
                let legs = desk.shelf::<Drawer<Leg>>().group(consignment)?;
                let found = legs.into_iter().find(|one| one.id == leg);
                let detail = || format!("{leg} is no leg of this consignment");
                Ok(Some(found.ok_or_else(|| Problem::field("/leg", detail()).coded(Fault::Unknown))?))
            }
        }
    }

    /// Where goods that the logger lay beside may be by now: on its leg, on a later one, or at the end of one of these. What went
    /// into storage under no consignment is only told apart from other goods there by its lot.
    fn places(&self, desk: &mut Desk, leg: Option<&Leg>) -> Result<Vec<Place>, Wanted> {
        let at = |site: SiteId| Place { site: Some(site), ..Place::default() };
        if let Beside::Site(site) = self.watch.beside {
            return Ok(vec![at(site)]);
        }
        let Some(leg) = leg else { return Ok(Vec::new()) };
        let with = Place { consignment: Some(leg.consignment_id), ..Place::default() };
        let of = |one: &Leg| [Place { leg: Some(one.id), ..with }, Place { site: Some(one.to_id), ..with }];
        let mut legs = desk.shelf::<Drawer<Leg>>().group(leg.consignment_id)?;
        legs.sort_unstable_by_key(|one| (one.ordinal, one.id));
        let later = legs.iter().filter(|one| one.ordinal >= leg.ordinal);
        let mut places: Vec<Place> = later.flat_map(|one| of(one)).collect();
        places.extend((self.watch.lot.is_some() && self.reaches_end).then(|| at(leg.to_id)));
        Ok(places)
    }

    /// What of a place the logger lay beside.
    fn goods_at(&self, desk: &mut Desk, place: Place) -> Result<Goods, Wanted> {
        let book = desk.shelf::<Book>();
        let goods = match (place.consignment, place.site) {
            (Some(consignment), _) => book.of_consignment(consignment)?,
            (None, Some(site)) => self.stock_at(book, site)?,
            (None, None) => Vec::new(),
        };
        // What only a recall holds is usable once that ends: it is still to be acted on.
        let recalled = lot_facts(desk, &goods)?.recalled;
        let lot = self.watch.lot_id();
        let mut found = Goods::default();
        for Holding { cell, quantity, .. } in goods {
            let is_under_way = cell.account == Account::InTransit;
            let is_there = match place.leg {
                Some(leg) => is_under_way && cell.leg == Some(leg),
                None => cell.site == place.site && (STANDING.contains(&cell.account)),
            };
            let is_meant = cell.item == self.watch.item && lot.is_none_or(|lot| cell.lot == lot);
            if !is_there || !is_meant || quantity <= 0 {
                continue;
            }
            match cell.condition {
                Condition::Good => *found.good.entry(cell.lot).or_default() += quantity,
                Condition::OnHold if recalled.contains(&cell.lot) => found.has_recalled = true,
                Condition::OnHold => found.has_held = true,
                Condition::Damaged => {}
            }
        }
        Ok(found)
    }

    fn stock_at(&self, book: &mut Book, site: SiteId) -> Result<Vec<Holding>, Wanted> {
        let found = STANDING.map(|account| book.of_stock(site, self.watch.item, account));
        let mut goods = Vec::new();
        for there in found {
            goods.extend(there?);
        }
        Ok(goods)
    }

    /// Refuses to find nothing to hold where goods of the leg may have gone into storage.
    fn check_none_stored(&self, desk: &mut Desk, site: SiteId) -> Result<(), Refusal> {
        let place = Place { site: Some(site), ..Place::default() };
        if self.goods_at(desk, place)?.good.is_empty() {
            return Ok(());
        }
        let detail = "is missing: what this leg carried has gone into storage among other goods of the item; say which \
                      lot the logger lay beside, or the site if it was beside all of them";
        Err(Problem::field("/lot", detail).coded(Fault::Required).into())
    }

    /// Holds goods at a place by an ordinary event.
    fn hold_at(
        &self,
        desk: &mut Desk,
        place: Place,
        lots: &BTreeMap<LotId, i64>,
        (file, event, reason, at): (LoggerFileId, EventId, String, Timestamp),
    ) -> Result<(), Refusal> {
        // What has no known lot is what is left once all others are picked, so it stands last.
        let unknown = LotId::unknown(self.watch.item);
        let known = lots.iter().filter(|(lot, _)| **lot != unknown);
        let mut lines = Vec::with_capacity(lots.len());
        for (lot, quantity) in known.chain(lots.get_key_value(&unknown)) {
            let number = match *lot == unknown {
                true => None,
                false => desk.shelf::<Drawer<Lot>>().find(*lot)?.map(|lot| lot.number.clone()),
            };
            lines.push(self.watch.line(number, Quantity::new(*quantity).unwrap_or(Quantity::ZERO)));
        }
        if lines.len() > LINES_MAXIMUM {
            let detail =
                format!("has more than {LINES_MAXIMUM} lots there; say which lot the logger lay beside");
            return Err(Problem::field("/lot", detail).coded(Fault::TooMany).into());
        }
        let Place { site, consignment, leg } = place;
        let (lines, reason, logger_file) = (Some(lines), Some(reason), Some(file));
        let body = ConditionChanged {
            site,
            consignment,
            leg,
            lines,
            reason,
            logger_file,
            ..ConditionChanged::default()
        };
        let kind = Kind::Held(Box::new(body));
        let command = Command::made_here(event, at, Precision::Minute, kind)?;
        let result = PostEvent::new(command, self.actor.clone()).decide(desk)?;
        if result.status == EventStatus::Posted {
            return Ok(());
        }
        Err(Problem::new(Code::WrongState, "The goods cannot be held now; send the file again shortly.")
            .into())
    }

    fn words(&self, range: Range, excursion: Excursion) -> String {
        let temperatures = || self.sent.readings.iter().map(|reading| reading.hundredths);
        let (lowest, highest) = (temperatures().min().unwrap_or(0), temperatures().max().unwrap_or(0));
        format!(
            "Logger {}: outside {} to {} °C for more than {} minutes, from {} to {}; it showed {} to {} °C.",
            self.watch.device,
            celsius(range.low),
            celsius(range.high),
            range.allowed_minutes,
            excursion.from,
            excursion.until,
            celsius(lowest),
            celsius(highest)
        )
    }

    /// The row, but for what was held and when it is recorded.
    fn row(&self, id: LoggerFileId, range: Range, judged: Judged) -> Outcome<LoggerFile> {
        let sent = &self.sent;
        let (Some(first), Some(last)) = (sent.readings.first(), sent.readings.last()) else {
            return Err(Problem::field("/readings", "have none that can be taken"));
        };
        let temperatures = || sent.readings.iter().map(|reading| reading.hundredths);
        let (site, consignment, leg) = match self.watch.beside {
            Beside::Site(site) => (Some(site), None, None),
            Beside::Leg(consignment, leg) => (None, Some(consignment), Some(leg)),
        };
        Ok(LoggerFile {
            id,
            watch_id: self.watch.id(),
            device: self.watch.device.clone(),
            site_id: site,
            consignment_id: consignment,
            leg_id: leg,
            item_id: self.watch.item,
            lot_id: self.watch.lot_id(),
            low: range.low,
            high: range.high,
            allowed_minutes: range.allowed_minutes,
            readings: sent.readings.len() as i64,
            refused: sent.refused as i64,
            from_at: first.at,
            to_at: last.at,
            lowest: temperatures().min().unwrap_or(0),
            highest: temperatures().max().unwrap_or(0),
            longest_minutes: judged.longest_minutes,
            excursion_from: judged.excursion.map(|one| one.from),
            excursion_until: judged.excursion.map(|one| one.until),
            outside_since: judged.outside_since,
            held: 0,
            holds: 0,
            media_type: sent.media_type.to_owned(),
            sha256: sent.sha256.to_vec(),
            uploaded_by: self.actor.user,
            sequence: 0,
            recorded_at: Timestamp(0),
        })
    }
}
