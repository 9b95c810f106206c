//! The policy: one table of role, action and scope, and the one function that reads it.
//!
//! Nothing else in the house names a role. A [`Grant`] and a [`Permit`] are made here only.

mod permit;

pub use permit::{Grant, Permit};

use super::actions::Action;
use super::principal::Principal;
use super::scope::{Bound, Scope};
use crate::core::id::OrganizationId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::MICROSECONDS;
use crate::writer::Actor;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What a user is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Enters offers and allocates; records what happens to goods.
    Officer,
    /// Reads what became of the own gifts.
    Donor,
    /// Reads and verifies; writes nothing.
    Auditor,
    /// Keeps programmes, accepts pledges, decides about losses.
    Manager,
    /// Keeps users, organizations, items and sites; never moves stock.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [Role::Officer, Role::Donor, Role::Auditor, Role::Manager, Role::Admin];

    /// What the first user is: whoever can add the others.
    pub fn first() -> Self {
        Self::Admin
    }

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Donor => "donor",
            Self::Auditor => "auditor",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// How long a user of this role stays logged in, in microseconds: as long as a journey with a field device takes,
    /// or a working day for whoever reads or keeps what is everybody's.
    pub fn session_lifetime(self) -> i64 {
        const HOUR: i64 = 60 * 60 * MICROSECONDS;
        match self {
            Self::Officer | Self::Donor | Self::Manager => 14 * 24 * HOUR,
            Self::Auditor | Self::Admin => 12 * HOUR,
        }
    }

    /// Whether a machine may have this role: it does what it is told and reads, while decisions are people's, and
    /// so is saying who may do what.
    pub fn is_for_machines(self) -> bool {
        match self {
            Self::Officer | Self::Donor | Self::Auditor => true,
            Self::Manager | Self::Admin => false,
        }
    }

    /// The words of all roles a machine may have.
    pub fn words_for_machines() -> Vec<&'static str> {
        Self::ALL.into_iter().filter(|role| role.is_for_machines()).map(Self::word).collect()
    }

    /// Whether bounds bind a user of this role: users, keys and rights, which administrators see to, are nobody's in
    /// particular.
    pub fn may_be_bound(self) -> bool {
        match self {
            Self::Officer | Self::Donor | Self::Auditor | Self::Manager => true,
            Self::Admin => false,
        }
    }

    /// Whether a user of this role must belong to an organization: a donor sees nothing but its own.
    pub fn needs_organization(self) -> bool {
        match self {
            Self::Donor => true,
            Self::Officer | Self::Auditor | Self::Manager | Self::Admin => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// The word in the log for whoever holds the database itself, as when a file is imported at the command line.
/// No user can have it: [`Role::from_word`] does not know it.
pub const OPERATOR: &str = "operator";

/// How far a rule reaches, before it is applied to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everything.
    All,
    /// What is within the caller's organization and countries; everything for a caller who is bound to neither.
    Own,
    /// Everything, for a caller who is bound to no organization and no country: what has no owner, such as a
    /// programme, or cannot be shown in part, such as the log.
    Unbound,
    /// The pledges of the caller's organization and what is traced from them, within the caller's countries.
    OwnPledges,
}

/// Which members an answer has for whom it is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// All of them.
    All,
    /// Of what several share only what is traced from the caller's own pledges: nothing of others, no free words, no
    /// books of ours, and no donor who is not to be named.
    Traced,
}

/// One line of the policy.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Who …
    pub role: Role,
    /// … may do what …
    pub action: Action,
    /// … how far, …
    pub reach: Reach,
    /// … and how much is shown.
    pub fields: Fields,
}

/// The field set of a line: all fields where it names none.
macro_rules! fields {
    () => {
        Fields::All
    };
    ($fields:ident) => {
        Fields::$fields
    };
}

macro_rules! policy {
    ($($role:ident { $($action:ident $reach:ident $($fields:ident)?,)* })*) => {
        /// The table. What is not in it is not allowed.
        pub const POLICY: &[Rule] = &[
            $($(Rule {
                role: Role::$role,
                action: Action::$action,
                reach: Reach::$reach,
                fields: fields!($($fields)?),
            },)*)*
        ];
    };
}

