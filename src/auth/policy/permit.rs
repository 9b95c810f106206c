//! What the policy hands out: that one caller may do one thing, and how far.
//!
//! Never here: a decision. A [`Grant`] comes from [`authorize`] alone, and a [`Permit`] from a [`Grant`].

use super::{Fields, authorize};
use crate::auth::actions::{Action, Named};
use crate::auth::principal::Principal;
use crate::auth::scope::Scope;
use crate::core::id::{OrganizationId, SessionId};
use crate::core::problem::Outcome;
use crate::writer::Actor;
use std::marker::PhantomData;
use std::sync::Arc;

/// That one caller may do one thing, and how far.
#[derive(Clone, Debug)]
pub struct Grant {
    principal: Arc<Principal>,
    action: Action,
    scope: Scope,
    fields: Fields,
    session: Option<SessionId>,
}

impl Grant {
    /// What one line of the policy gives a caller; only the policy itself calls this.
    pub(super) fn new(principal: &Arc<Principal>, action: Action, scope: Scope, fields: Fields) -> Self {
        Self { principal: Arc::clone(principal), action, scope, fields, session: None }
    }

    /// The same under the session the caller came with.
    pub fn under(self, session: Option<SessionId>) -> Self {
        Self { session, ..self }
    }

    /// The same as a typed permit; `None` where it was granted for another action.
    pub fn permit<A: Named>(self) -> Option<Permit<A>> {
        if self.action == A::ACTION { Some(Permit { grant: self, named: PhantomData }) } else { None }
    }

    /// How far it reaches.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Who was granted this.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }
}

/// That the caller may do `A`. As a handler's first argument it names the route's action.
#[derive(Clone, Debug)]
pub struct Permit<A: Named> {
    grant: Grant,
    named: PhantomData<A>,
}

impl<A: Named> Permit<A> {
    /// Who is calling.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.grant.principal
    }

    /// How far it reaches.
    pub fn scope(&self) -> &Scope {
        &self.grant.scope
    }

    /// Which members an answer has for this caller.
    pub fn fields(&self) -> Fields {
        self.grant.fields
    }

    /// The organization whose eyes an answer is for: of donors who are not to be named it reads itself alone.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.grant.principal.organization
    }

    /// The session the caller came with; a caller of another kind has none.
    pub fn session(&self) -> Option<SessionId> {
        self.grant.session
    }

    /// The caller in the words the log keeps.
    pub fn actor(&self) -> Actor {
        Actor {
            user: self.grant.principal.user,
            role: self.grant.principal.role.word().to_owned(),
            scope: self.grant.scope.to_string(),
        }
    }

    /// How far the caller could do something further, where at all.
    pub fn reach(&self, action: Action) -> Option<Scope> {
        authorize(&self.grant.principal, action).ok().map(|grant| grant.scope)
    }

    /// The same caller acting under something further, as where one route carries several kinds.
    ///
    /// # Errors
    /// As [`authorize`].
    pub fn further(&self, action: Action) -> Outcome<Actor> {
        let grant = authorize(&self.grant.principal, action)?;
        Ok(Actor { scope: grant.scope.to_string(), ..self.actor() })
    }
}

impl From<&Principal> for Actor {
    /// The caller as such, for what is not done under a permit, such as logging in.
    fn from(principal: &Principal) -> Self {
        Self {
            user: principal.user,
            role: principal.role.word().to_owned(),
            scope: Scope::everything().to_string(),
        }
    }
}
