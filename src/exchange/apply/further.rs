//! The further facts of a plan: what its file says of organizations, sites, items and lines beyond their columns.
//! Those of pledges and consignments are words of their notes and stand there.

use super::{Application, refused};
use crate::core::id::{Identifier, PledgeLineId, SubjectId};
use crate::core::problem::Outcome;
use crate::exchange::plan::Attributes;
use crate::exchange::references::{ItemAt, OrganizationAt, PledgeAt, PledgeLineAt, RecordAt, SiteAt};
use crate::exchange::verdict::RecordOutcome;
use crate::facts::{FactsNote, SubjectKind};
use std::sync::Arc;

/// Records whose facts share an entry of the log: their words are short, and an entry for each line of a large
/// file would cost as much as the lines.
const RECORDS_PER_NOTE: usize = 100;

/// A record with facts: where it stands in the plan, and which one it is.
type Described<'a> = (RecordAt, SubjectId, &'a Attributes);

impl Application<'_> {
    pub(super) fn note_catalogue_facts(&mut self) -> Outcome<()> {
        let plan = self.plan;
        let known = plan.organizations.iter().zip(&self.organizations).enumerate();
        let described = known.filter_map(|(place, (organization, id))| {
            let record = RecordAt::Organization(OrganizationAt(place));
            Some((record, SubjectId(id.as_ref()?.uuid()), &organization.attributes))
        });
        let organizations = described.collect();
        let known = plan.sites.iter().zip(&self.sites).enumerate();
        let described = known.filter_map(|(place, (site, id))| {
            Some((RecordAt::Site(SiteAt(place)), SubjectId(id.as_ref()?.uuid()), &site.attributes))
        });
        let sites = described.collect();
        let known = plan.items.iter().zip(&self.items).enumerate();
        let described = known.filter_map(|(place, (item, id))| {
            Some((RecordAt::Item(ItemAt(place)), SubjectId(id.as_ref()?.uuid()), &item.attributes))
        });
        let items = described.collect();
        self.note_facts(SubjectKind::Organization, organizations)?;
        self.note_facts(SubjectKind::Site, sites)?;
        self.note_facts(SubjectKind::Item, items)
    }

    pub(super) fn note_line_facts(&mut self) -> Outcome<()> {
        let mut described = Vec::new();
        for (place, pledge) in self.plan.pledges.iter().enumerate() {
            let at = PledgeAt(place);
            for (line, planned) in pledge.lines.iter().enumerate() {
                let record = RecordAt::PledgeLine(PledgeLineAt { pledge: at, line });
                if self.verdicts.is_settled(record) {
                    let id: PledgeLineId = self.names.id("pledge line", &planned.reference);
                    described.push((record, SubjectId(id.uuid()), &planned.attributes));
                }
            }
        }
        self.note_facts(SubjectKind::PledgeLine, described)
    }

    fn note_facts(&mut self, kind: SubjectKind, mut described: Vec<Described<'_>>) -> Outcome<()> {
        described.retain(|(_, _, attributes)| !attributes.is_empty());
        let notes = described.chunks(RECORDS_PER_NOTE).map(|chunk| FactsNote {
            actor: Arc::clone(&self.actor),
            kind,
            facts: chunk.iter().map(|(_, subject, facts)| (*subject, (*facts).clone())).collect(),
        });
        let notes = notes.collect();
        let answers = self.recorder.record_all(notes, &mut |_| {})?;
        for (chunk, answer) in described.chunks(RECORDS_PER_NOTE).zip(answers) {
            match answer {
                Ok(recorded) => {
                    for ((record, _, _), _) in
                        chunk.iter().zip(recorded.answer).filter(|(_, changed)| *changed)
                    {
                        self.verdicts.record_if_unchanged(*record, RecordOutcome::Updated);
                    }
                }
                Err(problem) => {
                    for (record, _, _) in chunk {
                        self.verdicts.record(*record, refused(&problem));
                    }
                }
            }
        }
        Ok(())
    }
}
