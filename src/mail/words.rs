//! What messages say: plain text, in short lines, in their reader's language, with the links that end it.

use super::alerts::Alerts;
use super::phrases::{Said, happened};
use crate::atlas::Language;
use crate::events::{EventShown, heading_of};
use crate::tracking::TrackingView;
use crate::tracking::words::sentence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Events that one message names; of more it says how many.
const EVENTS_NAMED: usize = 50;
/// Events of a consignment's timeline that one message names.
const TIMELINE_NAMED: usize = 10;

/// A message as it is handed on to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
}

/// Where links lead, this server as browsers call it and the page of one mailing; and the language of whoever reads it.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub(super) origin: String,
    pub(super) page: String,
    pub(super) language: Language,
}

impl Links {
    fn said(&self, phrase: Said) -> &'static str {
        phrase.said(self.language)
    }

    fn signed(&self, text: &str) -> String {
        format!("{text}\n-- \n{}\n{} {}\n", self.said(Said::WhyYou), self.said(Said::EndIt), self.page)
    }
}

/// The question whether somebody wants mail. It says nothing of goods: whoever asked may be another.
pub(super) fn question(links: &Links) -> Letter {
    let text = format!(
        "{}\n{}\n\n{}\n{}\n\n{}\n",
        links.said(Said::SomebodyAsked),
        links.origin,
        links.said(Said::IfYouWant),
        links.page,
        links.said(Said::IfNothing)
    );
    Letter { subject: links.said(Said::Question).to_owned(), text }
}

/// How the goods under a tracking code get on: what everybody may read who has it.
pub(super) fn news(view: &TrackingView, links: &Links) -> Letter {
    let sentence = sentence(view.state, links.language);
    let subject = format!("{}: {sentence}", view.code);
    let mut text = format!("{subject}\n\n");
    if view.synthetic {
        text.push_str(&format!("{}\n\n", links.said(Said::MadeUp)));
    }
    for event in view.timeline.iter().take(TIMELINE_NAMED) {
        let place = event.country.as_deref().map(|country| format!(", {country}")).unwrap_or_default();
        let what = happened(&event.kind, links.language);
        text.push_str(&format!("{}  {what}{place}\n", event.occurred_at.day()));
    }
    Letter { subject, text: links.signed(&text) }
}

/// What was recorded since the last, as far as its reader may read.
pub(super) fn digest(shown: &[EventShown], is_all: bool, links: &Links) -> Letter {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for event in shown {
        *kinds.entry(heading_of(event).1).or_default() += 1;
    }
    let more = if is_all { "" } else { "+" };
    let count = shown.len();
    let mut text = format!("{} {count}{more}\n\n", links.said(Said::SinceTheLast));
    for (kind, count) in kinds {
        text.push_str(&format!("{count} x {}\n", happened(kind, links.language)));
    }
    text.push('\n');
    for event in shown.iter().take(EVENTS_NAMED) {
        let (id, kind, recorded_at) = heading_of(event);
        text.push_str(&format!("{}  {:<18} {id}\n", recorded_at.day(), happened(kind, links.language)));
    }
    if count > EVENTS_NAMED || !is_all {
        text.push_str(&format!("{}\n", links.said(Said::AndMore)));
    }
    text.push_str(&format!("\n{}\n{}/api/v1/events/\n", links.said(Said::EachIsAt), links.origin));
    let subject = format!("{}: {count}{more}", links.said(Said::NewInLedger));
    Letter { subject, text: links.signed(&text) }
}

/// What stands that somebody should see to.
pub(super) fn alerts(alerts: &Alerts, links: &Links) -> Letter {
    let mut text = format!("{}\n", links.said(Said::StandsToday));
    for (title, lines) in alerts.sections() {
        if lines.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{}\n", links.said(title)));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if alerts.is_cut {
        text.push_str(&format!("\n{}\n", links.said(Said::ThereIsMore)));
    }
    let subject = format!("{}: {}", links.said(Said::ToSeeTo), alerts.count());
    Letter { subject, text: links.signed(&text) }
}
