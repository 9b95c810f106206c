//! What may be done, as words and as types; who may do it stands in [`super::policy`].

/// A marker type that names an action in a handler's signature.
pub trait Named: Send + Sync + 'static {
    /// The action it names.
    const ACTION: Action;
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What may be done; every route but the public ones has exactly one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Action] = &[$(Action::$name,)*];

            /// The word used in documentation and messages.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }

        /// The actions as types, for [`Permit`].
        pub mod action {
            use super::{Action, Named};
            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $name;
                impl Named for $name {
                    const ACTION: Action = Action::$name;
                }
            )*
        }
    };
}

actions! {
    /// Read organizations, items, sites and programmes.
    ReferenceRead = "reference.read",
    /// Read the lots of items.
    LotRead = "lot.read",
    /// Read what files say further of organizations, items and sites.
    FactsRead = "facts.read",
    /// Add and change organizations.
    OrganizationWrite = "organization.write",
    /// Add and change items, packs and lots.
    ItemWrite = "item.write",
    /// Add and change sites.
    SiteWrite = "site.write",
    /// Add and change programmes and their reported figures.
    ProgrammeWrite = "programme.write",
    /// State populations, targets, caseloads, rounds and mappings.
    BaselineWrite = "baseline.write",
    /// Read them, as they were known at any time.
    BaselineRead = "baseline.read",
    /// Read how many people others counted.
    HeadcountRead = "headcount.read",
    /// Add and change users.
    UserWrite = "user.write",
    /// Read users.
    UserRead = "user.read",
    /// Read who signs, receives or drives.
    PersonRead = "person.read",
    /// Record and change who signs, receives or drives.
    PersonWrite = "person.write",
    /// Erase people.
    PersonErase = "person.erase",
    /// Enter and withdraw offers.
    PledgeOffer = "pledge.offer",
    /// Accept and decline offers.
    PledgeDecide = "pledge.decide",
    /// Propose that goods of a pledge are meant for another country.
    EarmarkPropose = "earmark.propose",
    /// Read pledges and where their units are.
    PledgeRead = "pledge.read",
    /// Say who may read whose gift a pledge is.
    PledgeNameWrite = "pledge_name.write",
    /// Make and revoke a pledge's private link.
    PledgeLinkWrite = "pledge_link.write",
    /// Open consignments and plan their legs.
    ConsignmentWrite = "consignment.write",
    /// Read consignments.
    ConsignmentRead = "consignment.read",
    /// Print papers about consignments, which say who sends and carries them.
    ConsignmentPaperRead = "consignment_paper.read",
    /// Add and change loads.
    LoadWrite = "load.write",
    /// Read loads.
    LoadRead = "load.read",
    /// Hand in updates at all; each kind is then checked against its own action.
    EventSubmit = "event.submit",
    /// Reserve goods for a consignment and let them go again.
    Allocate = "goods.allocate",
    /// Record what happened to goods.
    EventPost = "event.post",
    /// Read events.
    EventRead = "event.read",
    /// Read what waits, and what corrections found moved on.
    OpenRead = "event_open.read",
    /// Dismiss what was refused after it had waited: one's own, and others' where one decides about goods.
    OpenDismiss = "event_open.dismiss",
    /// Propose that missing goods are lost, or that goods are disposed of.
    LossPropose = "loss.propose",
    /// Decide that missing goods are found or miscounted, and about what others proposed about goods.
    MissingDecide = "missing.decide",
    /// Have another system told of the events one may read, and end that.
    WebhookWrite = "webhook.write",
    /// Read which of one's own systems are told, and how far.
    WebhookRead = "webhook.read",
    /// Read what is proposed and what was decided.
    ApprovalRead = "approval.read",
    /// Decide what others proposed; each kind is then checked against its own action.
    ApprovalDecide = "approval.decide",
    /// State needs, change them and say how they stand.
    NeedWrite = "need.write",
    /// Read needs.
    NeedRead = "need.read",
    /// Say what is not to be sent where, and that it may be again.
    UnwantedWrite = "unwanted.write",
    /// Read what is lacking where.
    GapRead = "gap.read",
    /// Accept proposals of how free goods fill what is lacking.
    GapFill = "gap.fill",
    /// Make claims about losses and disposals, and say how they stand.
    ClaimWrite = "claim.write",
    /// Read claims.
    ClaimRead = "claim.read",
    /// Take an own proposal back.
    ApprovalWithdraw = "approval.withdraw",
    /// Read stock by site.
    StockRead = "stock.read",
    /// Open count sheets, enter figures on them, hand them in and post them.
    CountWrite = "count.write",
    /// Read documents and the photos and scans of them.
    DocumentRead = "document.read",
    /// Read which numbers of a site's documents are used, void or open.
    NumberRead = "number.read",
    /// Upload photos and scans, record documents and give out their numbers.
    DocumentWrite = "document.write",
    /// Erase photos and scans.
    AttachmentErase = "attachment.erase",
    /// Read totals.
    TotalsRead = "totals.read",
    /// Read how many people were reached, and the lines behind it.
    ReachRead = "reach.read",
    /// Read which entries restated a figure.
    ChangesRead = "changes.read",
    /// Read whether it adds up, down to entries.
    ReconciliationRead = "reconciliation.read",
    /// Read red flags.
    FlagRead = "flag.read",
    /// Trace lots: where they are, whom they reached, and where they came from.
    TraceRead = "trace.read",
    /// Take figures away as files, and read which were taken.
    ExportRead = "export.read",
    /// Send files to be imported; what each states is then checked against its own action.
    ImportWrite = "import.write",
    /// Read what became of one's own, and take templates.
    ImportRead = "import.read",
    /// Say what is agreed and asked for around consignments: green light, customs, freight, packages.
    TermsWrite = "terms.write",
    /// Read it.
    TermsRead = "terms.read",
    /// Read which handling units are where, and what they hold.
    UnitRead = "unit.read",
    /// Send what loggers recorded.
    ReadingWrite = "reading.write",
    /// Send events of another system, and say which consignment those that wait are about.
    CaptureWrite = "capture.write",
    /// Dismiss events of another system that wait.
    CaptureDismiss = "capture.dismiss",
    /// Read what other systems sent.
    CaptureRead = "capture.read",
    /// Read what loggers recorded.
    ReadingRead = "reading.read",
    /// Read which lots expire and which are under recall, with where they are.
    LotWatch = "lot_watch.read",
    /// Read and verify the log.
    AuditRead = "audit.read",
    /// Read who one is logged in as, and one's own sessions.
    SessionRead = "session.read",
    /// End one's own sessions and change one's own password.
    SessionWrite = "session.write",
    /// Make and revoke keys of machines.
    ApiKeyWrite = "api_key.write",
    /// Read which keys there are.
    ApiKeyRead = "api_key.read",
    /// Read who had which rights when.
    AccessRead = "access.read",
}
