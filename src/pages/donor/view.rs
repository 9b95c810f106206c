//! What the pages of a donor show, made from what rooms answer.

use super::kinds::KindWord;
use super::lines::{LineShown, goods_in, goods_of, item_line, item_name, lines_of};
use super::linked::LinkTold;
use super::read::{ConsignmentTold, Followed, Overview, PledgeTold, UnderWayTold, Whole};
use super::told::{Happened, bad_news, due, late_news};
use super::visit::Seen;
use super::words::DonorWord;
use crate::auth::action;
use crate::consignments::LinkedEvent;
use crate::ledger::Condition;
use crate::pages::drawing::bar::Goods;
use crate::pages::frame::Frame;
use crate::pages::visitor::Visitor;
use crate::pages::words::Word;
use crate::papers::rules::is_set_as_pdf;
use crate::papers::words::Told;
use crate::pledges::rules::PledgeState;
use crate::pledges::{LineStatus, LinkStatus, PledgeStatus};
use crate::reach::ReachView;
use crate::totals::{TotalsRow, TotalsView};
use crate::tracking::TrackedByLink;
use askama::Template;

/// How many people goods helped reach.
pub(super) struct ReachShown {
    pub best: String,
    pub range: String,
    pub method: &'static str,
    pub reported: Option<String>,
    pub is_none: bool,
}

/// What happened since the visit before.
pub(super) struct ChangesShown {
    pub lead: String,
    pub rows: Vec<Happened>,
    pub more: bool,
}

/// A pledge in a list.
pub(super) struct PledgeRow {
    pub path: String,
    pub name: String,
    pub offered: String,
    pub state: &'static str,
    pub reason: Option<String>,
}

/// A consignment in a list.
pub(super) struct ConsignmentRow {
    pub path: String,
    pub tracking_code: String,
    pub way: Option<String>,
    pub due: Option<String>,
    pub is_cancelled: bool,
}

#[derive(Template)]
#[template(path = "donor/donor.html")]
pub(super) struct DonorPage {
    frame: Frame,
    changes: Option<ChangesShown>,
    bad: Vec<String>,
    lines: Vec<LineShown>,
    then: Option<String>,
    reach: Option<ReachShown>,
    pledges: Vec<PledgeRow>,
    next: Option<String>,
    consignments: Vec<ConsignmentRow>,
    further: Option<String>,
    figures: String,
}

#[derive(Template)]
#[template(path = "donor/pledge.html")]
pub(super) struct PledgePage {
    frame: Frame,
    name: String,
    state: &'static str,
    offered: String,
    reason: Option<String>,
    bad: Vec<String>,
    lines: Vec<LineShown>,
    then: Option<String>,
    changes_lead: String,
    earmarks: Vec<String>,
    is_by_country: bool,
    report: String,
    report_words: String,
    report_page: String,
    workbook: String,
    letter: Option<String>,
    table: String,
    may_link: bool,
    make_link: String,
    proofs: Vec<Happened>,
    next: Option<String>,
    figures: String,
}

