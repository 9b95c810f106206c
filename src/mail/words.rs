//! What messages say: plain text, in short lines, with the links that end it.

use super::alerts::Alerts;
use crate::events::{EventShown, heading_of};
use crate::tracking::TrackingView;
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

/// Where links lead: this server as browsers call it, and the page of one mailing.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub(super) origin: String,
    pub(super) page: String,
}

impl Links {
    fn signed(&self, text: &str) -> String {
        format!(
            "{text}\n-- \nYou get this because somebody who reads this mailbox asked for it.\nEnd it: {}\n",
            self.page
        )
    }
}

/// The question whether somebody wants mail. It says nothing of goods: whoever asked may be another.
pub(super) fn question(links: &Links) -> Letter {
    let text = format!(
        "Somebody, probably you, asked {} to write to this address about relief goods.\n\nIf you want that, open this page and \
         say yes:\n{}\n\nIf you do nothing, nothing more is sent, and the address is forgotten in two days.\n",
        links.origin, links.page
    );
    Letter { subject: "Do you want to be written to?".to_owned(), text }
}

/// How the goods under a tracking code get on: what everybody may read who has it.
pub(super) fn news(view: &TrackingView, links: &Links) -> Letter {
    let mut text = format!("{}: {}\n\n", view.code, view.sentence);
    if view.synthetic {
        text.push_str("These goods are made up for demonstration.\n\n");
    }
    for event in view.timeline.iter().take(TIMELINE_NAMED) {
        let place = event.country.as_deref().map(|country| format!(", {country}")).unwrap_or_default();
        text.push_str(&format!("{}  {}{place}\n", event.occurred_at.day(), event.kind.replace('_', " ")));
    }
    let subject = format!("{}: {}", view.code, view.sentence);
    Letter { subject, text: links.signed(&text) }
}

/// What was recorded since the last, as far as its reader may read.
pub(super) fn digest(shown: &[EventShown], is_all: bool, links: &Links) -> Letter {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for event in shown {
        *kinds.entry(heading_of(event).1).or_default() += 1;
    }
    let more = if is_all { "" } else { " at least" };
    let count = shown.len();
    let mut text =
        format!("Since the last message{more} {count} things were recorded that you may read.\n\n");
    for (kind, count) in kinds {
        text.push_str(&format!("{count} x {}\n", kind.replace('_', " ")));
    }
    text.push('\n');
    for event in shown.iter().take(EVENTS_NAMED) {
        let (id, kind, recorded_at) = heading_of(event);
        text.push_str(&format!("{}  {:<18} {id}\n", recorded_at.day(), kind.replace('_', " ")));
    }
    if count > EVENTS_NAMED || !is_all {
        text.push_str("and more, which the list of events has.\n");
    }
    text.push_str(&format!("\nEach is at {}/api/v1/events/ and its identifier.\n", links.origin));
    Letter { subject: format!("{count} things were recorded"), text: links.signed(&text) }
}

/// What stands that somebody should see to.
pub(super) fn alerts(alerts: &Alerts, links: &Links) -> Letter {
    let mut text = String::from("This stands today and is other than in the message before.\n");
    for (title, lines) in alerts.sections() {
        if lines.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{title}\n"));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if alerts.is_cut {
        text.push_str("\nThere is more; the lists at the server have all of it.\n");
    }
    let subject = format!("{} things to see to", alerts.count());
    Letter { subject, text: links.signed(&text) }
}
