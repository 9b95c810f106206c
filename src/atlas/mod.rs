//! The atlas: which countries and areas there are, what they are called, how places are written, which area a place
//! lies in, how far apart places lie, and how many people live in a country.
//!
//! Everything is pure and compiled in: the tables of `data/` are read from memory, once, when they are first
//! asked for. Nothing here opens a file, asks the clock, keeps a secret or knows a database, and nothing is
//! guessed: a name that fits two countries is answered with both.
//!
//! The United Nations' caution holds for all of it: the designations used and the boundaries shown do not
//! imply official endorsement or acceptance by the United Nations.

mod area_code;
mod areas;
mod cities_project;
mod country;
mod country_name;
mod currency;
mod equal_earth;
mod gazetteer;
mod outline;
mod phrases;
mod place;
mod population;
mod region;
mod route;
mod sheet;

pub use area_code::{AreaCode, AreaCodeError, AreaCodeKind, UnLocode, UnLocodeError};
pub use areas::{
    Area, AreaChange, AreaDoubt, AreaPlacing, AreaRing, AreaSet, AreaSuccession, AreaUnplaced, AreaVersion,
    AskedShape, BoundaryColumns, BoundaryError, BoundaryFault, Crosswalk, CrosswalkError, DrawnPolygons,
    Generalisation, LoadedBoundaries, LocatedArea, NO_ENDORSEMENT, SHAPE_CORNERS_MAX, check_shipped_areas,
    parse_boundaries, shipped_areas,
};
pub use cities_project::{
    CitiesProject, DatePrecision, FocusArea, GiftKind, GiftState, NamedGift, ReportedFigure, cities_project,
    gifts_from_csv,
};
pub use country::{
    Country, CountryCode, CountryCodeError, CountryTable, Language, check_embedded_countries, countries,
    country_by_iso3, country_by_m49,
};
pub use country_name::{CountryNameError, check_aliases, find_country, match_name};
pub use currency::{Currency, CurrencyError, currencies, currencies_from_csv, find_currency};
pub use equal_earth::EqualEarth;
pub use gazetteer::{GAZETTEER_ATTRIBUTION, GazetteerKind, GazetteerPlace, check_gazetteer, find_places};
pub use outline::{CountryOutline, country_outlines};
pub(crate) use phrases::phrases;
pub use place::{Coordinates, CoordinatesError, distance_m};
pub use population::{
    PeopleByAge, Population, PopulationBasis, PopulationSource, WORLD_POPULATION, check_populations,
    population,
};
pub use region::{
    CountryGroup, DEVELOPING_RULE, GROUPS_SOURCE, LEAST_DEVELOPED_EDITION, Region, least_developed_on,
    regions, subregions,
};
pub use route::{LineGeometry, LineLabel, leg_length_m, leg_line, route_length_m};
pub use sheet::DataError;
