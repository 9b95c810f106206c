//! The tables of programmes and reported figures: rows, and what is read and written of them.

use super::rules::{ProgrammeDraft, ProgrammeEdit, ReportedFigureDraft, published};
use crate::core::check::{id_reused, quoted};
use crate::core::id::{ProgrammeId, ReportedFigureId, derived};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{programmes, reported_figures};
use crate::db::{Conn, begins_with, read_failure};
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Unique, Update, record};
use diesel::prelude::*;
use std::sync::Arc;

record! {
    /// A programme.
    pub struct Programme in programmes key id: ProgrammeId, group id: ProgrammeId {
        /// Which one.
        id: ProgrammeId,
        /// Short name, unique.
        code: String,
        /// What it is called.
        name: String,
        /// Whether no place below country, no stock and no route is public.
        sensitive: bool,
        /// Whether its data are invented.
        synthetic: bool,
        /// Its focus areas in their order, as a JSON array of texts.
        focus_areas: String,
        /// Counts the edits, from 1.
        revision: i64,
        /// Recorded first.
        created_at: Timestamp,
        /// Recorded last.
        updated_at: Timestamp,
        /// Since when anybody may read its figures; absent where nobody published it.
        published_at: Option<Timestamp>,
    }
}

record! {
    /// A figure others published about a programme.
    pub struct ReportedFigure in reported_figures key id: ReportedFigureId, group programme_id: ProgrammeId {
        /// Which one; derived from what it is about, see [`reported_figure_id`].
        id: ReportedFigureId,
        /// Its programme.
        programme_id: ProgrammeId,
        /// Heading it stood under.
        section: String,
        /// What was counted.
        figure: String,
        /// The number, in `unit`.
        value: i64,
        /// "over", "about" or "close to", where the publication says so.
        qualifier: Option<String>,
        /// What the number counts.
        unit: String,
        /// Day the figure holds for, ISO 8601.
        as_of: String,
        /// Where it was published.
        source: String,
        /// The entry of the log from which it is known; none where it was added before that was kept.
        sequence: Option<i64>,
    }
}

/// Published programmes that are offered to choose from: more are no choice any more.
const PUBLISHED_MAXIMUM: i64 = 100;

/// The figure of a programme with this heading, name and day: found without a query.
pub fn reported_figure_id(
    programme: ProgrammeId,
    section: &str,
    figure: &str,
    as_of: &str,
) -> ReportedFigureId {
    // Control characters are refused in both texts, so the separator cannot be part of either.
    derived(programme.0, &format!("reported-figure:{section}\u{1f}{figure}\u{1f}{as_of}"), 0)
}

/// Which programme has which code.
pub struct ProgrammeCodes;

impl Unique for ProgrammeCodes {
    type Holder = ProgrammeId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, ProgrammeId)>> {
        programmes::table
            .filter(programmes::code.eq_any(texts))
            .select((programmes::code, programmes::id))
            .load(conn)
    }
}

impl Programme {
    /// A row as a draft describes it.
    pub fn new(
        id: ProgrammeId,
        draft: &ProgrammeDraft,
        revision: i64,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> Self {
        Self {
            id,
            code: draft.code.clone(),
            name: draft.name.clone(),
            sensitive: draft.sensitive,
            synthetic: draft.synthetic,
            focus_areas: serde_json::Value::from(draft.focus_areas.clone()).to_string(),
            revision,
            created_at,
            updated_at,
            published_at: None,
        }
    }

    /// The focus areas in their order.
    ///
    /// # Errors
    /// `internal` where the database holds something nobody writes.
    pub fn focus_areas(&self) -> Outcome<Vec<String>> {
        serde_json::from_str(&self.focus_areas)
            .map_err(|error| Problem::internal(format!("programmes.focus_areas of {}: {error}", self.id)))
    }

    /// The row as a caller would have written it.
    ///
    /// # Errors
    /// Where what is kept cannot be read.
    pub fn draft(&self) -> Outcome<ProgrammeDraft> {
        Ok(ProgrammeDraft {
            id: None,
            code: self.code.clone(),
            name: self.name.clone(),
            sensitive: self.sensitive,
            synthetic: self.synthetic,
            focus_areas: self.focus_areas()?,
        })
    }
}

/// Records a new programme.
pub struct ProgrammeCreate {
    actor: Actor,
    id: ProgrammeId,
    draft: ProgrammeDraft,
}

impl ProgrammeCreate {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, draft: &ProgrammeDraft, id: ProgrammeId) -> Outcome<Self> {
        let draft = draft.checked()?;
        Ok(Self { actor, id: draft.id.unwrap_or(id), draft: ProgrammeDraft { id: None, ..draft } })
    }
}

