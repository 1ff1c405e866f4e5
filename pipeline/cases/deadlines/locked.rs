//! Late cards looked at again under their lock: what an event did to them since they were found counts.

use std::collections::BTreeSet;

use crate::args;
use crate::store::transition::Subject;
use crate::store::{LedgerError, Tx};

/// Of these cards those that `still` finds among the staged ones; from here on no event moves them.
pub(super) async fn locked(
    tx: &mut Tx,
    late: impl Iterator<Item = i64>,
    still: &'static str,
) -> Result<BTreeSet<i64>, LedgerError> {
    tx.stage(late.map(Subject::of).collect()).await?;
    tx.lock_rows("SELECT id FROM application WHERE id IN (SELECT id FROM subject) ORDER BY id FOR UPDATE").await?;
    Ok(tx.rows::<(i64,)>(still, args![]).await?.into_iter().map(|(id,)| id).collect())
}
