//! Recording a file of readings, and holding in the same commit what it tells of.
//!
//! What is held is what is there when the file comes: on its leg, and, as far as the goods have arrived, at the end of it; or
//! at its site. It is held by ordinary events in the name of who sent the file, which name it as their evidence.

use super::rules::{Excursion, Judged, Range, Reading, celsius, exceeded_at, judge, range_of};
use super::store::{LoggerContent, LoggerFile, hold_id};
use crate::consignments::{Consignment, Leg};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{ConsignmentId, ItemId, LegId, LoggerFileId, LoggerWatchId, LotId, SiteId, derived};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::{Precision, Timestamp};
use crate::events::{Command, Kind, PostEvent};
use crate::items::goods::{GoodsLine, LINES_MAXIMUM};
use crate::items::{Item, Lot, lot_id};
use crate::ledger::event::EventStatus;
use crate::ledger::{Account, Book, Condition, Holding};
use crate::sites::Site;
use crate::stock::ConditionChanged;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, Wanted};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Accounts whose goods stand somewhere.
const STANDING: [Account; 3] = [Account::InStorage, Account::Allocated, Account::Delivered];

/// Where a logger lay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// At a site.
    Site(SiteId),
    /// With a consignment on a leg.
    Leg(ConsignmentId, LegId),
}

/// What a logger watched.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) device: String,
    pub(super) beside: Beside,
    pub(super) item: ItemId,
    /// The number of the lot; all lots of the item there if none.
    pub(super) lot: Option<String>,
}

impl Watch {
    /// The same for all files of one logger beside the same goods.
    pub(super) fn id(&self) -> LoggerWatchId {
        let place = match self.beside {
            Beside::Site(site) => site.0,
            Beside::Leg(_, leg) => leg.0,
        };
        let lot = self.lot_id().map_or_else(String::new, |lot| lot.to_string());
        derived(place, &format!("logger:{}:{lot}:{}", self.item, self.device), 0)
    }

    fn lot_id(&self) -> Option<LotId> {
        self.lot.as_deref().map(|number| lot_id(self.item, number))
    }

    /// The event that would hold goods here, for what it names.
    pub(super) fn hold(&self) -> Kind {
        let (site, consignment, leg) = match self.beside {
            Beside::Site(site) => (Some(site), None, None),
            Beside::Leg(consignment, leg) => (None, Some(consignment), Some(leg)),
        };
        let line = self.line(self.lot.clone(), Quantity::ZERO);
        let lines = Some(vec![line]);
        Kind::Held(Box::new(ConditionChanged {
            site,
            consignment,
            leg,
            lines,
            ..ConditionChanged::default()
        }))
    }

    fn line(&self, lot: Option<String>, quantity: Quantity) -> GoodsLine {
        GoodsLine {
            item: self.item,
            lot,
            expires_on: None,
            quantity: Some(quantity),
            pack: None,
            packs: None,
            pledge_line: None,
        }
    }
}

/// A file that was read.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) content: Vec<u8>,
    pub(super) sha256: [u8; 32],
    pub(super) media_type: &'static str,
    /// In the order of their times, at least one.
    pub(super) readings: Vec<Reading>,
    pub(super) refused: usize,
    /// How long goods may be outside, where the sender says so.
    pub(super) allowed_minutes: Option<i64>,
}

/// Records a file of readings.
pub(super) struct FileRecord {
    /// Who sent it, in the scope in which it may post events.
    pub(super) actor: Actor,
    pub(super) watch: Watch,
    pub(super) sent: Arc<Sent>,
    /// Since when the file before this one says that goods are outside.
    pub(super) since: Option<Timestamp>,
}

impl FileRecord {
    /// The same file of the same logger beside the same goods is the same.
    pub(super) fn id(&self) -> LoggerFileId {
        derived(self.watch.id().0, &hexadecimal(&self.sent.sha256), 0)
    }
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
        if let Some(known) = desk.shelf::<Drawer<LoggerFile>>().find(self.id())? {
            return Ok(known);
        }
        let range = self.range(desk)?;
        self.check_lot(desk)?;
        let leg = self.find_place(desk)?;
        let judged = judge(range, &self.sent.readings, self.since);
        let (mut held, mut holds) = (0, 0);
        if let Some(excursion) = judged.excursion {
            for place in self.places(leg.as_deref()) {
                let lots = self.good_at(desk, place)?;
                if !lots.is_empty() {
                    let at = exceeded_at(range, excursion.from);
                    self.hold_at(desk, place, &lots, (holds, self.words(range, excursion), at))?;
                    held += lots.values().sum::<i64>();
                    holds += 1;
                }
            }
            if let (0, None, Some(leg)) = (held, &self.watch.lot, &leg) {
                self.check_none_stored(desk, leg.to_id)?;
            }
        }
        let action = "readings.recorded".to_owned();
        let moment = desk.begin(Entry { action, kind: "logger_file", id: self.id().0, reason: None });
        let mut row = self.row(range, judged)?;
        (row.held, row.holds) = (held, holds);
        (row.sequence, row.recorded_at) = (moment.sequence, moment.recorded_at);
        desk.shelf::<Drawer<LoggerFile>>().put(row.clone());
        let content = LoggerContent { id: row.id, content: self.sent.content.clone() };
        desk.shelf::<Drawer<LoggerContent>>().put(content);
        Ok(Arc::new(row))
    }
}

