//! What several pages of a manager need: names of what is shown, what is wrong in a form, and where it leads.

use crate::core::problem::{Outcome, Problem};
use crate::ledger::event::{EventResult, EventStatus};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::refused::Wrongs;
use crate::pages::words::Word;
use crate::totals::{Names, Thing, Unnamed};
use crate::web::State;
use actix_web::HttpRequest;
use uuid::Uuid;

/// What names are wanted for.
#[derive(Default)]
pub(super) struct Wanted(Unnamed);

impl Wanted {
    /// The same with these.
    pub(super) fn with(mut self, thing: Thing, ids: impl IntoIterator<Item = Uuid>) -> Self {
        let set = match thing {
            Thing::Programme => &mut self.0.programmes,
            Thing::Organization => &mut self.0.organizations,
            Thing::Item => &mut self.0.items,
            Thing::Lot => &mut self.0.lots,
            Thing::Site => &mut self.0.sites,
        };
        set.extend(ids.into_iter().map(|id| id.as_bytes().to_vec()));
        self
    }

    /// Reads the names.
    pub(super) async fn read(self, state: &State) -> Outcome<Known> {
        Ok(Known(state.read(move |conn| Names::of(conn, self.0)).await?))
    }
}

/// The names of what a page shows.
pub(super) struct Known(Names);

impl Known {
    /// What something is called; not known where it has no name.
    pub(super) fn name(&self, frame: &Frame, thing: Thing, id: Uuid) -> String {
        self.0.named(thing, id).name.unwrap_or_else(|| frame.say(Word::Unknown).to_owned())
    }

    /// The same where there is something.
    pub(super) fn name_of(&self, frame: &Frame, thing: Thing, id: Option<Uuid>) -> String {
        id.map_or_else(String::new, |id| self.name(frame, thing, id))
    }
}

/// What stands in the address of a page.
pub(super) fn asked(request: &HttpRequest) -> Form {
    Form::read(request.query_string().as_bytes())
}

/// Where a browser is led once an event was taken: to what somebody else decides, to what waits and for what, or else on.
pub(super) fn led_on(taken: &EventResult, on: String) -> String {
    if let Some(approval) = taken.approval {
        return format!("/manager/approvals/{approval}");
    }
    match taken.status {
        // It is acknowledged and counts later; its own page says what for.
        EventStatus::Waiting => format!("/waiting/{}", taken.id),
        EventStatus::Posted | EventStatus::Proposed => on,
    }
}

/// Whether a refusal is said in the form that was sent: something in it is wrong, or does not go with what there is now.
pub(super) fn is_said_in_form(problem: &Problem) -> bool {
    matches!(problem.code.status(), 409 | 422)
}

/// What is wrong in a form, where a pointer may mean one of many fields.
pub(super) fn wrongs_of(frame: &Frame, problem: &Problem, field_of: impl Fn(&str) -> String) -> Wrongs {
    Wrongs::of_many(frame, problem, field_of)
}
