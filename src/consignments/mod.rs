//! Goods for one consignee under one tracking code, over one leg or many: one file a kind of event.
//!
//! A consignment travels as one; what is separated becomes a child. In transit, goods are on exactly one
//! leg. A final consignee's receipt is the delivery. Consignee, origin and destination never change: who
//! gets other goods, or elsewhere, gets a consignment of their own.

mod allocate;
mod cancel;
mod confirm;
mod customs;
mod depart;
mod departures;
mod divert;
mod duties;
mod expected;
pub mod http;
mod holds;
mod leg_plans;
mod lines;
mod loads;
mod open;
mod read;
mod receive;
pub mod rules;
mod split;
pub mod store;
pub mod terms;
mod traced;
mod upstream;
mod whole;
mod withheld;

pub use allocate::{Allocated, Packed, Released, allocate, pack, release};
pub use cancel::{Cancelled, cancel};
pub use customs::{CustomsHeld, customs_hold, customs_release};
pub use depart::{Arrived, Departed, arrive, depart, inferred_id};
pub use departures::Departures;
pub use divert::{Diverted, PlannedLeg, divert, diverted_leg_id};
pub use expected::{Expected, ExpectedLine, consignment_coded, expected_read};
pub use holds::{HeldBy, HeldOf, less_held, note_held};
pub use leg_plans::{LegPlan, legs_as_known, state_legs};
pub use loads::{load_reached, loads_within};
pub use open::{ConsignmentNew, ConsignmentOpen, LegAdd, LoadNew, LoadRecord};
pub use read::{
    HistoryRow, check_ends, consignment_read, consignments_within, ends_within, standing_events, state_of,
};
pub(crate) use read::{in_countries, of_organization};
pub use receive::{Received, ReceivedLine, arrival_cell, receive};
pub use split::{Child, Split, split};
pub use store::{
    Consignment, ConsignmentReferences, Leg, Load, find_consignment, find_leg, find_leg_even_replaced,
    find_open,
};
pub use terms::{ConsignmentTerm, CustomsRequirement, LoadLimit};
pub(crate) use traced::moves_own;
pub use traced::{TracedEvent, traced_evidence};
pub use upstream::{Needed, wait_or_refuse};
pub use whole::{Whole, Wholes, whole_by_code};
pub use withheld::{ROUTE_KINDS, withheld_events};
pub(crate) use withheld::{
    of_sensitive_consignment, of_sensitive_event, of_sensitive_pledge, tells_sensitive_way,
};