impl Update for ProgrammeCreate {
    type Answer = Arc<Programme>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Programme>>().want(self.id);
        desk.shelf::<Register<ProgrammeCodes>>().want(&self.draft.code);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Programme>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Programme>>().find(self.id)? {
            let is_same = known.draft()? == self.draft;
            return if is_same { Ok(known) } else { Err(id_reused("programme", self.id).into()) };
        }
        let codes = desk.shelf::<Register<ProgrammeCodes>>();
        codes.take(("/code", "programme"), None, Some(&self.draft.code), self.id)?;
        let now = desk.begin(entry("programme.created", self.id)).recorded_at;
        Ok(keep(desk, Programme::new(self.id, &self.draft, 1, now, now)))
    }
}

/// Changes a programme.
pub struct ProgrammeChange {
    /// Who edits.
    pub actor: Actor,
    /// Which programme.
    pub id: ProgrammeId,
    /// The revision the editor read.
    pub revision: IfMatch,
    /// What changes.
    pub edit: ProgrammeEdit,
}

impl Update for ProgrammeChange {
    type Answer = Arc<Programme>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Programme>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Programme>, Refusal> {
        let known = find_programme(desk, self.id)?;
        self.revision.check(known.revision)?;
        let before = known.draft()?;
        let draft = before.edited(self.edit.clone())?;
        let is_published = published(&draft, known.published_at.is_some(), &self.edit)?;
        if draft == before && is_published == known.published_at.is_some() {
            return Ok(known);
        }
        let codes = desk.shelf::<Register<ProgrammeCodes>>();
        codes.take(("/code", "programme"), Some(&before.code), Some(&draft.code), self.id)?;
        let now = desk.begin(entry("programme.changed", self.id)).recorded_at;
        let published_at = is_published.then(|| known.published_at.unwrap_or(now));
        let changed = Programme::new(self.id, &draft, known.revision + 1, known.created_at, now);
        Ok(keep(desk, Programme { published_at, ..changed }))
    }
}

/// Adds a figure others reported.
pub struct ReportedFigureAdd {
    actor: Actor,
    programme: ProgrammeId,
    id: ReportedFigureId,
    draft: ReportedFigureDraft,
}

impl ReportedFigureAdd {
    /// Judges the draft.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, programme: ProgrammeId, draft: &ReportedFigureDraft) -> Outcome<Self> {
        let draft = draft.checked()?;
        let id = reported_figure_id(programme, &draft.section, &draft.figure, &draft.as_of);
        Ok(Self { actor, programme, id, draft })
    }

    fn row(&self) -> ReportedFigure {
        ReportedFigure {
            id: self.id,
            programme_id: self.programme,
            section: self.draft.section.clone(),
            figure: self.draft.figure.clone(),
            value: self.draft.value,
            qualifier: self.draft.qualifier.map(|qualifier| qualifier.word().to_owned()),
            unit: self.draft.unit.clone(),
            as_of: self.draft.as_of.clone(),
            source: self.draft.source.clone(),
            sequence: None,
        }
    }
}

impl Update for ReportedFigureAdd {
    type Answer = Arc<ReportedFigure>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Programme>>().want(self.programme);
        desk.shelf::<Drawer<ReportedFigure>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<ReportedFigure>, Refusal> {
        find_programme(desk, self.programme)?;
        let row = self.row();
        if let Some(known) = desk.shelf::<Drawer<ReportedFigure>>().find(self.id)? {
            let is_same = ReportedFigure { sequence: None, ..known.as_ref().clone() } == row;
            return if is_same { Ok(known) } else { Err(already_reported(&known).into()) };
        }
        let action = "reported_figure.added".to_owned();
        let moment = desk.begin(Entry { action, kind: "reported_figure", id: self.id.0, reason: None });
        let row = ReportedFigure { sequence: Some(moment.sequence), ..row };
        desk.shelf::<Drawer<ReportedFigure>>().put(row.clone());
        Ok(Arc::new(row))
    }
}

