//! All kinds of event, and how a command is read.

use super::correct::Corrected;
use super::named::{Named, Names, Naming as _};
use super::reverse::Reversed;
use super::words::check_words;
use crate::auth::Action;
use crate::consignments::{
    Allocated, Arrived, Cancelled, CustomsHeld, Departed, Diverted, Packed, Received, Released, Split,
};
use crate::core::check::quoted;
use crate::core::id::{EventId, HandlingUnitId};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::time::{Precision, Timestamp};
use crate::distributions::{Delivered, Distributed};
use crate::kits::{KitPacked, KitUnpacked};
use crate::ledger::origin::{FROM_PAPER, FromPaper};
use crate::pledges::{Collected, EarmarkChanged, PledgeAccepted, PledgeDeclined, PledgeWithdrawn};
use crate::stock::{
    ConditionChanged, Counted, Disposed, MissingDecided, MissingReported, Moved, Relotted, Returned, Stored,
};
use crate::web::{field_refusal, pointer};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema as _, ToSchema as _};

/// How far an event changes what was ever delivered, as its kind decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// It grows and falls with what the event brings to delivered goods and takes from them.
    Follows,
    /// It stays: goods that come back, end or get lost were delivered all the same.
    Stays,
    /// As the event that this one restates.
    AsRestated,
}

impl Deployed {
    /// Whether it follows; `None` where that is decided by the event restated.
    pub fn decided(self) -> Option<bool> {
        match self {
            Self::Follows => Some(true),
            Self::Stays => Some(false),
            Self::AsRestated => None,
        }
    }
}

/// What an event changes besides the ledger. Each kind says so where it is named, so that a reversal cannot
/// forget one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing: postings and statements are all of it.
    Nothing,
    /// The state of a pledge, and how much of its lines is accepted.
    PledgeDecided,
    /// The same where the pledge is opening stock, which is accepted by being collected.
    Collection,
    /// Which consent goods of a pledge are meant for another country by.
    Earmark,
    /// A leg has left.
    SentOff,
    /// The receipt of a leg is closed.
    ReceiptClosed,
    /// Legs are replaced, and the new ones have left.
    Diversion,
    /// A consignment is cancelled.
    Cancellation,
    /// A lot is recalled.
    RecallBegun,
    /// A recall ends.
    RecallEnded,
    /// Handling units are packed.
    UnitsPacked,
    /// Handling units are unpacked.
    UnitsUnpacked,
    /// Handling units, where any are named, stand at another site.
    UnitsMoved,
    /// Handling units, where any are named, go with a consignment.
    UnitsReserved,
    /// Handling units, where any are named, go with no consignment any more.
    UnitsReleased,
    /// A leg has left with a part, and with the handling units that are named.
    SplitOff,
    /// Whether the receipt of a leg is closed, where it corrects one.
    Correction,
}

/// When somebody else must approve an event before it counts. What is told at the command line is exempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// Never: it states what somebody saw, or is itself a decision of who may decide.
    Never,
    /// Always: with it goods are given up for good, or a donor's word is changed.
    Always,
    /// Where a count differs by more than the limit.
    Count,
    /// Where a correction moves more than the limit, or restates what always needs a second person.
    Correction,
    /// The same for a reversal.
    Reversal,
}

