//! Numbers of a partner's stream that nobody waits for any more.

use jiff::civil::Date;

use crate::args;
use crate::exchange::files::{ReceivedFile, register_file};
use crate::store::leases::spend;
use crate::store::row_macs::{catalog, counts};
use crate::store::{Lease, Ledger, LedgerError, Stamp};

/// Numbers of a partner's stream that nobody waits for any more.
pub struct SkippedNumbers<'a> {
    pub partner: &'a str,
    pub kind: &'a str,
    pub first: i64,
    pub last: i64,
    /// By when somebody has asked what they said.
    pub due_on: Date,
    /// The person's own words, encrypted.
    pub reason: Vec<u8>,
    pub approval: Option<i64>,
    /// What the approval is about.
    pub subject: &'a str,
}

impl Ledger {
    /// Whether a person let a stream go on with this number.
    pub async fn was_skipped_to(&self, partner: &str, kind: &str, go_on_with: i64) -> Result<bool, LedgerError> {
        let mut tx = self.read().await?;
        let sql = "SELECT count(*) FROM stream_act WHERE partner = $1 AND kind = $2 AND last = $3";
        Ok(tx.number(sql, args![partner, kind, go_on_with - 1]).await? > 0)
    }

    /// Passes over numbers of a stream: each is kept as a file nobody received, with a case. One transaction.
    pub async fn skip_numbers(
        &self,
        lease: &Lease,
        skipped: &SkippedNumbers<'_>,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let user = tx.user();
        let act = tx
            .run_returning::<(i64,)>(
                "INSERT INTO stream_act (at, actor, partner, kind, first, last, reason, approval, by_user)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
                args![
                    why.at,
                    why.actor,
                    skipped.partner,
                    skipped.kind,
                    skipped.first,
                    skipped.last,
                    skipped.reason.clone(),
                    skipped.approval,
                    user
                ],
            )
            .await?;
        for (id,) in act {
            tx.cover_one(&catalog::STREAM_ACT, id).await?;
            tx.count_one(&counts::STREAM_ACTS).await?;
        }
        if let Some(approval) = skipped.approval {
            crate::people::approvals::use_approval(&mut tx, approval, skipped.subject, why).await?;
        }
        for sequence in skipped.first..=skipped.last {
            let file = ReceivedFile {
                partner: skipped.partner,
                kind: skipped.kind,
                sequence: Some(sequence),
                name: "(not received)",
                state: "held",
                rows: 0,
                bytes: 0,
                sha256: &"0".repeat(64),
                batch: None,
                due_on: skipped.due_on,
                untold: None,
                reason: Some(why.reason.into()),
            };
            let id = register_file(&mut tx, &file, why).await?;
            let reason = "a file never came, and its number was passed over";
            crate::cases::desk::open_case(&mut tx, None, Some(id), reason, skipped.due_on, "bank IT", why).await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}
