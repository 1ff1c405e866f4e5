//! What people ask a worker to do: asked by one process, done by another, exactly once.
//!
//! Invariants: the same key of the same person is the same errand; an errand ends once, in the transaction of its
//! effect where it has one, so that a worker that dies in the middle leaves it open, and one that comes late writes
//! nothing. A row that was not written by the program is not believed. Not here: what is done, and by whom
//! (`actions/errands`).

use cardline_core::domain::staff::Scope;
use jiff::Timestamp;
use serde::Serialize;

use crate::limits::{ERRANDS_SHOWN, PROGRESS_DAYS};
use crate::store::row_macs::catalog;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError, Tx};
use crate::time::rfc3339_stored;
use crate::{args, row};

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewErrand {
    /// Chosen by who asks; the same again asks for nothing more.
    pub key: String,
    pub actor: String,
    /// `cut` or `books`.
    pub what: &'static str,
    /// The stream to cut, or `everything` or `what changed` of the books.
    pub subject: String,
    /// The batch number that was confirmed; none: the next one, whatever it is.
    pub number: Option<String>,
    /// Bank and area it is done in.
    pub place: Scope,
    /// Encrypted.
    pub reason: Vec<u8>,
}

row! {
    /// An errand as it is stored.
    #[derive(Clone)]
    pub struct StoredErrand {
        id: i64,
        actor: String,
        by_user: Option<i64>,
        standing: i64,
        role: String,
        scope_bank: String,
        scope_area: String,
        what: String,
        subject: String,
        number: Option<String>,
        reason: Vec<u8>,
        asked_at: i64,
        worker: Option<String>,
        outcome: Option<String>,
        code: Option<String>,
        result: Option<String>,
        ended_at: Option<i64>,
    }
}

/// Where an errand stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrandState {
    /// No worker has taken it yet.
    Asked,
    Taken,
    Done,
    Refused,
    Failed,
}

/// An errand, as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct ErrandRecord {
    pub id: i64,
    pub actor: String,
    /// `cut` or `books`.
    pub what: String,
    pub subject: String,
    pub number: Option<String>,
    pub state: ErrandState,
    /// RFC 3339.
    pub asked_at: String,
    pub ended_at: Option<String>,
    /// Who took it.
    pub worker: Option<String>,
    /// Why it was refused or failed, such as `nothing-waits`; of the books, `hold` or `broken`.
    pub code: Option<String>,
    /// Numbers of the batches that came of it, laws that do not hold, or what a refusal is about.
    pub result: Option<String>,
}

/// How an errand ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrandEnd {
    /// `done`, `refused` or `failed`.
    pub outcome: &'static str,
    pub code: Option<&'static str>,
    pub result: String,
}

impl From<StoredErrand> for ErrandRecord {
    fn from(stored: StoredErrand) -> ErrandRecord {
        let state = match (stored.outcome.as_deref(), &stored.worker) {
            (Some("done"), _) => ErrandState::Done,
            (Some("refused"), _) => ErrandState::Refused,
            (Some(_), _) => ErrandState::Failed,
            (None, Some(_)) => ErrandState::Taken,
            (None, None) => ErrandState::Asked,
        };
        let StoredErrand { id, actor, what, subject, number, asked_at, worker, code, result, ended_at, .. } = stored;
        let (asked_at, ended_at) = (rfc3339_stored(asked_at), ended_at.map(rfc3339_stored));
        ErrandRecord { id, actor, what, subject, number, state, asked_at, ended_at, worker, code, result }
    }
}

macro_rules! errands {
    ($rest:expr) => {
        concat!(
            "SELECT e.id, e.actor, e.by_user, e.standing, e.role, e.scope_bank, e.scope_area, e.what, e.subject, e.number, e.reason, e.asked_at, e.worker, e.outcome, e.code, e.result, e.ended_at
             FROM errand e ",
            $rest
        )
    };
}

