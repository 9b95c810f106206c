//! Where consignments go and when they arrive: their way on a map, how long such ways took, and what is late.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what a trip is, quantiles of how long trips took, and what follows for a leg under way |
//! | `trips` | the trips of a corridor, and the latest of all by mode and distance |
//! | `times` | when legs of one consignment left and arrived |
//! | `arrival` | when goods under way arrive, and whether they are late |
//! | `route` | the way of one consignment, with its line as GeoJSON |
//! | `under_way` | the list of legs that goods are on |
//! | `whole` | when consignments arrive where they are meant to end |
//! | `corridors` | what went along corridors, and how long it took |
//! | `corridor_queries` | the queries of that |
//! | `flown` | between which places all that goes flies straight, for the map |
//! | `reach` | how far a scope reaches, in the words of such queries |
//! | `http` | all of that over HTTP |
//!
//! Invariants: a forecast counts trips that were recorded by the moment it is asked for, and no other; it says on what it
//! rests and on how many trips; late and presumed lost are flags, and post nothing. Never here: deciding that goods are lost.

mod arrival;
mod corridor_queries;
mod corridors;
mod flown;
pub mod http;
mod reach;
mod route;
pub mod rules;
mod times;
mod trips;
mod under_way;
mod whole;

pub use arrival::{ArrivalView, Forecasting};
pub use flown::{Sent, flown};
pub use route::{LegState, RouteLeg, RouteView, way_of};
pub use rules::Lateness;
pub use under_way::{LateNow, UnderWayView, late_now, under_way_of_link};
pub use whole::{Arrivals, consignments_arrive};
