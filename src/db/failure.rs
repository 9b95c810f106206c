//! Telling a database's failures apart, and what each means to a caller.

use crate::core::problem::{Code, Problem};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// What a caller is told where nobody knows whether a commit was made.
pub const COMMIT_UNKNOWN: &str =
    "It is not known whether this was recorded. Send it again with the same id: it counts once.";

/// What a failed statement means to a caller.
pub fn read_failure(error: DieselError) -> Problem {
    match &error {
        DieselError::NotFound => Problem::not_found(),
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => Problem::new(
            Code::Duplicate,
            format!("Something with the same {} is there already.", unique_column(information.message())),
        )
        .log(&error),
        DieselError::DatabaseError(
            kind @ (DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::ExclusionViolation
            | DatabaseErrorKind::RestrictViolation),
            information,
        ) => Problem::internal(format!(
            "an update decided what the database does not take, and a check of ours is missing: {kind:?} of {}: \
             {} {}",
            information.constraint_name().or(information.table_name()).unwrap_or("a table it does not name"),
            information.message(),
            information.details().unwrap_or_default(),
        )),
        DieselError::DatabaseError(kind, information) => {
            let problem = failed_statement(kind, information.message());
            if problem.code == Code::Internal { problem } else { problem.log(&error) }
        }
        DieselError::BrokenTransactionManager => {
            Problem::new(Code::Unavailable, "The database went away. Try again in a moment.").log(&error)
        }
        other => Problem::internal(other.to_string()),
    }
}

/// What a statement means to a caller that the database could not run.
fn failed_statement(kind: &DatabaseErrorKind, words: &str) -> Problem {
    let says = |any: &[&str]| any.iter().any(|some| words.contains(some));
    if says(&[
        "database or disk is full",
        "No space left",
        "could not extend file",
        "attempt to write a readonly database",
        "disk I/O error",
    ]) {
        return Problem::new(
            Code::StorageFull,
            "The disk is full or read-only. Reading goes on; nothing was recorded. Tell the operator.",
        );
    }
    if matches!(kind, DatabaseErrorKind::ReadOnlyTransaction) {
        // A standby that was not promoted yet, or a primary that was told to rest.
        return Problem::new(
            Code::Unavailable,
            "The database takes no updates for now, nothing was recorded. Try again in a moment.",
        );
    }
    let is_busy = matches!(
        kind,
        DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
    );
    if is_busy || says(&["database is locked", "lock timeout", "deadlock"]) {
        return Problem::new(Code::Unavailable, "The database is busy. Try again in a moment.");
    }
    Problem::internal(format!("{kind:?}: {words}"))
}

/// What a failed commit means to a caller. Where the connection or the disk failed, the commit may have been
/// made all the same.
pub fn commit_failure(error: DieselError) -> Problem {
    let is_unknown = match &error {
        DieselError::BrokenTransactionManager => true,
        DieselError::DatabaseError(kind, information) => {
            matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand)
                || information.message().contains("disk I/O error")
        }
        _ => false,
    };
    let problem = read_failure(error);
    if is_unknown { Problem { detail: COMMIT_UNKNOWN.to_owned(), ..problem } } else { problem }
}

/// The column a unique violation is about, as far as the two databases' messages say.
fn unique_column(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("UNIQUE constraint failed: ") {
        return rest.split(", ").filter_map(|part| part.split('.').nth(1)).collect::<Vec<_>>().join(" and ");
    }
    let name = message.split('"').nth(1).unwrap_or("value");
    name.trim_end_matches("_key").split_once('_').map_or(name, |(_, column)| column).replace('_', " ")
}
