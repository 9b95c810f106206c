//! What a logger watched, and a file of it as it was read.

use super::rules::Reading;
use crate::core::id::{ConsignmentId, ItemId, LegId, LoggerWatchId, LotId, SiteId, derived};
use crate::core::quantity::Quantity;
use crate::events::Kind;
use crate::items::goods::GoodsLine;
use crate::items::lot_id;
use crate::stock::ConditionChanged;

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

    pub(super) fn lot_id(&self) -> Option<LotId> {
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

    pub(super) fn line(&self, lot: Option<String>, quantity: Quantity) -> GoodsLine {
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