fn already_reported(known: &ReportedFigure) -> Problem {
    Problem::new(
        Code::Duplicate,
        format!(
            "{} is reported as {}{} {} as of {} already. Reported figures are not edited: append the newer one \
             with its own date.",
            quoted(&known.figure),
            known.qualifier.as_deref().map(|word| format!("{word} ")).unwrap_or_default(),
            known.value,
            known.unit,
            known.as_of
        ),
    )
    .at("/as_of")
}

fn find_programme(desk: &mut Desk, id: ProgrammeId) -> Result<Arc<Programme>, Refusal> {
    Ok(desk.shelf::<Drawer<Programme>>().find(id)?.ok_or_else(Problem::not_found)?)
}

fn entry(action: &str, id: ProgrammeId) -> Entry {
    Entry { action: action.to_owned(), kind: "programme", id: id.0, reason: None }
}

fn keep(desk: &mut Desk, programme: Programme) -> Arc<Programme> {
    desk.shelf::<Drawer<Programme>>().put(programme.clone());
    desk.touch(programme.id.0);
    Arc::new(programme)
}

/// Reads one programme.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn read_programme(conn: &mut Conn, id: ProgrammeId) -> Outcome<Programme> {
    programmes::table.find(id).select(Programme::as_select()).first(conn).map_err(read_failure)
}

/// The programmes of which strangers and donors are told no place below the country, in the order of keys. As of today, also
/// where the past is asked for: what needs protection now needs it for what was.
///
/// # Errors
/// What the database says.
pub fn sensitive_programmes(conn: &mut Conn) -> Outcome<Vec<ProgrammeId>> {
    programmes::table
        .filter(programmes::sensitive.eq(true))
        .select(programmes::id)
        .order(programmes::id)
        .load(conn)
        .map_err(read_failure)
}

/// The programmes that anybody may read figures of: the last published first, and what is made up behind what is real.
///
/// # Errors
/// What the database says.
pub fn published_programmes(conn: &mut Conn) -> Outcome<Vec<Programme>> {
    programmes::table
        .filter(programmes::published_at.is_not_null())
        .filter(programmes::sensitive.eq(false))
        .order((programmes::synthetic, programmes::published_at.desc(), programmes::id))
        .limit(PUBLISHED_MAXIMUM)
        .select(Programme::as_select())
        .load(conn)
        .map_err(read_failure)
}

/// Which programmes a list shows.
#[derive(Clone, Debug, Default)]
pub struct ProgrammeFilter {
    /// Sensitive ones only, or only the others.
    pub sensitive: Option<bool>,
    /// Synthetic ones only, or only the others.
    pub synthetic: Option<bool>,
    /// Whose name or code begins so.
    pub prefix: Option<String>,
}

/// Reads up to `limit` programmes after a key, in the order of keys.
///
/// # Errors
/// What the database says.
pub fn list_programmes(
    conn: &mut Conn,
    filter: &ProgrammeFilter,
    after: Option<ProgrammeId>,
    limit: i64,
) -> Outcome<Vec<Programme>> {
    let mut query = programmes::table.into_boxed();
    if let Some(after) = after {
        query = query.filter(programmes::id.gt(after));
    }
    if let Some(sensitive) = filter.sensitive {
        query = query.filter(programmes::sensitive.eq(sensitive));
    }
    if let Some(synthetic) = filter.synthetic {
        query = query.filter(programmes::synthetic.eq(synthetic));
    }
    if let Some(prefix) = &filter.prefix {
        query = query.filter(begins_with(programmes::name, prefix).or(begins_with(programmes::code, prefix)));
    }
    query.order(programmes::id).limit(limit).select(Programme::as_select()).load(conn).map_err(read_failure)
}

/// Reads up to `limit` reported figures of a programme after a key, in the order of keys, as they were known at an entry of the
/// log.
///
/// # Errors
/// `not_found` for the programme, or what the database says.
pub fn list_reported_figures(
    conn: &mut Conn,
    programme: ProgrammeId,
    known_at: i64,
    (after, limit): (Option<ReportedFigureId>, i64),
) -> Outcome<Vec<ReportedFigure>> {
    read_programme(conn, programme)?;
    let mut query = reported_figures::table
        .filter(reported_figures::programme_id.eq(programme))
        .filter(reported_figures::sequence.is_null().or(reported_figures::sequence.le(known_at)))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(reported_figures::id.gt(after));
    }
    query
        .order(reported_figures::id)
        .limit(limit)
        .select(ReportedFigure::as_select())
        .load(conn)
        .map_err(read_failure)
}