#[derive(Template)]
#[template(path = "donor/link.html")]
pub(super) struct LinkPage {
    frame: Frame,
    name: String,
    donor: Option<String>,
    state: &'static str,
    offered: String,
    bad: Vec<String>,
    lines: Vec<LineShown>,
    then: Option<String>,
    changes: ChangesShown,
    reach: Option<ReachShown>,
    consignments: Vec<ConsignmentRow>,
    proofs: Vec<Happened>,
    is_by_country: bool,
    files: Vec<(String, &'static str)>,
    figures: String,
}

#[derive(Template)]
#[template(path = "donor/made.html")]
pub(super) struct LinkMadePage {
    frame: Frame,
    path: String,
    back: String,
}

impl LinkMadePage {
    pub(super) fn of(visitor: &Visitor, path: String, back: String) -> Self {
        Self { frame: visitor.frame(DonorWord::LinkMade), path, back }
    }
}

#[derive(Template)]
#[template(path = "donor/consignment.html")]
pub(super) struct ConsignmentPage {
    frame: Frame,
    tracking_code: String,
    proofs: Vec<Happened>,
}

impl DonorPage {
    pub(super) fn of(visitor: &Visitor, overview: Overview, seen: Option<Seen>) -> Self {
        let Overview { totals, pledges, consignments, changes, reach, under_way } = overview;
        let frame = visitor.frame(DonorWord::Title).synthetic(totals.synthetic).live();
        let lines: Vec<LineShown> =
            totals.rows.iter().enumerate().map(|(number, row)| item_line(&frame, number, row)).collect();
        let mut bad: Vec<String> = totals.rows.iter().flat_map(|row| bad_of_item(&frame, row)).collect();
        bad.extend(late_news(&frame, &under_way));
        Self {
            changes: changes.zip(seen).map(|((events, more), seen)| ChangesShown {
                lead: changes_lead(&frame, Some(seen), events.is_empty()),
                rows: events.iter().map(|event| Happened::of(&frame, event)).collect(),
                more,
            }),
            bad,
            lines,
            then: None,
            reach: reach.map(|reach| reach_shown(&frame, &reach)),
            pledges: pledges.items.iter().map(|pledge| pledge_row(&frame, pledge)).collect(),
            next: pledges.next.map(|next| format!("/donor?after={next}")),
            further: consignments.next.map(|next| format!("/donor?consignments={next}")),
            consignments: consignments
                .items
                .into_iter()
                .map(|one| consignment_row(&frame, one, &under_way))
                .collect(),
            figures: figures_of(&frame, &totals),
            frame,
        }
    }
}

impl PledgePage {
    pub(super) fn of(visitor: &Visitor, whole: Whole, seen: Option<Seen>) -> Self {
        let Whole { pledge, status, then, events, under_way } = whole;
        let frame = visitor.frame(DonorWord::Title).synthetic(status.synthetic).live();
        let name = frame.with(DonorWord::Pledge, pledge_name(&pledge));
        // What is not set as PDF in this language is offered in English, and said to be.
        let is_set = is_set_as_pdf(frame.language);
        let paper = |kind: &str, language: &str, further: &str| {
            format!("/api/v1/pledges/{}/papers/{kind}?language={language}{further}", pledge.id)
        };
        let report_words = frame.say(DonorWord::Report);
        let is_accepted = status.lines.iter().any(|line| line.promised > 0);
        let earmark = |row: &crate::pledges::TracedEarmarkChange| {
            let country = |code: &Option<String>| {
                code.as_deref()
                    .map_or_else(|| frame.say(DonorWord::AnyCountry).to_owned(), |code| frame.country(code))
            };
            let (from, to) = (country(&row.from_country), country(&row.to_country));
            let parts = [frame.number(row.quantity), from, to, frame.day(&row.consented_on)];
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            crate::pages::words::filled(frame.say(DonorWord::EarmarkChange), &parts)
        };
        let kept = pledge.earmark_changes.iter().filter(|row| row.reversed_by.is_none());
        Self {
            state: state_words(&frame, &pledge.state),
            offered: frame.day(&pledge.offered_at),
            reason: pledge.reason.as_deref().map(|reason| frame.with(DonorWord::Reason, reason)),
            bad: [bad_of(&frame, &status), late_news(&frame, &under_way)].concat(),
            lines: lines_of(&frame, &status, then.as_ref()),
            then: then.as_ref().and(seen).map(|seen| frame.day(seen.day())),
            changes_lead: changed(&frame, &status, then.as_ref(), seen),
            earmarks: kept.map(earmark).collect(),
            is_by_country: is_by_country(&status),
            report: paper("donor_report", if is_set { frame.code() } else { "en" }, "&format=pdf"),
            report_words: if is_set { report_words.to_owned() } else { format!("{report_words} (English)") },
            report_page: paper("donor_report", frame.code(), "&format=html"),
            workbook: format!("/donor/pledges/{}/report.xlsx", pledge.id),
            letter: is_accepted.then(|| paper("acceptance_letter", frame.code(), "")),
            table: format!("/donor/pledges/{}/units.csv", pledge.id),
            may_link: visitor.may::<action::PledgeLinkWrite>().is_some(),
            make_link: format!("/donor/pledges/{}/link", pledge.id),
            proofs: events.items.iter().map(|event| Happened::of(&frame, event)).collect(),
            next: events.next.map(|next| format!("/donor/pledges/{}?after={next}", pledge.id)),
            figures: frame.with(DonorWord::Figures, frame.number(status.sequence)),
            frame: frame.titled(name.clone()),
            name,
        }
    }
}

impl LinkPage {
    /// The same page, kept up to date for whoever has the link.
    pub(super) fn following(self, code: &str, mark: String) -> Self {
        Self { frame: self.frame.following(("links", code), mark), ..self }
    }

