//! Offers that answer a need: a pledge and what of it is meant for the need, recorded together or not at all.

use super::matches::{NeedMatch, check_open, keep};
use super::rules::MatchKind;
use super::store::Need;
use super::update::newest;
use crate::core::check::{Check, id_reused};
use crate::core::id::{NeedId, PledgeId, SubjectId};
use crate::core::problem::{Outcome, Problem};
use crate::pledges::{Pledge, PledgeLine, PledgeNew, PledgeOffer};
use crate::programmes::Programme;
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use uuid::Uuid;

/// Records an offer whose lines of the needed item are meant for a need.
pub struct NeedOffer {
    need: NeedId,
    offer: PledgeOffer,
}

impl NeedOffer {
    /// An offer for a need.
    pub fn new(need: NeedId, new: PledgeNew, actor: Actor) -> Self {
        let id = new.id.unwrap_or_else(|| PledgeId(Uuid::now_v7()));
        Self { need, offer: PledgeOffer::new(id, new, actor) }
    }
}

/// Whether what is offered can answer a need. The area of a need of a sensitive programme is not compared: whoever offers may
/// know no more of it than the public list tells, and a refusal, however it is worded, tells the rest.
fn check_answers(new: &PledgeNew, need: &Need, is_sensitive: bool) -> Outcome<()> {
    let mut check = Check::new();
    if new.programme != need.programme_id {
        let words = format!("is another programme than that of the need, {}", need.programme_id);
        check.wrong("/programme", words);
    }
    let lines = new.lines.iter().enumerate().filter(|(_, line)| line.item == need.item_id);
    let mut count = 0;
    for (index, line) in lines {
        count += 1;
        if let Some(country) = line.country().filter(|country| country.as_str() != need.country) {
            let words = format!("is {}, and needed is it in {}", country.as_str(), need.country);
            check.wrong(format!("/lines/{index}/earmark_country"), words);
        } else if let (Some(meant), Some(needed)) = (&line.earmark_area, &need.area)
            && meant.as_str() != needed
            && *needed != need.country
            && !is_sensitive
        {
            let words = format!("is {meant}, and needed is it in {needed}");
            check.wrong(format!("/lines/{index}/earmark_area"), words);
        }
    }
    if count == 0 {
        let words = format!("none is of what is needed, the item {}; offer some of it", need.item_id);
        check.wrong("/lines", words);
    }
    check.finish()
}

impl NeedOffer {
    /// Whether an offer that is there already was made for this need.
    fn check_same(&self, desk: &mut Desk, need: &Need, lines: &[PledgeLine]) -> Result<(), Refusal> {
        let mut is_meant = false;
        for line in lines.iter().filter(|line| line.item_id == need.item_id) {
            let said = desk.shelf::<Drawer<NeedMatch>>().group(SubjectId(line.id.0))?;
            is_meant |= said.iter().any(|said| said.need_id == self.need);
        }
        if is_meant { Ok(()) } else { Err(id_reused("pledge", self.offer.id()).into()) }
    }
}

impl Update for NeedOffer {
    type Answer = (Pledge, Vec<PledgeLine>);

    fn actor(&self) -> &Actor {
        self.offer.actor()
    }

    fn keys(&self, desk: &mut Desk) {
        self.offer.keys(desk);
        desk.shelf::<Drawer<Need>>().want_group(self.need);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let stated = desk.shelf::<Drawer<Need>>().group(self.need)?;
        let need = newest(&stated).ok_or_else(Problem::not_found)?;
        // What is sent again was judged then: the need may be met by now.
        if desk.shelf::<Drawer<Pledge>>().find(self.offer.id())?.is_some() {
            let (pledge, lines) = self.offer.decide(desk)?;
            self.check_same(desk, &need, &lines)?;
            return Ok((pledge, lines));
        }
        check_open(&need)?;
        let programme = desk.shelf::<Drawer<Programme>>().find(need.programme_id)?;
        let is_sensitive = programme.is_none_or(|programme| programme.sensitive);
        check_answers(self.offer.offered(), &need, is_sensitive)?;
        let (pledge, lines) = self.offer.decide(desk)?;
        for line in lines.iter().filter(|line| line.item_id == need.item_id) {
            keep(desk, &need, (MatchKind::PledgeLine, SubjectId(line.id.0)), line.offered);
        }
        Ok((pledge, lines))
    }
}