policy! {
    Officer {
        SessionRead All,
        SessionWrite All,
        WebhookWrite All,
        WebhookRead All,
        ImportWrite All,
        ImportRead All,
        ReferenceRead All,
        PersonRead Own,
        PersonWrite Own,
        LotRead All,
        FactsRead All,
        BaselineRead All,
        HeadcountRead Own,
        PledgeOffer Own,
        EarmarkPropose Own,
        PledgeRead Own,
        PledgeNameWrite Own,
        PledgeLinkWrite Own,
        ConsignmentWrite Own,
        ConsignmentRead Own,
        ConsignmentPaperRead Own,
        LoadWrite Own,
        LoadRead Own,
        EventSubmit Own,
        EventPost Own,
        LossPropose Own,
        NeedWrite Own,
        NeedRead Own,
        GapRead Own,
        ClaimRead Own,
        ApprovalRead Own,
        ApprovalWithdraw Own,
        Allocate Own,
        EventRead Own,
        OpenRead Own,
        OpenDismiss Own,
        StockRead Own,
        LotWatch Own,
        CaptureWrite Own,
        CaptureDismiss Own,
        ReadingWrite Own,
        CaptureRead Own,
        ReadingRead Own,
        UnitRead Own,
        TermsWrite Own,
        TermsRead Own,
        CountWrite Own,
        DocumentRead Own,
        NumberRead Own,
        DocumentWrite Own,
        TotalsRead Own,
        ReachRead Own,
        ExportRead Own,
    }
    Donor {
        SessionRead All,
        SessionWrite All,
        WebhookWrite All,
        WebhookRead All,
        ReferenceRead All Traced,
        LotRead OwnPledges Traced,
        PledgeRead OwnPledges Traced,
        ConsignmentRead OwnPledges Traced,
        EventRead OwnPledges Traced,
        DocumentRead OwnPledges Traced,
        TotalsRead OwnPledges Traced,
        ReachRead OwnPledges Traced,
    }
    Auditor {
        SessionRead All,
        SessionWrite All,
        WebhookWrite All,
        WebhookRead All,
        ReferenceRead All,
        PersonRead Own,
        LotRead All,
        FactsRead All,
        BaselineRead All,
        HeadcountRead Own,
        PledgeRead Own,
        ConsignmentRead Own,
        ConsignmentPaperRead Own,
        LoadRead Own,
        EventRead Own,
        NeedRead Own,
        GapRead Own,
        ClaimRead Own,
        OpenRead Own,
        ApprovalRead Own,
        StockRead Own,
        DocumentRead Own,
        NumberRead Own,
        TotalsRead Own,
        ReachRead Own,
        ChangesRead Own,
        ReconciliationRead Own,
        FlagRead Own,
        TraceRead Own,
        ExportRead Own,
        LotWatch Own,
        CaptureRead Own,
        ReadingRead Own,
        UnitRead Own,
        TermsRead Own,
        AuditRead Unbound,
        AccessRead Unbound,
    }
    Manager {
        SessionRead All,
        SessionWrite All,
        WebhookWrite All,
        WebhookRead All,
        ImportWrite All,
        ImportRead All,
        ReferenceRead All,
        PersonRead Own,
        PersonWrite Own,
        PersonErase Own,
        LotRead All,
        FactsRead All,
        ProgrammeWrite Unbound,
        BaselineWrite Unbound,
        BaselineRead All,
        HeadcountRead Own,
        PledgeDecide Own,
        EarmarkPropose Own,
        PledgeRead Own,
        PledgeNameWrite Own,
        PledgeLinkWrite Own,
        ConsignmentRead Own,
        ConsignmentPaperRead Own,
        LoadRead Own,
        EventSubmit Own,
        EventRead Own,
        OpenRead Own,
        OpenDismiss Own,
        LossPropose Own,
        MissingDecide Own,
        NeedWrite Own,
        NeedRead Own,
        GapRead Own,
        GapFill Own,
        UnwantedWrite Unbound,
        ClaimRead Own,
        ClaimWrite Own,
        ApprovalRead Own,
        ApprovalDecide Own,
        ApprovalWithdraw Own,
        Allocate Own,
        StockRead Own,
        DocumentRead Own,
        NumberRead Own,
        DocumentWrite Own,
        AttachmentErase Own,
        TotalsRead Own,
        ReachRead Own,
        ChangesRead Own,
        ReconciliationRead Own,
        FlagRead Own,
        TraceRead Own,
        ExportRead Own,
        LotWatch Own,
        CaptureRead Own,
        CaptureDismiss Own,
        ReadingRead Own,
        UnitRead Own,
        TermsWrite Own,
        TermsRead Own,
    }
    Admin {
        SessionRead All,
        SessionWrite All,
        ImportWrite All,
        ImportRead All,
        ReferenceRead All,
        PersonErase All,
        LotRead All,
        FactsRead All,
        OrganizationWrite All,
        ItemWrite All,
        SiteWrite All,
        BaselineWrite All,
        BaselineRead All,
        HeadcountRead All,
        UserWrite All,
        UserRead All,
        ApiKeyWrite All,
        ApiKeyRead All,
        AccessRead All,
        ApprovalRead All,
        ApprovalDecide All,
        ApprovalWithdraw All,
    }
}

