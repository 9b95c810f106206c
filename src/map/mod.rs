//! The figures on a map: areas with totals, sites with stock, corridors with flows, as GeoJSON.
//!
//! Every figure is one of totals, asked in the same words and within the same reach; a map only says where it lies. A map
//! that is asked for the public has nothing of sensitive programmes. Never here: a figure of its own, and a line that
//! pretends to be a road.
//!
//! | file | what it is |
//! |---|---|
//! | `view` | GeoJSON as it goes over the wire |
//! | `store` | the features of a layer |
//! | `http` | `GET /api/v1/map/{layer}` |

mod http;
mod store;
mod view;

pub use http::routes;
pub use store::{Drawing, map};
pub use view::{Feature, Geometry, Layer, MapView};
