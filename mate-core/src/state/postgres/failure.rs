//! The errors of PostgreSQL as errors of a store: by SQLSTATE, never by text.

use std::io;
use std::time::Duration;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::state::StoreError;

/// No answer in time. What was asked may still happen.
pub(super) fn no_answer(operation: &'static str, after: Duration) -> StoreError {
    StoreError::temporary(operation, format!("PostgreSQL did not answer within {after:?}"))
}

/// No connection could be had.
pub(super) fn no_connection(operation: &'static str) -> impl FnOnce(PoolError) -> StoreError {
    move |error| match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => failed(operation)(error),
        PoolError::Timeout(_) | PoolError::PostCreateHook(HookError::Message(_)) => {
            StoreError::temporary(operation, error)
        }
        other => StoreError::permanent(operation, other),
    }
}

/// The server said no, or the connection to it broke: then what was asked may have been done.
pub(super) fn failed(operation: &'static str) -> impl FnOnce(Error) -> StoreError {
    move |error| {
        let passes = match error.code() {
            Some(code) => passes(code),
            None => is_of_connection(&error),
        };
        if passes { StoreError::temporary(operation, error) } else { StoreError::permanent(operation, error) }
    }
}

/// Returns true if the same call may succeed later.
fn passes(code: &SqlState) -> bool {
    match *code {
        SqlState::DATABASE_DROPPED => false,
        // Of another transaction that holds what is needed, and of a server that is becoming, or has become, a standby.
        SqlState::LOCK_NOT_AVAILABLE
        | SqlState::OBJECT_IN_USE
        | SqlState::READ_ONLY_SQL_TRANSACTION
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => true,
        // Connection, rollback by the server, resources, intervention of an operator.
        _ => code.code().get(..2).is_some_and(|class| matches!(class, "08" | "40" | "53" | "57")),
    }
}

/// An error without an SQLSTATE: of the connection, unless the TLS handshake was refused or there is no sense in the answer.
fn is_of_connection(error: &Error) -> bool {
    let Some(cause) = std::error::Error::source(error) else { return true };
    let Some(io) = cause.downcast_ref::<io::Error>() else { return false };
    !io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_by_its_code() {
        for code in [
            "08006", "08001", "40001", "40P01", "40003", "53100", "53200", "53300", "55P03", "55006", "57014", "57P01",
            "57P02", "57P03", "57P05", "25P03", "25006",
        ] {
            assert!(passes(&SqlState::from_code(code)), "{code}");
        }
        for code in [
            "28P01", "28000", "3D000", "3F000", "42501", "42P01", "42P07", "23505", "23514", "22021", "25P02", "57P04",
            "0A000", "XX000", "XX001", "58030",
        ] {
            assert!(!passes(&SqlState::from_code(code)), "{code}");
        }
    }
}
