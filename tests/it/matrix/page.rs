//! `docs/access-matrix.md`, written from the declared routes, the policy and the table of calls.

use relief_ledger::auth::{Fields, POLICY, Principal, Reach, Role, scope_of};
use relief_ledger::core::id::{OrganizationId, UserId};
use relief_ledger::web::Access;
use uuid::Uuid;

use super::calls::{About, CALLS, Call};
use super::policy::Declared;
use super::seats::BINDINGS;

const BEFORE: &str = "# Who may do what

Written from the code by `RELIEF_WRITE_MATRIX=1 cargo test matrix`; a test keeps this page equal to it, and asks a running
server for every cell on both databases: every operation × a stranger, somebody disabled and every role under every
binding × the own, the own organisation's, another's and what is missing × single, batch and export.

What a stranger or somebody disabled asks for is answered 401 wherever a role is needed, and what a role does not include
403. What is out of reach is answered exactly as what is missing. In a list, a batch or a total it is not there.

## Operations

`all` reaches everything. `own` reaches what is within the user's organization and countries, and everything for whoever is
bound to neither. `unbound` is for whoever is bound to neither. `own pledges` reaches the pledges of the user's organization
and what is traced from them. *Traced* answers have the members a donor may read. *Fields* says that what is out of reach
is a field that is not valid, as what does not exist is.
";

fn word(reach: Reach) -> &'static str {
    match reach {
        Reach::All => "all",
        Reach::Own => "own",
        Reach::Unbound => "unbound",
        Reach::OwnPledges => "own pledges",
    }
}

fn about(call: &Call) -> &'static str {
    match call.about {
        About::Nothing => "itself",
        About::Shared => "what is everybody's",
        About::Scoped { outside: 404, .. } => "what is in reach",
        About::Everywhere { .. } => "what lies anywhere: nothing of it is in reach of whoever is bound",
        About::Scoped { .. } => "fields in reach",
        About::Listed(_) => "a list of what is in reach",
        About::Own => "the caller's own",
    }
}

/// What one role may do of a line: how far, and how much is shown.
fn may(role: Role, access: Access, call: &Call) -> String {
    let Access::Action(action) = access else { return "all".to_owned() };
    let rule = |action| POLICY.iter().find(|rule| rule.role == role && rule.action == action);
    let Some(own) = rule(action) else { return String::new() };
    if call.also.is_some_and(|also| rule(also).is_none()) {
        return String::new();
    }
    let Some(reach) = call.reach.map_or(Some(own.reach), |other| rule(other).map(|rule| rule.reach)) else {
        return "nothing".to_owned();
    };
    match own.fields {
        Fields::All => word(reach).to_owned(),
        Fields::Traced => format!("{}, traced", word(reach)),
    }
}

/// What a reach comes to for a user under a binding: of what is the user's organization's, of another's, in a country
/// of the user's and in another.
fn reached(reach: Reach, role: Role, binding: &str) -> [&'static str; 4] {
    let organization = OrganizationId(Uuid::from_u128(1));
    let rule =
        POLICY.iter().find(|rule| rule.role == role && rule.reach == reach).expect("a line with this reach");
    let (own, countries) = match binding {
        "unbound" => (None, Vec::new()),
        "own organisation" => (Some(organization), Vec::new()),
        "other organisation" => (Some(OrganizationId(Uuid::from_u128(2))), Vec::new()),
        "own country" => (role.needs_organization().then_some(organization), vec!["GM".to_owned()]),
        _ => (role.needs_organization().then_some(organization), vec!["NP".to_owned()]),
    };
    let principal = Principal { user: UserId(Uuid::nil()), role, organization: own, countries };
    let Ok(scope) = scope_of(rule, &principal) else { return ["403"; 4] };
    let cell = |organization: u128, country: &str| {
        let organization = OrganizationId(Uuid::from_u128(organization));
        let is_reached = super::policy::reaches_thing(&scope, organization, country);
        if is_reached { "yes" } else { "404" }
    };
    [cell(1, "GM"), cell(1, "TZ"), cell(3, "KE"), "404"]
}

/// The whole page.
pub fn page(declared: &[Declared]) -> String {
    let mut text = BEFORE.to_owned();
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
    text.push_str(&format!("\n| operation | asked | about | needs | {} |\n", roles.join(" | ")));
    text.push_str(&format!("|---|---|---|---|{}\n", "---|".repeat(roles.len())));
    for call in CALLS.iter() {
        let Some(one) = declared.iter().find(|one| one.operation == call.operation) else { continue };
        let needs = match one.access {
            Access::Action(action) | Access::Page(action) => format!("`{}`", action.word()),
            Access::Public => "public".to_owned(),
            Access::Throttled(_) => "public, slowed down".to_owned(),
        };
        let needs = call.also.map_or(needs.clone(), |also| format!("{needs} and `{}`", also.word()));
        let cells: Vec<String> = Role::ALL.iter().map(|role| may(*role, one.access, call)).collect();
        let (shape, about) = (call.shape, about(call));
        let asked = match call.mode.word() {
            word if shape.is_empty() => word.to_owned(),
            word => format!("{word}: {shape}"),
        };
        text.push_str(&format!(
            "| `{}` | {asked} | {about} | {needs} | {} |\n",
            call.operation,
            cells.join(" | ")
        ));
    }
    text.push_str("\n## What a reach comes to\n\n| reach | a user bound to | own | same organisation | other | missing |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    let reaches =
        [(Reach::Own, Role::Officer), (Reach::Unbound, Role::Auditor), (Reach::OwnPledges, Role::Donor)];
    for (reach, role) in reaches {
        for binding in BINDINGS {
            let cells = reached(reach, role, binding).join(" | ");
            text.push_str(&format!("| {} | {binding} | {cells} |\n", word(reach)));
        }
    }
    text.push_str(
        "\nAn event about what is missing waits (202) where its user is bound to nothing, and is refused like what is out of \
         reach (404) where the user is bound.\n",
    );
    text
}
