//! When the figures were counted.

use jiff::Timestamp;

use crate::args;
use crate::limits::DAY_FIGURES_FRESH_SECONDS;
use crate::store::{LedgerError, Tx};

/// When the figures were counted last; none where they never were.
pub(crate) async fn counted_at(tx: &mut Tx) -> Result<Option<Timestamp>, LedgerError> {
    let at = tx.number("SELECT at FROM figures_run WHERE one = 1", args![]).await?;
    Ok(Some(at).filter(|at| *at > 0).and_then(|at| Timestamp::from_microsecond(at).ok()))
}

/// The same, where that is not too long ago to be shown for what is now.
pub(crate) async fn fresh(tx: &mut Tx, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
    let at = counted_at(tx).await?;
    Ok(at.filter(|at| now.duration_since(*at).as_secs().abs() <= DAY_FIGURES_FRESH_SECONDS))
}
