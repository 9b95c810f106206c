//! Every identifier that an event names, kind by kind, and what becomes of it: the one list that reach is asked by.
//!
//! A body without its list here does not compile, and an identifier that is in no list fails a test, which reads each
//! kind with an identifier in every member that takes one. So no event can name a thing nobody has thought of.

use super::correct::Corrected;
use super::reverse::Reversed;
use crate::consignments::{
    Allocated, Arrived, Cancelled, CustomsHeld, Departed, Diverted, Packed, PlannedLeg, Received, Released,
    Split,
};
use crate::core::id::{ConsignmentId, EventId, HandlingUnitId, LegId, LoadId, PledgeId, SiteId};
use crate::distributions::{Delivered, Distributed};
use crate::items::goods::GoodsLine;
use crate::kits::{KitPacked, KitUnpacked};
use crate::pledges::{Collected, EarmarkChanged, PledgeAccepted, PledgeDeclined, PledgeWithdrawn};
use crate::stock::{
    ConditionChanged, Counted, Disposed, MissingDecided, MissingReported, Moved, Relotted, Returned, Stored,
};
use uuid::Uuid;

/// A thing that an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// A consignment, which the poster must reach.
    Consignment(ConsignmentId),
    /// A site, which the poster must reach: the event is about what lies there.
    Site(SiteId),
    /// A pledge, which the poster must reach.
    Pledge(PledgeId),
    /// An earlier event, which the poster must reach.
    Event(EventId),
    /// A hand-over that is to be restated, which must be the poster's: it was to the poster's organization, or at a site it
    /// runs, or one of its users told of it. Else whoever carried goods would say what the receiver received.
    HandOver(EventId),
    /// A load, which the poster must reach.
    Load(LoadId),
    /// A part of another thing named here, looked for within that one only: a leg of the consignment, a line of the
    /// pledge or of the goods at hand, a document about the pledge. One of another thing is no such part, as is one that
    /// is not there.
    Part(Uuid),
    /// Somebody on record, looked up with the scope where it is decided.
    Person(Uuid),
    /// What everybody may read and name: an item, an organization, a programme, a place goods go to or a consignment
    /// stops at.
    Anybodys(Uuid),
    /// What this very event makes.
    New(Uuid),
}

impl Named {
    /// Whether the poster's scope must reach it.
    pub fn is_asked(self) -> bool {
        match self {
            Self::Consignment(_)
            | Self::Site(_)
            | Self::Pledge(_)
            | Self::Event(_)
            | Self::HandOver(_)
            | Self::Load(_) => true,
            Self::Part(_) | Self::Person(_) | Self::Anybodys(_) | Self::New(_) => false,
        }
    }

    /// The identifier.
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Consignment(id) => id.0,
            Self::Site(id) => id.0,
            Self::Pledge(id) => id.0,
            Self::Event(id) | Self::HandOver(id) => id.0,
            Self::Load(id) => id.0,
            Self::Part(id) | Self::Person(id) | Self::Anybodys(id) | Self::New(id) => id,
        }
    }
}

/// What an event names, as it is gathered.
#[derive(Default)]
pub(super) struct Names(pub(super) Vec<Named>);

impl Names {
    fn add(&mut self, named: Named) {
        self.0.push(named);
    }

    fn maybe<T>(&mut self, id: Option<T>, named: impl Fn(T) -> Named) {
        self.0.extend(id.map(named));
    }

    /// Goods of a consignment at a stop of it; without one, at a site that must be reached. Being party to a consignment
    /// is enough for what is done to its goods, wherever they stop.
    fn placed(&mut self, consignment: Option<ConsignmentId>, site: Option<SiteId>) {
        self.maybe(consignment, Named::Consignment);
        match consignment {
            Some(_) => self.maybe(site, |id| Named::Anybodys(id.0)),
            None => self.maybe(site, Named::Site),
        }
    }

