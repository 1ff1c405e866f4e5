//! Reference data, dated: the lines of each table by code, who imported them, and which were in force
//! on a day. A line is never overwritten; a newer import of the same day counts.

use jiff::civil::Date;

use super::effect::{Effect, settle_effect};
use crate::people::approvals::use_approval;
use crate::store::row_macs::{catalog, counts};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row};

bulk_row! {
    /// One line to store.
    pub struct NewLine in "reference_line" {
        code: String,
        /// As its file has it; empty: the code ends.
        line: String,
        /// First day after today on which it asks something of the ledger.
        acts_on: Option<Date>,
    }
}

row! {
    /// An import, as it is recorded and listed.
    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
    pub struct ImportRecord {
        /// 1, 2, 3, …
        id: i64,
        /// The id its preview showed.
        operation: String,
        kind: String,
        effective: String,
        /// Instant, microseconds since 1970 UTC.
        #[serde(skip)]
        at: i64,
        actor: String,
        /// SHA-256 of the file.
        sha256: String,
        /// Whether codes the file lacked were ended.
        complete: bool,
        /// Whether a person confirmed that cards lose something.
        confirmed: bool,
        /// Lines of the file.
        read: i64,
        added: i64,
        changed: i64,
        ended: i64,
        /// Unfinished cards it touched.
        cards: i64,
        /// Open deadlines it moved.
        deadlines: i64,
    }
}

impl Ledger {
    /// The number of the last import, 0 before the first: whoever loaded the tables at another number
    /// loads them again.
    pub async fn last_import(&self) -> Result<i64, LedgerError> {
        last_import(&mut self.read().await?).await
    }

    /// The lines of one table in force on a day: of each code, the newest that is effective. An empty
    /// line says that the code has ended.
    pub async fn reference_lines(&self, kind: &str, on: Date) -> Result<Vec<(String, String)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows::<(String, String)>(
            "SELECT code, line FROM (
                SELECT code, line, row_number() OVER (PARTITION BY code ORDER BY effective DESC, import DESC) AS newest
                FROM reference WHERE kind = $1 AND effective <= $2) r WHERE newest = 1 ORDER BY code",
            args![kind, on],
        )
        .await
    }

    /// As [`Ledger::reference_lines`], without the lines whose effect on the ledger is still to come.
    pub async fn settled_lines(&self, kind: &str) -> Result<Vec<(String, String)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows::<(String, String)>(
            "SELECT code, line FROM (
                SELECT code, line, row_number() OVER (PARTITION BY code ORDER BY effective DESC, import DESC) AS newest
                FROM reference WHERE kind = $1 AND acts_on IS NULL) r WHERE newest = 1 ORDER BY code",
            args![kind],
        )
        .await
    }

    /// The first day, up to today, whose effect on the ledger is still to come.
    pub async fn reference_due(&self, today: Date) -> Result<Option<Date>, LedgerError> {
        let mut tx = self.read().await?;
        let first = tx
            .row::<(Option<String>,)>(
                "SELECT min(acts_on) FROM reference WHERE acts_on IS NOT NULL AND acts_on <= $1",
                args![today],
            )
            .await?;
        let shape = |text: String| text.parse().map_err(|_| LedgerError::Shape("reference.acts_on".into()));
        first.and_then(|(day,)| day).map(shape).transpose()
    }

    /// Stores an import, and settles its effect with it; fails when another import came in between
    /// (`record.id` is taken then). An approval is used with it.
    pub async fn settle_import(
        &self,
        record: &ImportRecord,
        lines: Vec<NewLine>,
        effect: &Effect,
        approval: Option<i64>,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        if last_import(&mut tx).await? + 1 != record.id {
            return Err(LedgerError::ImportedMeanwhile);
        }
        if let Some(approval) = approval {
            use_approval(&mut tx, approval, &record.operation, why).await?;
        }
        insert_import(&mut tx, record, approval, why).await?;
        tx.stage(lines).await?;
        tx.run(
            "INSERT INTO reference (kind, code, effective, import, line, acts_on)
             SELECT $1, code, $2, $3, line, acts_on FROM reference_line",
            args![&record.kind, &record.effective, record.id],
        )
        .await?;
        settle_effect(&mut tx, effect, why).await?;
        tx.commit().await
    }

    /// Settles what lines of earlier imports ask for by today. `false`: another worker did.
    pub async fn settle_reference_due(
        &self,
        today: Date,
        effect: &Effect,
        why: Stamp<'_>,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.begin().await?;
        let due = tx
            .run("UPDATE reference SET acts_on = NULL WHERE acts_on IS NOT NULL AND acts_on <= $1", args![today])
            .await?;
        if due == 0 {
            return Ok(false);
        }
        settle_effect(&mut tx, effect, why).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Every import, the last one first.
    pub async fn imports(&self) -> Result<Vec<ImportRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(
            "SELECT id, operation, kind, effective, at, actor, sha256, complete, confirmed, read, added, changed, ended, cards, deadlines
             FROM reference_import ORDER BY id DESC",
            args![],
        )
        .await
    }
}

async fn last_import(tx: &mut Tx) -> Result<i64, LedgerError> {
    tx.number("SELECT COALESCE(max(id), 0) FROM reference_import", args![]).await
}

async fn insert_import(
    tx: &mut Tx,
    r: &ImportRecord,
    approval: Option<i64>,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let user = tx.user();
    let inserted = tx
        .run(
            "INSERT INTO reference_import (id, operation, kind, effective, at, actor, sha256, complete, confirmed, read, added,
                changed, ended, cards, deadlines, approval, by_user)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (id) DO NOTHING",
            args![
                r.id, &r.operation, &r.kind, &r.effective, why.at, why.actor, &r.sha256, r.complete, r.confirmed, r.read, r.added,
                r.changed, r.ended, r.cards, r.deadlines, approval, user
            ],
        )
        .await?;
    if inserted == 0 {
        return Err(LedgerError::ImportedMeanwhile);
    }
    tx.cover_one(&catalog::REFERENCE_IMPORT, r.id).await?;
    tx.count_one(&counts::IMPORTS).await
}
