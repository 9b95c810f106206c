//! Areas inside countries: which there are, what their codes are, and which of them a place lies in.
//!
//! An [`AreaSet`] is one edition of areas with its version: the first-level areas that ship with the program
//! ([`shipped_areas`]), or what somebody loaded ([`parse_boundaries`]). Editions are never mixed: an answer comes
//! out of one set. Which codes followed which is a [`Crosswalk`]'s knowledge.
//!
//! | file | what it is |
//! |---|---|
//! | `set` | areas of one version, by code and by place |
//! | `shipped` | the areas that are compiled in, unpacked when they are first asked for |
//! | `packed` | how their polygons lie in the file |
//! | `fixed` | coordinates as whole numbers, so that no answer depends on rounding |
//! | `frame` | rings of one area, laid out without a seam |
//! | `shape` | one area's polygons: whether a place is inside, on the border or how near |
//! | `grid` | which areas a place can lie in at all |
//! | `boundaries`, `geojson`, `crossing` | areas in GeoJSON: reading, checking, mending |
//! | `asked` | a shape that somebody asks about |
//! | `drawn` | borders with fewer corners, for drawing |
//! | `crosswalk` | from old codes to new ones |
//!
//! Never here: a figure spread over areas, and a guess where a code or a place fits several.

mod asked;
mod boundaries;
mod crossing;
mod crosswalk;
mod drawn;
mod fixed;
mod frame;
mod geojson;
mod grid;
mod packed;
mod set;
mod shape;
mod shipped;

pub use asked::{AskedShape, SHAPE_CORNERS_MAX};
pub use boundaries::{BoundaryColumns, BoundaryError, BoundaryFault, LoadedBoundaries, parse_boundaries};
pub use crosswalk::{AreaChange, AreaSuccession, Crosswalk, CrosswalkError};
pub use drawn::{DrawnPolygons, Generalisation};
pub use set::{Area, AreaDoubt, AreaPlacing, AreaRing, AreaSet, AreaUnplaced, AreaVersion, LocatedArea};
pub use shipped::{NO_ENDORSEMENT, check_shipped_areas, shipped_areas};