    fn leg(&mut self, leg: Option<LegId>) {
        self.maybe(leg, |id| Named::Part(id.0));
    }

    fn goods(&mut self, lines: &[GoodsLine]) {
        for line in lines {
            self.add(Named::Anybodys(line.item.0));
            self.maybe(line.pledge_line, |id| Named::Part(id.0));
        }
    }

    /// Handling units of the site or consignment that is named.
    fn units(&mut self, units: &[HandlingUnitId]) {
        for unit in units {
            self.add(Named::Part(unit.0));
        }
    }

    fn legs(&mut self, legs: &[PlannedLeg]) {
        for leg in legs {
            self.maybe(leg.id, |id| Named::New(id.0));
            self.add(Named::Anybodys(leg.from.0));
            self.add(Named::Anybodys(leg.to.0));
            self.maybe(leg.carrier, |id| Named::Anybodys(id.0));
        }
    }
}

/// The body of an event, which says what it names.
pub(super) trait Naming {
    /// Adds every identifier among its members.
    fn name(&self, names: &mut Names);
}

macro_rules! naming {
    ($($body:ident |$own:ident, $names:ident| $list:block)*) => {
        $(impl Naming for $body {
            fn name(&self, $names: &mut Names) {
                let $own = self;
                $list
            }
        })*
    };
}

