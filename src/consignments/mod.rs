//! Goods for one consignee under one tracking code, over one leg or many: one file a kind of event.
//!
//! A consignment travels as one; what is separated becomes a child. In transit, goods are on exactly one
//! leg. A final consignee's receipt is the delivery. Consignee, origin and destination never change: who
//! gets other goods, or elsewhere, gets a consignment of their own.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | modes, chains of legs, states, tracking codes; pure |
//! | `store`, `read` | the rows; lists, and one with its legs, standing and history |
//! | `open`, `cancel` | a consignment with its legs, and loads; letting go what is reserved for one |
//! | `allocate` | reserving goods, naming their lots, letting them go |
//! | `depart`, `departures`, `confirm` | leaving and arriving; which legs have left; the departure that a receipt had implied |
//! | `receive`, `lines` | what came of what left, and its lines |
//! | `split`, `divert`, `customs` | a part of its own; another stop; what customs hold |
//! | `duties` | that nobody receives what they dispatched |
//! | `holds`, `upstream` | what somebody holds; what has not come as far yet |
//! | `leg_plans`, `loads` | what was planned of legs, since when; vehicles and their papers |
//! | `expected`, `whole` | what whoever sends or receives has to know; one with all that is shown with it |
//! | `to_hand_out` | what was delivered and waits to be handed to people |
//! | `traced`, `linked`, `withheld` | what a donor reads, and by a private link alone; what is not told of a sensitive programme |
//! | `terms` | what is agreed and asked for around one |
//! | `http` | consignments, legs and loads over HTTP |

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
mod linked;
mod loads;
mod open;
mod read;
mod receive;
pub mod rules;
mod split;
pub mod store;
pub mod terms;
mod to_hand_out;
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
pub use linked::{LinkedConsignment, LinkedEvent, consignments_of_link, events_of_link};
pub use loads::{load_reached, loads_within};
pub use open::{ConsignmentNew, ConsignmentOpen, LegAdd, LoadNew, LoadRecord};
pub use read::{
    HistoryRow, check_ends, consignment_read, consignments_within, ends_within, history_read,
    standing_events, state_of,
};
pub(crate) use read::{in_countries, of_organization};
pub use receive::{Received, ReceivedLine, arrival_cell, receive};
pub use split::{Child, Split, split};
pub use store::{
    Consignment, ConsignmentReferences, Leg, Load, find_consignment, find_leg, find_leg_even_replaced,
    find_open,
};
pub use terms::{ConsignmentTerm, CustomsRequirement, LoadLimit};
pub use to_hand_out::{ToHandOut, to_hand_out};
pub(crate) use traced::moves_own;
pub use traced::{TracedEvent, traced_evidence};
pub use upstream::{Needed, wait_or_refuse};
pub use whole::{Whole, Wholes, whole_by_code, wholes_listed};
pub use withheld::{ROUTE_KINDS, withheld_events};
pub(crate) use withheld::{
    of_sensitive_consignment, of_sensitive_event, of_sensitive_pledge, tells_sensitive_way,
};
