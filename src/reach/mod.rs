//! How many people hand-overs reached, as a range that counts nobody twice, with its sources.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | the formula; pure |
//! | `question` | what may be asked |
//! | `lines` | lines of distributions, as they stood and were verified |
//! | `counted` | headcounts of others, and what is counted against, as they were known |
//! | `followed` | where a code leads that is no more in use; pure |
//! | `sources` | which source of populations caps a country; pure |
//! | `places` | areas, and whose populations cap them |
//! | `sited` | where people live of whom nobody said it: where the site lies |
//! | `basis` | lines and headcounts as the rules see them |
//! | `answer` | a question answered |
//! | `view` | the answer as it goes over the wire |
//! | `listed` | the lines themselves, page by page |
//! | `linked` | whom the goods of one pledge helped reach, by its private link |
//! | `headcount` | what a headcount of others is |
//! | `http` | `GET reach`, `GET reach/lines`, `headcounts` |
//!
//! Only verified hand-overs reach anybody, and headcounts that somebody answers for. Never here: a figure that is added up
//! from others, a population mixed from two sources in one cap, and a target counted as reached.

mod answer;
mod basis;
mod counted;
mod followed;
mod headcount;
pub mod http;
mod lines;
mod linked;
mod listed;
mod places;
mod question;
pub mod rules;
mod sited;
mod sources;
mod view;

pub use answer::answer;
pub use counted::{TargetRow, targets_known};
pub use headcount::{Headcount, HeadcountDraft, HeadcountStatus};
pub use http::ReachQuery;
pub use linked::reach_of_link;
pub use question::{Group, Question};
pub use sources::PopulationUsed;
pub use view::{ReachRow, ReachView};