    pub(super) fn of(visitor: &Visitor, (code, told): (&str, LinkTold), seen: Option<Seen>) -> Self {
        let LinkTold { link: LinkStatus { donor, status }, then, under_way, .. } = &told;
        let frame = visitor.frame(DonorWord::Pledges).synthetic(status.synthetic);
        let title = frame.with(DonorWord::Pledge, status.reference.as_deref().unwrap_or_default());
        let name = title.trim_end().to_owned();
        Self {
            donor: donor.as_ref().map(|donor| frame.with(DonorWord::FromDonor, donor)),
            state: state_words(&frame, &status.state),
            offered: frame.day(status.offered_at.day()),
            bad: [bad_of(&frame, status), late_news(&frame, under_way)].concat(),
            lines: lines_of(&frame, status, then.as_ref()),
            then: then.as_ref().and(seen).map(|seen| frame.day(seen.day())),
            changes: changes_by_link(&frame, &told, seen),
            reach: Some(reach_shown(&frame, &told.trace.reach)),
            consignments: told
                .trace
                .consignments
                .iter()
                .map(|one| linked_row(&frame, one, under_way))
                .collect(),
            proofs: told.trace.events.iter().map(|event| Happened::by_link(&frame, event)).collect(),
            is_by_country: is_by_country(status),
            files: super::book::files_of(&frame, code),
            figures: frame.with(DonorWord::Figures, frame.number(status.sequence)),
            frame: frame.titled(name.clone()),
            name,
        }
    }
}

impl ConsignmentPage {
    pub(super) fn of(visitor: &Visitor, followed: Followed) -> Self {
        let frame = visitor.frame(DonorWord::Proofs).synthetic(followed.synthetic).live();
        let title = frame.with(DonorWord::Consignment, &followed.tracking_code);
        let proofs = followed.events.iter().map(|event| Happened::of(&frame, event)).collect();
        Self { proofs, tracking_code: followed.tracking_code, frame: frame.titled(title) }
    }
}

fn changes_lead(frame: &Frame, seen: Option<Seen>, is_empty: bool) -> String {
    match seen {
        None => frame.say(DonorWord::FirstVisit).to_owned(),
        Some(seen) if is_empty => frame.with(DonorWord::NoChanges, frame.day(seen.day())),
        Some(seen) => frame.with(DonorWord::ChangesSince, frame.day(seen.day())),
    }
}

/// What whoever has a private link did not see yet: what happened since, and whether units are elsewhere.
fn changes_by_link(frame: &Frame, told: &LinkTold, seen: Option<Seen>) -> ChangesShown {
    let LinkTold { link: LinkStatus { status, .. }, then, trace, .. } = told;
    // Without what there was then, nobody can say what is new.
    let Some((then, seen)) = then.as_ref().zip(seen) else {
        return ChangesShown { lead: changes_lead(frame, None, true), rows: Vec::new(), more: false };
    };
    let events = &trace.events;
    let new: Vec<&LinkedEvent> = events.iter().filter(|event| event.sequence > seen.sequence).collect();
    let more = trace.has_more && new.len() == events.len();
    let rows = new.into_iter().rev().map(|event| Happened::by_link(frame, event)).collect::<Vec<_>>();
    let lead = match rows.is_empty() {
        true => changed(frame, status, Some(then), Some(seen)),
        false => changes_lead(frame, Some(seen), false),
    };
    ChangesShown { lead, rows, more }
}

/// Whether units of a pledge are elsewhere now than at the end of the visit before, in words.
fn changed(frame: &Frame, status: &PledgeStatus, then: Option<&PledgeStatus>, seen: Option<Seen>) -> String {
    let goods = |status: &PledgeStatus| -> Vec<Goods> { status.lines.iter().map(goods_in).collect() };
    match then {
        None => changes_lead(frame, None, true),
        Some(then) => changes_lead(frame, seen, goods(then) == goods(status)),
    }
}

fn is_by_country(status: &PledgeStatus) -> bool {
    status.places_by != crate::pledges::PlacesBy::Place
}

fn bad_of(frame: &Frame, status: &PledgeStatus) -> Vec<String> {
    let of_line = |line: &LineStatus| {
        let goods = goods_in(line);
        let spoilt = [Condition::OnHold, Condition::Damaged].map(|condition| goods.usable(condition));
        bad_news(frame, &line.item_name, &goods, spoilt)
    };
    status.lines.iter().flat_map(of_line).collect()
}

fn bad_of_item(frame: &Frame, row: &TotalsRow) -> Vec<String> {
    bad_news(frame, &item_name(row), &goods_of(row), [row.on_hold, row.damaged])
}

fn reach_shown(frame: &Frame, reach: &ReachView) -> ReachShown {
    let people = |count: u64| frame.number(i64::try_from(count).unwrap_or(i64::MAX));
    let reached = &reach.reached;
    let reported = i64::try_from(reach.reported_lines).unwrap_or(i64::MAX);
    ReachShown {
        best: people(reached.best),
        range: frame.with_two(DonorWord::ReachRange, people(reached.low), people(reached.high)),
        method: Told::NotAdded.said(frame.language),
        reported: (reported > 0).then(|| frame.count(DonorWord::Reported, reported)),
        is_none: reached.high == 0,
    }
}

fn pledge_name(pledge: &PledgeTold) -> String {
    pledge.reference.clone().unwrap_or_else(|| pledge.id.to_string())
}

fn pledge_row(frame: &Frame, pledge: &PledgeTold) -> PledgeRow {
    PledgeRow {
        path: format!("/donor/pledges/{}", pledge.id),
        name: pledge_name(pledge),
        offered: frame.day(&pledge.offered_at),
        state: state_words(frame, &pledge.state),
        reason: pledge.reason.as_deref().map(|reason| frame.with(DonorWord::Reason, reason)),
    }
}

fn consignment_row(frame: &Frame, told: ConsignmentTold, under_way: &[UnderWayTold]) -> ConsignmentRow {
    ConsignmentRow {
        due: due(frame, under_way, &told.tracking_code),
        path: format!("/donor/consignments/{}", told.id),
        way: told
            .ends
            .map(|(from, to)| frame.with_two(DonorWord::FromTo, frame.country(&from), frame.country(&to))),
        tracking_code: told.tracking_code,
        is_cancelled: told.is_cancelled,
    }
}

fn linked_row(frame: &Frame, told: &TrackedByLink, under_way: &[UnderWayTold]) -> ConsignmentRow {
    let (from, to) = (frame.country(&told.from_country), frame.country(&told.to_country));
    ConsignmentRow {
        due: due(frame, under_way, &told.tracking_code),
        path: format!("/track/{}", told.tracking_code),
        way: Some(frame.with_two(DonorWord::FromTo, from, to)),
        tracking_code: told.tracking_code.clone(),
        is_cancelled: told.cancelled,
    }
}

/// The state of a pledge in words.
pub(in crate::pages) fn state_words(frame: &Frame, word: &str) -> &'static str {
    match PledgeState::from_word(word) {
        Some(PledgeState::Offered) => frame.say(DonorWord::StateOffered),
        Some(PledgeState::PartlyAccepted) => frame.say(DonorWord::StatePartly),
        Some(PledgeState::Accepted) => frame.say(DonorWord::StateAccepted),
        Some(PledgeState::Declined) => frame.say(DonorWord::StateDeclined),
        Some(PledgeState::Withdrawn) => frame.say(DonorWord::StateWithdrawn),
        None => frame.say(Word::Unknown),
    }
}

fn figures_of(frame: &Frame, totals: &TotalsView) -> String {
    frame.with(DonorWord::Figures, frame.number(totals.sequence))
}