/// The words of the roles that may do something.
pub fn roles_of(action: Action) -> Vec<&'static str> {
    POLICY.iter().filter(|rule| rule.action == action).map(|rule| rule.role.word()).collect()
}

/// Whether whoever acts holds the database itself. What is told there comes out of files and books that somebody
/// answered for elsewhere, and is flagged as imported instead of being asked for twice.
pub fn is_operator(actor: &Actor) -> bool {
    actor.role == OPERATOR
}

/// Whether whoever acts may do something further that only shows when it is decided, as when a reversal turns
/// out to concern a decision.
///
/// # Errors
/// `forbidden` where the role has no such line.
pub fn actor_may(actor: &Actor, action: Action) -> Outcome<()> {
    let role = Role::from_word(&actor.role);
    if is_operator(actor) || POLICY.iter().any(|rule| Some(rule.role) == role && rule.action == action) {
        return Ok(());
    }
    Err(not_for(&actor.role, action))
}

fn not_for(role: &str, action: Action) -> Problem {
    let may: Vec<&str> =
        POLICY.iter().filter(|rule| rule.action == action).map(|rule| rule.role.word()).collect();
    let detail = format!(
        "This needs {}, which the role {role} does not include. It is for: {}.",
        action.word(),
        may.join(", ")
    );
    Problem::new(Code::Forbidden, detail)
}

/// The words of everything a role may do.
pub fn actions_of(role: Role) -> Vec<&'static str> {
    POLICY.iter().filter(|rule| rule.role == role).map(|rule| rule.action.word()).collect()
}

/// What a caller is bound to; `own` says what its organization means here.
fn bounds_of(principal: &Principal, own: fn(OrganizationId) -> Bound) -> Vec<Bound> {
    let countries = Some(principal.countries.clone()).filter(|codes| !codes.is_empty());
    principal.organization.map(own).into_iter().chain(countries.map(Bound::Countries)).collect()
}

/// How far one line of the policy reaches for a caller of its role.
///
/// # Errors
/// `forbidden` where it reaches nothing.
pub fn scope_of(rule: &Rule, principal: &Principal) -> Outcome<Scope> {
    Ok(match rule.reach {
        Reach::All => Scope::everything(),
        Reach::Own => Scope::within(bounds_of(principal, Bound::Organization)),
        Reach::Unbound if !principal.is_bound() => Scope::everything(),
        Reach::Unbound => {
            let detail = format!(
                "This needs {} for all organizations and countries; your account is bound to some. Ask an \
                 administrator.",
                rule.action.word()
            );
            return Err(Problem::new(Code::Forbidden, detail));
        }
        Reach::OwnPledges if principal.organization.is_some() => {
            Scope::within(bounds_of(principal, Bound::OwnPledges))
        }
        Reach::OwnPledges => {
            return Err(Problem::new(
                Code::Forbidden,
                "Your account belongs to no organization, so no pledge is yours. Ask an administrator.",
            ));
        }
    })
}

/// Decides whether a caller may do something, and how far. With
/// [`actor_may`] the only reader of [`POLICY`].
///
/// # Errors
/// `forbidden` where the caller's role has no such line, or reaches nothing.
pub fn authorize(principal: &Arc<Principal>, action: Action) -> Outcome<Grant> {
    let rule = POLICY.iter().find(|rule| rule.role == principal.role && rule.action == action);
    let Some(rule) = rule else {
        return Err(not_for(principal.role.word(), action));
    };
    let scope = scope_of(rule, principal)?;
    Ok(Grant::new(principal, action, scope, rule.fields))
}