impl FileRecord {
    /// What the item's class allows, and for how long the sender does.
    fn range(&self, desk: &mut Desk) -> Result<Range, Refusal> {
        let Some(item) = desk.shelf::<Drawer<Item>>().find(self.watch.item)? else {
            let detail = format!("{} is no item known here; record it first", self.watch.item);
            return Err(Problem::field("/item", detail).into());
        };
        let range = range_of(item.class()?).ok_or_else(|| {
            let detail =
                format!("{} is kept {}, which says nothing of temperatures", item.name, item.storage_class);
            Problem::field("/item", detail)
        })?;
        let allowed_minutes = self.sent.allowed_minutes.unwrap_or(range.allowed_minutes);
        Ok(Range { allowed_minutes, ..range })
    }

    fn check_lot(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let (Some(id), Some(number)) = (self.watch.lot_id(), &self.watch.lot) else { return Ok(()) };
        if desk.shelf::<Drawer<Lot>>().find(id)?.is_none() {
            return Err(
                Problem::field("/lot", format!("{number:?} is no lot of this item known here")).into()
            );
        }
        Ok(())
    }

    /// The leg, where the logger went with one.
    fn find_place(&self, desk: &mut Desk) -> Result<Option<Arc<Leg>>, Refusal> {
        match self.watch.beside {
            Beside::Site(site) => {
                if desk.shelf::<Drawer<Site>>().find(site)?.is_none() {
                    return Err(Problem::field("/site", format!("{site} is no site known here")).into());
                }
                Ok(None)
            }
            Beside::Leg(consignment, leg) => {
                if desk.shelf::<Drawer<Consignment>>().find(consignment)?.is_none() {
                    let detail = format!("{consignment} is no consignment known here");
                    return Err(Problem::field("/consignment", detail).into());
                }
                let legs = desk.shelf::<Drawer<Leg>>().group(consignment)?;
                let found = legs.into_iter().find(|one| one.id == leg);
                let detail = || format!("{leg} is no leg of this consignment");
                Ok(Some(found.ok_or_else(|| Problem::field("/leg", detail()))?))
            }
        }
    }

    /// Where goods that the logger lay beside may be by now. What went into storage under no consignment is only told apart
    /// from other goods there by its lot.
    fn places(&self, leg: Option<&Leg>) -> Vec<Place> {
        let at = |site: SiteId| Place { site: Some(site), ..Place::default() };
        match (self.watch.beside, leg) {
            (Beside::Leg(consignment, id), Some(leg)) => {
                let with = Place { consignment: Some(consignment), ..Place::default() };
                let mut places =
                    vec![Place { leg: Some(id), ..with }, Place { site: Some(leg.to_id), ..with }];
                places.extend(self.watch.lot.as_ref().map(|_| at(leg.to_id)));
                places
            }
            (Beside::Site(site), _) => vec![at(site)],
            (Beside::Leg(..), None) => Vec::new(),
        }
    }

    /// Good units of a place that the logger lay beside, by lot.
    fn good_at(&self, desk: &mut Desk, place: Place) -> Result<BTreeMap<LotId, i64>, Wanted> {
        let book = desk.shelf::<Book>();
        let goods = match (place.consignment, place.site) {
            (Some(consignment), _) => book.of_consignment(consignment)?,
            (None, Some(site)) => self.stock_at(book, site)?,
            (None, None) => Vec::new(),
        };
        let lot = self.watch.lot_id();
        let mut lots = BTreeMap::new();
        for Holding { cell, quantity, .. } in goods {
            let is_under_way = cell.account == Account::InTransit;
            let is_there = match place.leg {
                Some(leg) => is_under_way && cell.leg == Some(leg),
                None => cell.site == place.site && (STANDING.contains(&cell.account)),
            };
            let is_meant = cell.item == self.watch.item && lot.is_none_or(|lot| cell.lot == lot);
            if is_there && is_meant && cell.condition == Condition::Good && quantity > 0 {
                *lots.entry(cell.lot).or_default() += quantity;
            }
        }
        Ok(lots)
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
        if self.good_at(desk, place)?.is_empty() {
            return Ok(());
        }
        let detail = "is missing: what this leg carried has gone into storage among other goods of the item; say which \
                      lot the logger lay beside, or the site if it was beside all of them";
        Err(Problem::field("/lot", detail).into())
    }

    /// Holds goods at a place by an ordinary event.
    fn hold_at(
        &self,
        desk: &mut Desk,
        place: Place,
        lots: &BTreeMap<LotId, i64>,
        (index, reason, at): (i64, String, Timestamp),
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
            return Err(Problem::field("/lot", detail).into());
        }
        let Place { site, consignment, leg } = place;
        let (lines, reason, logger_file) = (Some(lines), Some(reason), Some(self.id()));
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
        let command = Command::made_here(hold_id(self.id(), index), at, Precision::Minute, kind)?;
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
    fn row(&self, range: Range, judged: Judged) -> Outcome<LoggerFile> {
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
            id: self.id(),
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
