//! When the figures were counted.

use jiff::Timestamp;

use crate::args;
use crate::store::{LedgerError, Tx};

/// When the figures were counted last; none where they never were.
pub(super) async fn counted_at(tx: &mut Tx) -> Result<Option<Timestamp>, LedgerError> {
    let at = tx.number("SELECT at FROM figures_run WHERE one = 1", args![]).await?;
    Ok(Some(at).filter(|at| *at > 0).and_then(|at| Timestamp::from_microsecond(at).ok()))
}
