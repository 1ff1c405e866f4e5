//! Whether what people did stands as it was written: the chain of the history is computed again, the keyed digests of
//! the acts' rows are compared, and the acts are counted. What laws 11 and 15 do, for the acts alone and on demand.

use serde::Serialize;

use crate::books::stored::{Stored, read_covered};
use crate::step::Work;
use crate::store::audit_chain::broken_seals;
use crate::store::row_macs::catalog::{
    ACT, ACT_MEMBER, APPROVAL, BATCH_ACT, CASE_ACT, Covered, ERASURE, ERRAND, PICKUP_ACT, PICKUP_ACT_SHIPMENT,
    PICKUP_LIST_CARD, RECONCILIATION, REFERENCE_IMPORT, STREAM_ACT, USERS,
};
use crate::store::{Ledger, LedgerError};

/// Tables of what people did.
const ACTS: &[&Covered] = &[
    &ACT,
    &ACT_MEMBER,
    &APPROVAL,
    &BATCH_ACT,
    &CASE_ACT,
    &ERASURE,
    &ERRAND,
    &PICKUP_ACT,
    &PICKUP_ACT_SHIPMENT,
    &PICKUP_LIST_CARD,
    &RECONCILIATION,
    &REFERENCE_IMPORT,
    &STREAM_ACT,
    &USERS,
];

/// What a check of the audit found.
#[derive(Clone, Debug, Serialize)]
pub struct AuditCheck {
    /// Seals of the history that were computed again.
    pub seals: i64,
    /// Rows that were compared.
    pub rows: i64,
    /// What is not as it was written, in words; empty: all of it is.
    pub broken: Vec<String>,
}

/// Checks the chain of the history and the rows of all acts. Of a long history this takes a while; how far it is can be
/// seen (`Ledger::progress`).
pub async fn check_audit(ledger: &Ledger) -> Result<AuditCheck, LedgerError> {
    let actor = ledger.viewer().map_or("operator", |viewer| &viewer.name);
    let progress = ledger.progress_of(Work::of_everybody("books", "audit", actor));
    progress.phase("history", None);
    let mut tx = ledger.read().await?;
    tx.without_hurry();
    let (mut broken, seals) = broken_seals(&mut tx, 0).await?;
    let mut stored = Stored::default();
    if let Some(key) = tx.row_key() {
        broken.extend(tx.all_miscounted(&key).await?);
        for (compared, covered) in ACTS.iter().enumerate() {
            progress.phase("acts", Some(ACTS.len()));
            progress.advance(compared);
            read_covered(&mut tx, covered, Some(&key), true, &[], &mut stored).await?;
        }
    }
    drop(tx);
    broken.extend(stored.changed);
    progress.finish(if broken.is_empty() { "as it was written" } else { "not as it was written" }).await;
    Ok(AuditCheck { seals, rows: stored.compared, broken })
}
