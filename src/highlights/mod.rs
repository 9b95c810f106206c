//! The figures of a programme that anybody may read: highlights in figures, by country and by area, and what others
//! reported beside what is computed here.
//!
//! A programme has any once somebody who may write programmes published it, and none while it is sensitive. Every figure
//! is one of totals, reach, the map or gaps, asked in their words, of this programme alone. Never here: a figure of an
//! unpublished programme, the name of an organization, and a reported figure mixed with a computed one.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what a reported figure is compared with, and rates; pure |
//! | `view` | the answer as it goes over the wire |
//! | `store` | asking the rooms that have the figures |
//! | `remembered` | what was answered last, while nothing is recorded |
//! | `http` | `GET /api/v1/highlights` |

mod http;
mod remembered;
pub mod rules;
mod store;
mod view;

pub use http::{HighlightsQuery, routes};
pub use remembered::{CountryPictured, Pictured, Remembered};
pub use view::{
    CountryAreas, HighlightsView, People, PlaceFigures, ProgrammeShown, ReportedBeside, ReportedSection,
};
