//! What a user may be: pure decisions.

use crate::auth::{Role, check_password};
use crate::core::id::{OrganizationId, UserId};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};

/// Characters of a login.
const LOGIN_LENGTH: std::ops::RangeInclusive<usize> = 3..=64;
/// Most characters of a name.
const NAME_LENGTH_MAXIMUM: usize = 200;
/// The longest a machine's key is good, in days: whoever runs the machine is asked at least once a year.
const KEY_DAYS_MAXIMUM: i64 = 366;

/// Checks a login in its normal form.
///
/// # Errors
/// `invalid` at `/login`.
pub fn check_login(login: &str) -> Outcome<()> {
    let is_sound = LOGIN_LENGTH.contains(&login.chars().count())
        && login.chars().all(|character| character.is_alphanumeric() || "._-@+".contains(character));
    if is_sound {
        return Ok(());
    }
    Err(Problem::field(
        "/login",
        format!(
            "{login:?} is not a login; write {} to {} letters, digits or any of . _ - @ +",
            LOGIN_LENGTH.start(),
            LOGIN_LENGTH.end()
        ),
    ))
}

/// Checks a person's name.
///
/// # Errors
/// `invalid` at `/name`.
pub fn check_name(name: &str) -> Outcome<()> {
    let length = name.trim().chars().count();
    if (1..=NAME_LENGTH_MAXIMUM).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let code = if length == 0 {
        Fault::Required
    } else if length > NAME_LENGTH_MAXIMUM {
        Fault::TooLong
    } else {
        Fault::NotPlainText
    };
    Err(Problem::field(
        "/name",
        format!("A name has 1 to {NAME_LENGTH_MAXIMUM} characters on one line; this one has {length}."),
    )
    .coded(code)
    .at_most(NAME_LENGTH_MAXIMUM))
}

/// Checks a password for a person: neither well-known nor made of the own login or name.
///
/// # Errors
/// `invalid` at `pointer`.
pub fn check_password_for(pointer: &str, password: &str, login: &str, name: &str) -> Outcome<()> {
    check_password(pointer, password, &[login, name])
}

/// Checks that a role and what it is bound to go together. An organization and countries together bind to what is
/// within both.
///
/// # Errors
/// `invalid` at the field that does not fit.
pub fn check_bounds(role: Role, organization: Option<OrganizationId>, has_countries: bool) -> Outcome<()> {
    if !role.may_be_bound() && (organization.is_some() || has_countries) {
        let pointer = if organization.is_some() { "/organization_id" } else { "/countries" };
        let detail = format!(
            "What a user of the role {role} does reaches everywhere, so a bound would bind nothing; leave it out."
        );
        return Err(Problem::field(pointer, detail).coded(Fault::NotAllowed));
    }
    if role.needs_organization() && organization.is_none() {
        return Err(Problem::field(
            "/organization_id",
            format!("A user of the role {role} sees what is of one organization; say which."),
        )
        .coded(Fault::Required));
    }
    Ok(())
}

/// Checks that a role is one of those a machine may have.
///
/// # Errors
/// `invalid` at `/role`.
pub fn check_machine_role(role: Role) -> Outcome<()> {
    if role.is_for_machines() {
        return Ok(());
    }
    let possible = Role::words_for_machines().join(", ");
    let detail = format!("A machine cannot be {role}: decisions are people's. Write one of {possible}.");
    Err(Problem::field("/role", detail).coded(Fault::NotAChoice))
}

/// Checks until when a key is to be good.
///
/// # Errors
/// `invalid` at `/good_until`.
pub fn check_key_end(good_until: Timestamp, now: Timestamp) -> Outcome<()> {
    let longest = Timestamp(now.0 + KEY_DAYS_MAXIMUM * 24 * 60 * 60 * MICROSECONDS);
    if now < good_until && good_until <= longest {
        return Ok(());
    }
    let detail = format!("A key is good until a time to come, within a year; {good_until} is not.");
    let code = if good_until <= now { Fault::TooEarly } else { Fault::TooLate };
    Err(Problem::field("/good_until", detail).coded(code))
}

/// Refuses that somebody takes the own role or access away: the last administrator would be gone.
///
/// # Errors
/// `wrong_state`.
pub fn check_not_self(actor: UserId, user: UserId, changes_access: bool) -> Outcome<()> {
    if actor == user && changes_access {
        return Err(Problem::new(
            Code::WrongState,
            "Nobody changes the own role or disables the own account. Ask another administrator.",
        ));
    }
    Ok(())
}

/// Refuses to erase a user who may still log in: whoever is erased has left.
///
/// # Errors
/// `wrong_state`.
pub fn check_disabled_before_erasing(is_disabled: bool) -> Outcome<()> {
    if is_disabled {
        return Ok(());
    }
    let detail = "This user may still log in. Disable the user first, or revoke the key where it is a machine; then \
                  login, name and password can be erased.";
    Err(Problem::new(Code::WrongState, detail))
}

/// Refuses a link for the own password: whoever has only a stolen session would need no password.
///
/// # Errors
/// `wrong_state`.
pub fn check_others_password(actor: UserId, user: UserId) -> Outcome<()> {
    if actor != user {
        return Ok(());
    }
    let detail = "Change your own password at POST /api/v1/auth/password, which needs the present one.";
    Err(Problem::new(Code::WrongState, detail))
}

/// Refuses that one administrator alone lets another's password be set where nobody else could decide about users:
/// the one would be both.
///
/// # Errors
/// `wrong_state`.
pub fn check_deciders_left(is_last_other: bool) -> Outcome<()> {
    if !is_last_other {
        return Ok(());
    }
    let detail = "You and this user are the only ones who decide about users, and with the link you would be both. \
                  Have it made at the server, by relief user reset.";
    Err(Problem::new(Code::WrongState, detail))
}