naming! {
    PledgeAccepted |body, names| {
        names.add(Named::Pledge(body.pledge));
        for line in body.lines.iter().flatten() {
            names.add(Named::Part(line.line.0));
        }
    }
    PledgeDeclined |body, names| {
        names.add(Named::Pledge(body.pledge));
    }
    PledgeWithdrawn |body, names| {
        names.add(Named::Pledge(body.pledge));
        for line in body.lines.iter().flatten() {
            names.add(Named::Part(line.line.0));
        }
    }
    EarmarkChanged |body, names| {
        names.add(Named::Pledge(body.pledge));
        names.add(Named::Part(body.line.0));
        names.add(Named::Anybodys(body.consent.organization.0));
        names.maybe(body.consent.person, |id| Named::Person(id.0));
        names.maybe(body.consent.document, |id| Named::Part(id.0));
    }
    // Whoever runs the warehouse could otherwise ask of any pledge what is left of it.
    Collected |body, names| {
        names.add(Named::Pledge(body.pledge));
        names.add(Named::Site(body.site));
        names.goods(&body.lines);
    }
    // Free stock is anybody's until it is reserved: being party to the consignment it is reserved for says nothing about
    // being entitled to it. Goods in a warehouse are the warehouse's to give, whoever pledged them.
    Allocated |body, names| {
        names.units(&body.units);
        names.add(Named::Consignment(body.consignment));
        names.maybe(body.site, Named::Site);
        names.maybe(body.pledge, |id| if body.site.is_some() { Named::Part(id.0) } else { Named::Pledge(id) });
        names.goods(&body.lines);
    }
    Released |body, names| {
        names.units(&body.units);
        names.placed(Some(body.consignment), body.site);
        names.goods(&body.lines);
    }
    Packed |body, names| {
        names.placed(Some(body.consignment), body.site);
        names.goods(&body.lines);
    }
    Split |body, names| {
        names.units(&body.units);
        names.placed(Some(body.consignment), body.site);
        names.leg(body.leg);
        names.add(Named::New(body.child.id.0));
        names.add(Named::Anybodys(body.child.consignee.0));
        names.add(Named::Anybodys(body.child.destination.0));
        names.legs(&body.child.legs);
        names.goods(&body.lines);
    }
    // What a load's papers say is shown to whoever reaches a consignment it carries.
    Departed |body, names| {
        names.add(Named::Consignment(body.consignment));
        names.leg(body.leg);
        names.maybe(body.load, Named::Load);
        names.goods(body.lines.as_deref().unwrap_or_default());
    }
    Arrived |body, names| {
        names.add(Named::Consignment(body.consignment));
        names.leg(body.leg);
        names.maybe(body.load, Named::Load);
    }
    CustomsHeld |body, names| {
        names.placed(Some(body.consignment), body.site);
        names.leg(body.leg);
        names.goods(body.lines.as_deref().unwrap_or_default());
    }
    Received |body, names| {
        names.add(Named::Consignment(body.consignment));
        names.leg(body.leg);
        for line in &body.lines {
            names.add(Named::Anybodys(line.item.0));
            names.maybe(line.pledge_line, |id| Named::Part(id.0));
        }
    }
    Diverted |body, names| {
        names.add(Named::Consignment(body.consignment));
        names.leg(body.leg);
        names.legs(&body.legs);
    }
    Cancelled |body, names| {
        names.add(Named::Consignment(body.consignment));
    }
    Stored |body, names| {
        names.placed(body.consignment, Some(body.site));
    }
    KitPacked |body, names| {
        names.add(Named::Site(body.site));
        names.add(Named::Anybodys(body.kit.0));
        names.maybe(body.programme, |id| Named::Anybodys(id.0));
        for unit in &body.units {
            names.maybe(unit.id, |id| Named::New(id.0));
        }
    }
    KitUnpacked |body, names| {
        names.placed(body.consignment, body.site);
        names.units(&body.units);
    }
    Moved |body, names| {
        names.units(&body.units);
        names.add(Named::Site(body.site));
        names.add(Named::Anybodys(body.to_site.0));
        names.goods(&body.lines);
    }
    Counted |body, names| {
        names.add(Named::Site(body.site));
        names.maybe(body.sheet, |id| Named::Part(id.0));
        names.maybe(body.programme, |id| Named::Anybodys(id.0));
        for line in &body.lines {
            names.add(Named::Anybodys(line.item.0));
        }
    }
    // What is delivered comes out of the site's free stock, whatever consignment it is delivered under.
    Delivered |body, names| {
        names.maybe(body.consignment, Named::Consignment);
        names.add(Named::Site(body.site));
        names.maybe(body.consignee, |id| Named::Anybodys(id.0));
        names.goods(&body.lines);
    }
    Distributed |body, names| {
        names.placed(body.consignment, Some(body.site));
        names.maybe(body.consignee, |id| Named::Anybodys(id.0));
        names.goods(&body.lines);
        for reached in &body.reached {
            names.maybe(reached.programme, |id| Named::Anybodys(id.0));
            names.maybe(reached.kit, |id| Named::Anybodys(id.0));
        }
    }
    // A whole lot lies anywhere: whoever names no place reaches none by it.
    ConditionChanged |body, names| {
        names.placed(body.consignment, body.site);
        names.leg(body.leg);
        names.maybe(body.item, |id| Named::Anybodys(id.0));
        names.maybe(body.logger_file, |id| Named::Part(id.0));
        names.goods(body.lines.as_deref().unwrap_or_default());
    }
    Relotted |body, names| {
        names.add(Named::Site(body.site));
        names.goods(&body.lines);
    }
    MissingReported |body, names| {
        names.placed(body.consignment, body.site);
        names.leg(body.leg);
        names.goods(&body.lines);
    }
    MissingDecided |body, names| {
        names.placed(body.consignment, body.site);
        names.leg(body.leg);
        names.maybe(body.correction, Named::Event);
        names.maybe(body.evidence.liable, |id| Named::Anybodys(id.0));
        names.goods(&body.lines);
    }
    Disposed |body, names| {
        names.placed(body.consignment, Some(body.site));
        names.maybe(body.evidence.liable, |id| Named::Anybodys(id.0));
        names.goods(&body.lines);
    }
    Returned |body, names| {
        names.placed(body.consignment, Some(body.site));
        names.goods(&body.lines);
    }
    // What it says is right is of the corrected kind, and names what that kind names.
    Corrected |body, names| {
        names.add(Named::Event(body.event));
    }
    Reversed |body, names| {
        names.add(Named::Event(body.event));
    }
}
