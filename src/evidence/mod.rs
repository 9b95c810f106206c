//! Whether a hand-over is verified or only reported, and by what.
//!
//! Goods are handed over by three kinds of event: received at the end of a leg, delivered out of storage, and
//! distributed to people. One that somebody merely posted is *reported*. It is *verified* while signed paper about it is
//! on record, or where the receiver itself posted it. From when on that held, by which document, and when it ended is
//! kept in rows that are never removed, so that what was verified at any past time can still be asked.
//!
//! Erasing a scan ends nothing: the paper was seen, its hash, number and filing place are on record. Voiding the
//! document does, and so does a correction of the event, which states figures nobody has signed. Never here: which paper
//! proves what; this room does not know documents.

pub mod rules;
mod store;

pub use store::{
    Evidence, EvidenceView, How, TracedEvidence, Verification, end_where, evidence_in, evidence_of, verify,
};
