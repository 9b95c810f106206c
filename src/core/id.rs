//! Identifiers: one type per thing, so that a site can never be passed where an item is meant.
//!
//! All are UUIDs. Clients and the server make version 7 (time ordered); what the ledger derives from a
//! client's update (an inferred departure, a surplus line) gets a version 8 made from a digest, so that
//! the same update always derives the same identifier.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// What all identifier types have in common.
pub trait Identifier: Copy + Ord + std::hash::Hash + fmt::Debug {
    /// The UUID inside.
    fn uuid(self) -> Uuid;
    /// Wraps a UUID of any version.
    fn from_uuid(uuid: Uuid) -> Self;
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(pub Uuid);

        impl Identifier for $name {
            fn uuid(self) -> Uuid {
                self.0
            }
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

/// Has a macro say what it says of each type of identifier: this is the one list of them.
macro_rules! each_identifier {
    ($then:ident) => {
        $then! {
            /// A user who can log in.
            UserId,
            /// A login and everything done under it.
            SessionId,
            /// What continues a session: the part of its secret by which it is found.
            SessionSecretId,
            /// A one-time link by which a person sets a password.
            InvitationId,
            /// A change of what a user may do.
            AccessChangeId,
            /// A machine's key; the same UUID as the machine's among the users.
            ApiKeyId,
            /// Whom an outside issuer means by a subject.
            OutsideIdentityId,
            /// An organization: donor, consignor, consignee, carrier or partner, or several at once.
            OrganizationId,
            /// An item of the catalogue.
            ItemId,
            /// A pack of an item.
            PackId,
            /// A lot of an item. Goods whose lot is not known carry the item's own UUID as their lot.
            LotId,
            /// A person who signs, receives, drives or is asked.
            PersonId,
            /// A place where goods can be.
            SiteId,
            /// A programme.
            ProgrammeId,
            /// A figure others reported about a programme.
            ReportedFigureId,
            /// A pledge.
            PledgeId,
            /// One line of a pledge: the unit of donor lineage.
            PledgeLineId,
            /// A consignment.
            ConsignmentId,
            /// One leg of a consignment's journey.
            LegId,
            /// A vehicle, container or flight on a leg.
            LoadId,
            /// A recorded event.
            EventId,
            /// What one person proposed and another decides; for an event, the event's own identifier.
            ApprovalId,
            /// What is claimed from somebody for a loss or a disposal.
            ClaimId,
            /// A state of a claim.
            ClaimChangeId,
            /// A photo or scan, by owner and content.
            AttachmentId,
            /// A document record.
            DocumentId,
            /// A row that belongs to a document: an event it is about, an attachment, a signatory.
            DocumentPartId,
            /// The counter of a kind of document at a site in a year.
            NumberSeriesId,
            /// Numbers given out together.
            NumberBlockId,
            /// A number that was used or voided.
            NumberId,
            /// That a hand-over is verified by something.
            VerificationId,
            /// A sheet on which a site is counted.
            CountSheetId,
            /// A line of a count sheet.
            CountLineId,
            /// What was stated of an item's standard.
            StandardId,
            /// What was stated of where a site is.
            SitePlaceId,
            /// What was stated of a leg.
            LegPlanId,
            /// One statement of what people are counted against.
            BaselineId,
            /// What such statements are about: the same for all that replace each other.
            BaselineKey,
            /// Statements that were made together.
            BaselineBatchId,
            /// Whom a line of a distribution reached.
            ReachedLineId,
            /// What is needed where by when.
            NeedId,
            /// What was stated of a need from an entry of the log on.
            NeedVersionId,
            /// How much of some goods is meant for a need, from an entry of the log on.
            NeedMatchId,
            /// What is not to be sent somewhere.
            UnwantedId,
            /// That something is not to be sent, or may be again.
            UnwantedVersionId,
            /// Figures that were taken away as a file.
            ExportId,
            /// Who is told of events at an address on the network.
            WebhookId,
            /// Somebody who is written to.
            MailingId,
            /// Who is told, however: how far each was told.
            OutletId,
            /// Something that was not taken when it was told.
            LetterId,
            /// What is stated about a consignment, from an entry of the log on.
            ConsignmentTermId,
            /// That a country asks for a paper, from an entry of the log on.
            CustomsRequirementId,
            /// What a load can carry, from an entry of the log on.
            LoadLimitId,
            /// A kit that is packed here.
            KitId,
            /// A version of a kit's recipe.
            KitRecipeId,
            /// A component of such a version.
            KitComponentId,
            /// A packed kit.
            HandlingUnitId,
            /// What a unit was packed with, of one pledge line and lot.
            UnitContentId,
            /// A file of readings of one logger.
            LoggerFileId,
            /// What is watched by which logger: the same for all its files.
            LoggerWatchId,
            /// A document of events that another system sent.
            CaptureId,
            /// An event of such a document.
            CapturedEventId,
            /// Which storage classes a site can keep, from an entry of the log on.
            SiteStorageId,
            /// A file that is imported beside everything else.
            ImportJobId,
            /// What became of a row of it.
            ImportRowId,
            /// A part of it.
            ImportPartId,
            /// A one-time link by which a consignee confirms receipt.
            ReceiptLinkId,
            /// Who or what the vault keeps a key for: a person, a user or an attachment, by its own identifier.
            SealedId,
            /// Any record that further facts are kept of: its own identifier, whatever it is.
            SubjectId,
        }
    };
}
pub(crate) use each_identifier;

each_identifier!(identifiers);

impl LotId {
    /// The lot of goods whose lot is not known: the item itself.
    pub fn unknown(item: ItemId) -> Self {
        Self(item.0)
    }

    /// Whether this is the unknown lot of `item`.
    pub fn is_unknown_of(self, item: ItemId) -> bool {
        self.0 == item.0
    }
}

/// Derives an identifier from another one and a purpose, always the same for the same input.
pub fn derived<T: Identifier>(parent: Uuid, purpose: &str, ordinal: u64) -> T {
    let mut hasher = Sha256::new();
    hasher.update(b"relief-ledger derived id\0");
    hasher.update(parent.as_bytes());
    hasher.update(purpose.as_bytes());
    hasher.update(ordinal.to_be_bytes());
    let digest = hasher.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    T::from_uuid(Uuid::from_bytes(bytes))
}