impl Ledger {
    /// Keeps what somebody asks for; the one that was asked for under the same key before, if there is one. Those
    /// that ended some days ago go.
    pub async fn keep_errand(&self, new: &NewErrand) -> Result<StoredErrand, LedgerError> {
        let mut tx = self.begin().await?;
        let (now, viewer) = (tx.clock().await?, tx.viewer().cloned());
        let old = now.as_microsecond() - PROGRESS_DAYS * 86_400_000_000;
        tx.run("DELETE FROM errand WHERE ended_at < $1", args![old]).await?;
        let user = viewer.as_ref().map(|viewer| viewer.user).filter(|user| *user > 0);
        let standing = viewer.as_ref().map_or(0, |viewer| viewer.standing);
        let role = viewer.as_ref().map_or("", |viewer| viewer.role.code());
        let scope = viewer.as_ref().map(|viewer| viewer.scope.clone()).unwrap_or_default();
        let NewErrand { key, actor, what, subject, number, place, reason } = new;
        let kept = tx
            .run_returning::<(i64,)>(
                "INSERT INTO errand (key, actor, by_user, standing, role, scope_bank, scope_area, what, subject, number, bank, area, reason, asked_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (actor, key) DO NOTHING RETURNING id",
                args![
                    key, actor, user, standing, role, &scope.bank, &scope.area, *what, subject, number.clone(), &place.bank, &place.area,
                    reason.clone(), now
                ],
            )
            .await?;
        if let Some((id,)) = kept.first() {
            tx.cover_one(&catalog::ERRAND, *id).await?;
        }
        let row = tx.row(errands!("WHERE e.actor = $1 AND e.key = $2"), args![actor, key]).await?;
        tx.commit().await?;
        row.ok_or_else(|| LedgerError::Shape("errand".into()))
    }

    /// Errands of places within the viewer's scope, the newest first.
    pub async fn errands(&self) -> Result<Vec<ErrandRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(errands!("WHERE "), in_scope!("e.bank", "e.area"), " ORDER BY e.id DESC LIMIT $1");
        let rows = tx.rows::<StoredErrand>(sql, args![ERRANDS_SHOWN]).await?;
        Ok(rows.into_iter().map(ErrandRecord::from).collect())
    }

    /// One errand of a place within the viewer's scope.
    pub async fn errand(&self, id: i64) -> Result<Option<ErrandRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(errands!("WHERE e.id = $1 AND "), in_scope!("e.bank", "e.area"));
        Ok(tx.row::<StoredErrand>(sql, args![id]).await?.map(ErrandRecord::from))
    }

    /// The errands that wait, oldest first.
    pub async fn open_errands(&self) -> Result<Vec<i64>, LedgerError> {
        let sql = "SELECT id FROM errand WHERE outcome IS NULL ORDER BY id";
        Ok(self.read().await?.rows::<(i64,)>(sql, args![]).await?.into_iter().map(|(id,)| id).collect())
    }

    /// Whether an errand still waits, or is under way.
    pub async fn is_open_errand(&self, id: i64) -> Result<bool, LedgerError> {
        let sql = "SELECT count(*) FROM errand WHERE id = $1 AND outcome IS NULL";
        Ok(self.read().await?.number(sql, args![id]).await? > 0)
    }

    /// Takes an errand for a worker who holds its lease; none where it ended, or is not as it was written.
    pub async fn take_errand(&self, id: i64, worker: &str) -> Result<Option<StoredErrand>, LedgerError> {
        let mut tx = self.begin().await?;
        tx.trust(&catalog::ERRAND, id).await?;
        let taken =
            tx.run("UPDATE errand SET worker = $2 WHERE id = $1 AND outcome IS NULL", args![id, worker]).await?;
        let row = tx.row(errands!("WHERE e.id = $1"), args![id]).await?;
        tx.commit().await?;
        Ok(row.filter(|_| taken == 1))
    }

    /// Ends an errand that has no effect of its own on the ledger; it stays as it is where it ended before.
    pub async fn end_errand(&self, id: i64, end: &ErrandEnd) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        match end_errand(&mut tx, id, end).await {
            Err(LedgerError::LostRace { .. }) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => tx.commit().await,
        }
    }
}

/// Ends an errand in the transaction of its effect, which fails whole where it ended before.
pub(crate) async fn end_errand(tx: &mut Tx, id: i64, end: &ErrandEnd) -> Result<(), LedgerError> {
    tx.trust(&catalog::ERRAND, id).await?;
    let now: Timestamp = tx.clock().await?;
    let ended = tx
        .run(
            "UPDATE errand SET outcome = $2, code = $3, result = $4, ended_at = $5 WHERE id = $1 AND outcome IS NULL",
            args![id, end.outcome, end.code, &end.result, now],
        )
        .await?;
    if ended == 0 {
        let (machine, from, to) = ("errand", "asked".into(), end.outcome.into());
        return Err(LedgerError::LostRace { machine, from, to, expected: 1, found: 0 });
    }
    tx.cover_one(&catalog::ERRAND, id).await
}
