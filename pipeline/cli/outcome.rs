//! How a command ended, and its exit code.

use std::process::ExitCode;

/// How a command ended when nothing stopped it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Ok,
    /// It ran, and what it looked at is wrong.
    Failed,
    /// Done, but some records were rejected.
    Rejected,
    /// Nothing was done yet: a second person must approve it.
    SecondPerson,
}

impl Outcome {
    /// `Ok`, or `Failed` when something does not hold.
    pub fn of(holds: bool) -> Outcome {
        if holds { Outcome::Ok } else { Outcome::Failed }
    }
}

/// A slip in the command's own arguments that the parser cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Whoever read standard output went away (`cardline … | head`): no error, nothing more to say.
#[derive(Debug, thiserror::Error)]
#[error("standard output was closed")]
pub struct OutputClosed;

/// Reports an error on standard error and gives the exit code.
pub fn exit_code(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Ok) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        Ok(Outcome::Rejected) => ExitCode::from(3),
        Ok(Outcome::SecondPerson) => ExitCode::from(4),
        Err(error) if error.is::<OutputClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            let missing = error
                .chain()
                .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
                .any(|cause| cause.kind() == std::io::ErrorKind::NotFound);
            let advice = if missing { "; check the path" } else { "" };
            super::print::complain(&format!("cardline: {}{advice}", in_one_line(&error)));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

/// The error and its causes; a cause the text already tells is not told again.
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
