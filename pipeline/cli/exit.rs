//! How a command ended, and its exit code.

use std::process::ExitCode;

use cardline::step::StageError;
use cardline::store::LedgerError;

use super::advice::advice;
use super::print::{OutputClosed, complain};

/// How a command ended when nothing stopped it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    Ok,
    /// It ran, and what it looked at is wrong.
    Failed,
    /// Done, but some records were rejected.
    Rejected,
    /// Nothing was done yet: a second person must approve it.
    SecondPerson,
}

impl Exit {
    /// `Ok`, or `Failed` when something does not hold.
    pub fn of(holds: bool) -> Exit {
        if holds { Exit::Ok } else { Exit::Failed }
    }
}

/// A slip in the command's own arguments that the parser cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Reports an error on standard error and gives the exit code.
pub fn exit_code(result: anyhow::Result<Exit>) -> ExitCode {
    match result {
        Ok(Exit::Ok) => ExitCode::SUCCESS,
        Ok(Exit::Failed) => ExitCode::from(1),
        Ok(Exit::Rejected) => ExitCode::from(3),
        Ok(Exit::SecondPerson) => ExitCode::from(4),
        Err(error) if error.is::<OutputClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("cardline: {}{}", in_one_line(&error), advice(&error)));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

/// What the ledger said, if it was the ledger.
pub fn ledger_error(error: &anyhow::Error) -> Option<&LedgerError> {
    error.chain().find_map(|cause| match cause.downcast_ref::<StageError>() {
        Some(StageError::Ledger(error)) => Some(error),
        _ => cause.downcast_ref::<LedgerError>(),
    })
}

/// The error and its causes; a cause that the text already contains is not repeated.
pub fn in_one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