/// Schemas with what each is called.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $variant:ident($body:ty) = $word:literal by $action:ident, $deployed:ident, $beside:ident, $second:ident;
    )*) => {
        /// What happened, with its details.
        #[derive(Clone, Debug)]
        pub enum Kind { $($(#[$doc])* $variant(Box<$body>),)* }

        impl Kind {
            /// The word for this kind on the wire.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$variant(_) => $word,)* }
            }

            /// Every word.
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// What a caller must be allowed to do to post this kind. Whoever corrects or reverses must
            /// besides be allowed what [`Kind::restated_by`] says; see `PostEvent`.
            pub fn action(&self) -> Action {
                match self { $(Self::$variant(_) => Action::$action,)* }
            }

            /// The same for the word of a kind, as an event on record has it.
            pub fn action_of(word: &str) -> Option<Action> {
                match word { $($word => Some(Action::$action),)* _ => None }
            }

            /// Every action that some kind asks for.
            pub const ACTIONS: &'static [Action] = &[$(Action::$action,)*];

            /// How far this kind changes what was ever delivered.
            pub fn deployed(&self) -> Deployed {
                match self { $(Self::$variant(_) => Deployed::$deployed,)* }
            }

            /// The same for the word of a kind, as an event on record has it.
            pub fn deployed_by(word: &str) -> Option<Deployed> {
                match word { $($word => Some(Deployed::$deployed),)* _ => None }
            }

            /// What events of a kind change besides the ledger, by the kind's word: what a reversal must put back.
            pub fn beside(word: &str) -> Option<Beside> {
                match word { $($word => Some(Beside::$beside),)* _ => None }
            }

            /// Every identifier among the members of its kind.
            pub fn names(&self) -> Vec<Named> {
                let mut names = Names::default();
                match self { $(Self::$variant(body) => body.name(&mut names),)* }
                names.0
            }

            /// The schema of each kind's members, by its word, and those they refer to, by their names.
            pub fn schemas() -> (Schemas, Schemas) {
                let mut named = Vec::new();
                $(<$body>::schemas(&mut named);)*
                (vec![$(($word.to_owned(), <$body>::schema()),)*], named)
            }

            /// When somebody else must approve this kind.
            pub fn second(&self) -> Second {
                match self { $(Self::$variant(_) => Second::$second,)* }
            }

            /// The same for the word of a kind, as an event on record has it.
            pub fn second_of(word: &str) -> Option<Second> {
                match word { $($word => Some(Second::$second),)* _ => None }
            }

            /// The details as they stand in a command.
            fn details(&self) -> serde_json::Result<Value> {
                match self { $(Self::$variant(body) => serde_json::to_value(body),)* }
            }

            fn read(word: &str, details: Value) -> Result<Self, Problem> {
                match word {
                    $($word => read::<$body>(details).map(|body| Self::$variant(Box::new(body))),)*
                    other => Err(Problem::field(
                        "/kind",
                        format!("{} is no kind of event; known are: {}", quoted(other), Self::WORDS.join(", ")),
                    )
                    .coded(Fault::NotAChoice)),
                }
            }
        }
    };
}

// Each kind: its body, its word, what its poster must be allowed, how what was ever delivered changes with it,
// what it changes besides the ledger, and when somebody else must approve it.
kinds! {
    /// A pledge is accepted, in whole or part.
    PledgeAccepted(PledgeAccepted) = "pledge_accepted" by PledgeDecide, Follows, PledgeDecided, Never;
    /// A pledge is declined.
    PledgeDeclined(PledgeDeclined) = "pledge_declined" by PledgeDecide, Follows, PledgeDecided, Never;
    /// A pledge is withdrawn as far as it is still with the donor.
    PledgeWithdrawn(PledgeWithdrawn) = "pledge_withdrawn" by PledgeOffer, Follows, PledgeDecided, Never;
    /// Free goods of a pledge line are meant for another country, with the donor's consent.
    EarmarkChanged(EarmarkChanged) = "earmark_changed" by EarmarkPropose, Stays, Earmark, Always;
    /// Goods of a pledge come into a warehouse.
    Collected(Collected) = "collected" by EventPost, Follows, Collection, Never;
    /// Goods are reserved for a consignment.
    Allocated(Allocated) = "allocated" by Allocate, Follows, UnitsReserved, Never;
    /// Reserved goods are free again.
    Released(Released) = "released" by Allocate, Follows, UnitsReleased, Never;
    /// Reserved goods are packed and their lots named.
    Packed(Packed) = "packed" by EventPost, Follows, Nothing, Never;
    /// A part of a consignment gets its own way.
    Split(Split) = "split" by EventPost, Follows, SplitOff, Never;
    /// A leg departs.
    Departed(Departed) = "departed" by EventPost, Follows, SentOff, Never;
    /// A leg arrives.
    Arrived(Arrived) = "arrived" by EventPost, Follows, Nothing, Never;
    /// Customs holds goods.
    CustomsHeld(CustomsHeld) = "customs_held" by EventPost, Follows, Nothing, Never;
    /// Customs releases goods.
    CustomsReleased(CustomsHeld) = "customs_released" by EventPost, Follows, Nothing, Never;
    /// Goods are received at the end of a leg.
    Received(Received) = "received" by EventPost, Follows, ReceiptClosed, Never;
    /// A leg under way goes elsewhere.
    Diverted(Diverted) = "diverted" by EventPost, Follows, Diversion, Never;
    /// A consignment is cancelled.
    Cancelled(Cancelled) = "cancelled" by EventPost, Follows, Cancellation, Never;
    /// Goods are put away.
    Stored(Stored) = "stored" by EventPost, Follows, Nothing, Never;
    /// Components are packed into handling units.
    KitPacked(KitPacked) = "kit_packed" by EventPost, Follows, UnitsPacked, Never;
    /// Handling units are unpacked.
    KitUnpacked(KitUnpacked) = "kit_unpacked" by EventPost, Follows, UnitsUnpacked, Never;
    /// Goods move between sites.
    Moved(Moved) = "moved" by EventPost, Follows, UnitsMoved, Never;
    /// Free stock is counted.
    Counted(Counted) = "counted" by EventPost, Follows, Nothing, Count;
    /// Goods in storage are handed to a consignee.
    Delivered(Delivered) = "delivered" by EventPost, Follows, Nothing, Never;
    /// Goods are handed over to people.
    Distributed(Distributed) = "distributed" by EventPost, Follows, Nothing, Never;
    /// Goods are damaged.
    Damaged(ConditionChanged) = "damaged" by EventPost, Follows, Nothing, Never;
    /// Goods are held, or a lot is recalled.
    Held(ConditionChanged) = "held" by EventPost, Follows, RecallBegun, Never;
    /// Goods are released from hold, or a recall ends.
    ReleasedFromHold(ConditionChanged) = "released_from_hold" by EventPost, Follows, RecallEnded, Never;
    /// Goods turn out to be of another lot.
    Relotted(Relotted) = "relotted" by EventPost, Follows, Nothing, Never;
    /// Goods are not where they should be.
    ReportedMissing(MissingReported) = "reported_missing" by EventPost, Stays, Nothing, Never;
    /// Missing goods turned up.
    Found(MissingDecided) = "found" by MissingDecide, Follows, Nothing, Never;
    /// Missing goods never left.
    Miscounted(MissingDecided) = "miscounted" by MissingDecide, Stays, Nothing, Never;
    /// Missing goods are lost.
    Lost(MissingDecided) = "lost" by LossPropose, Stays, Nothing, Always;
    /// Goods are destroyed or otherwise disposed of.
    Disposed(Disposed) = "disposed" by LossPropose, Stays, Nothing, Always;
    /// Goods are back with their donor.
    Returned(Returned) = "returned" by EventPost, Stays, Nothing, Never;
    /// An earlier event had the wrong figures.
    Corrected(Corrected) = "corrected" by EventSubmit, AsRestated, Correction, Correction;
    /// An earlier event never happened.
    Reversed(Reversed) = "reversed" by EventSubmit, AsRestated, Nothing, Reversal;
}

impl Kind {
    /// What whoever corrects or reverses an event of a kind must be allowed, by the kind's word: what posting it
    /// needs, and where others decide about it, to be one of those.
    pub fn restated_by(word: &str) -> Option<Action> {
        match Self::second_of(word)? {
            Second::Always => Some(Action::MissingDecide),
            Second::Never | Second::Count | Second::Correction | Second::Reversal => Self::action_of(word),
        }
    }

    /// Whether what was ever delivered follows events of a kind, by its word; `None` where the event restated
    /// decides, or the word is no kind's.
    pub fn is_deploying(word: &str) -> Option<bool> {
        Self::deployed_by(word).and_then(Deployed::decided)
    }

    /// The handling units it brings from one place to another.
    pub fn units(&self) -> &[HandlingUnitId] {
        if let Self::Moved(body) = self {
            return &body.units;
        }
        if let Self::Released(body) = self {
            return &body.units;
        }
        if let Self::Allocated(body) = self { &body.units } else { &[] }
    }

    /// The earlier event this one is about, where it corrects or reverses.
    pub fn about(&self) -> Option<EventId> {
        if let Self::Corrected(body) = self {
            return Some(body.event);
        }
        if let Self::Reversed(body) = self { Some(body.event) } else { None }
    }
}

/// An event as a client posts it.
#[derive(Clone, Debug)]
pub struct Command {
    /// Made by the client (UUIDv7); makes the event count once.
    pub id: EventId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// How exactly that is known.
    pub precision: Precision,
    /// What happened.
    pub kind: Kind,
    /// The reason given, for the log.
    pub reason: Option<String>,
    /// The paper of somebody else it was entered from.
    pub from_paper: Option<FromPaper>,
    /// The command as canonical text: what makes two posts the same.
    pub text: String,
    /// What is refused of it as a client's, unless it was recorded before: what an earlier release took and today's
    /// refuses is answered with its first result when it is sent again.
    pub fault: Option<Box<Problem>>,
}

/// Members every event has beside those of its kind.
pub const COMMON: [&str; 5] = ["id", "kind", "occurred_at", "precision", FROM_PAPER];

impl Command {
    /// Reads a command as a client sends it; every problem names its field.
    ///
    /// # Errors
    /// `invalid` or `malformed`.
    pub fn read(value: Value) -> Result<Self, Problem> {
        let command = Self::read_out_of_a_file(value)?;
        let fault = check_version(command.id).err().map(Box::new);
        Ok(Self { fault: fault.or(command.fault), ..command })
    }

    /// The same out of a file, where its identifier is derived from what its row is called.
    ///
    /// # Errors
    /// As [`Command::read`].
    pub fn read_out_of_a_file(value: Value) -> Result<Self, Problem> {
        let words = check_words(&value);
        let command = Self::read_recorded(value)?;
        let fault = words
            .and_then(|()| command.check_precision())
            .and_then(|()| command.check_paper())
            .and_then(|()| command.check_sheet())
            .err();
        Ok(Self { fault: fault.map(Box::new), ..command })
    }

    fn check_precision(&self) -> Result<(), Problem> {
        if self.precision == Precision::Inferred {
            let words = "\"inferred\" is ours to say; write minute, day or month";
            return Err(Problem::field("/precision", words).coded(Fault::NotAllowed));
        }
        Ok(())
    }

    /// Only what is posted from a sheet or a logger's file says so: then its figures are theirs.
    fn check_sheet(&self) -> Result<(), Problem> {
        if let Kind::Counted(body) = &self.kind
            && body.sheet.is_some()
        {
            let words = "is ours to say; post the count sheet itself, or leave this out";
            return Err(Problem::field("/sheet", words).coded(Fault::NotAllowed));
        }
        if let Kind::Damaged(body) | Kind::Held(body) | Kind::ReleasedFromHold(body) = &self.kind
            && body.logger_file.is_some()
        {
            let words = "is ours to say; send the logger's file itself, or leave this out";
            return Err(Problem::field("/logger_file", words).coded(Fault::NotAllowed));
        }
        // The right figures of an event are no sheet's and no logger's either.
        if let Kind::Corrected(body) = &self.kind {
            let said = |name: &&&str| body.right.get(**name).is_some_and(|value| !value.is_null());
            if let Some(name) = ["logger_file", "sheet"].iter().find(said) {
                let words = "is ours to say; state the right figures, and leave this out";
                return Err(Problem::field(format!("/right/{name}"), words).coded(Fault::NotAllowed));
            }
        }
        Ok(())
    }

    fn check_paper(&self) -> Result<(), Problem> {
        match &self.from_paper {
            Some(paper) if paper.number.trim().is_empty() => {
                let words = "is empty; write the number of the paper this was entered from";
                Err(Problem::field("/from_paper/number", words).coded(Fault::Required))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Reads a command that was acknowledged before, be it a client's or one of our own
    /// ([`Command::made_here`]).
    ///
    /// # Errors
    /// `invalid` or `malformed`.
    pub fn read_recorded(value: Value) -> Result<Self, Problem> {
        let Value::Object(mut members) = value else {
            return Err(Problem::new(Code::Malformed, "An event is a JSON object.").at(""));
        };
        let text = canonical(&members);
        let id: EventId = take(&mut members, "id")?.ok_or_else(|| missing("id", "a UUIDv7 made by you"))?;
        let word: String = take(&mut members, "kind")?.ok_or_else(|| missing("kind", "what happened"))?;
        let occurred_at: Timestamp =
            take(&mut members, "occurred_at")?.ok_or_else(|| missing("occurred_at", "when it happened"))?;
        let precision: Precision = take(&mut members, "precision")?.unwrap_or(Precision::Minute);
        let reason = members.get("reason").and_then(Value::as_str).map(str::to_owned);
        let from_paper: Option<FromPaper> = take(&mut members, FROM_PAPER)?;
        let kind = Kind::read(&word, Value::Object(members))?;
        Ok(Self { id, occurred_at, precision, kind, reason, from_paper, text, fault: None })
    }

    /// An event this program makes itself, as out of a file: its id is derived, so that making it again
    /// counts once, and its time may be inferred.
    ///
    /// # Errors
    /// `internal` where the details cannot be written.
    pub fn made_here(
        id: EventId,
        occurred_at: Timestamp,
        precision: Precision,
        kind: Kind,
    ) -> Result<Self, Problem> {
        let written = kind.details().map_err(|error| Problem::internal(error.to_string()))?;
        let Value::Object(mut members) = written else {
            return Err(Problem::internal("the details of an event are no object"));
        };
        members.retain(|_, value| !value.is_null());
        let reason = members.get("reason").and_then(Value::as_str).map(str::to_owned);
        members.insert("id".to_owned(), id.to_string().into());
        members.insert("kind".to_owned(), kind.word().into());
        members.insert("occurred_at".to_owned(), occurred_at.to_string().into());
        members.insert("precision".to_owned(), precision.word().into());
        let text = canonical(&members);
        Ok(Self { id, occurred_at, precision, kind, reason, from_paper: None, text, fault: None })
    }

    /// Reads details of the same kind as this command's, for a correction.
    ///
    /// # Errors
    /// `invalid`.
    pub fn read_details(word: &str, mut details: Map<String, Value>) -> Result<Kind, Problem> {
        for common in COMMON {
            details.remove(common);
        }
        Kind::read(word, Value::Object(details))
    }
}

/// The members in the order of their names: serde_json keeps maps sorted, so this is one text for one
/// meaning, whatever order a client writes.
fn canonical(members: &Map<String, Value>) -> String {
    serde_json::to_string(members).unwrap_or_default()
}

fn check_version(id: EventId) -> Result<(), Problem> {
    if id.0.get_version_num() == 7 {
        return Ok(());
    }
    Err(Problem::field("/id", format!("{id} is not a UUID of version 7; make a new one for each event"))
        .coded(Fault::NotAnIdentifier))
}

fn missing(field: &str, what: &str) -> Problem {
    Problem::field(format!("/{field}"), format!("is missing; say {what}")).coded(Fault::Required)
}

fn take<T: DeserializeOwned>(members: &mut Map<String, Value>, field: &str) -> Result<Option<T>, Problem> {
    match members.remove(field) {
        None => Ok(None),
        Some(value) => serde_json::from_value(value)
            .map(Some)
            .map_err(|error| field_refusal(&format!("/{field}"), &error.to_string())),
    }
}

fn read<T: DeserializeOwned>(details: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(details)
        .map_err(|error| field_refusal(&pointer(error.path()), &error.inner().to_string()))
}
