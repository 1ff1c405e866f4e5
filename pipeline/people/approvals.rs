//! Approvals: what one person asks for, a second one gives, and is carried out once.
//!
//! Invariants: maker and approver are two persons (the database refuses anything else); a request of
//! another digest is another request; an approval is used in the transaction of its effect, which fails
//! whole when it was used before, or when its time is over.
//! Not here: what is carried out (`actions::decisions`).

use cardline_core::domain::staff::DualControl;
use cardline_core::state_machines::APPROVAL;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::limits::APPROVAL_DAYS;
use crate::store::row_macs::catalog;
use crate::store::scope::in_scope;
use crate::store::transition::{Along, Transition, move_one, write_move};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::time::local_date;
use crate::{args, row, transition};

/// What somebody asks a second person for.
pub struct NewApproval {
    pub action: DualControl,
    /// What it is about, in plain text: the number of a batch, a stream, the id of an operation.
    pub subject: String,
    /// Hex digest of exactly what will be done.
    pub digest: String,
    /// All that carrying it out takes, encrypted.
    pub request: Vec<u8>,
    /// Cards, messages or lines it touches.
    pub count: i64,
    /// Bank and area it lies in; empty: more than one.
    pub bank: String,
    pub area: String,
    /// The maker's own words, encrypted.
    pub reason: Vec<u8>,
}

row! {
    /// An approval, as lists show it.
    #[derive(Clone, serde::Serialize)]
    pub struct ApprovalRecord {
        id: i64,
        act: String,
        subject: String,
        count: i64,
        bank: String,
        area: String,
        maker: String,
        /// Microseconds since 1970 UTC.
        #[serde(skip)]
        asked_at: i64,
        /// The last day on which it may be given and used.
        #[serde(rename = "valid_until")]
        due_on: String,
        /// As stored; past its day it covers nothing, whatever stands here.
        state: String,
        approver: Option<String>,
        digest: String,
        #[serde(skip)]
        request: Vec<u8>,
        #[serde(skip)]
        reason: Vec<u8>,
    }
}

macro_rules! approvals {
    ($rest:expr) => {
        concat!(
            "SELECT p.id, p.act, p.subject, p.count, p.bank, p.area, p.maker, p.asked_at, p.due_on, p.state, p.approver, p.digest, p.request, p.reason
             FROM approval p ",
            $rest
        )
    };
}

impl ApprovalRecord {
    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.due_on < local_date(now).to_string()
    }
}

impl Ledger {
    /// Approvals within the viewer's scope, oldest first: those that are open, or all.
    pub async fn approvals(&self, all: bool, now: Timestamp) -> Result<Vec<ApprovalRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
            concat!(
                approvals!("WHERE ($1 OR (p.state IN ('asked', 'given') AND p.due_on >= $2)) AND "),
                in_scope!("p.bank", "p.area"),
                " ORDER BY p.id"
            ),
            args![all, local_date(now)],
        )
        .await
    }

    /// One approval within the viewer's scope.
    pub async fn approval(&self, id: i64) -> Result<Option<ApprovalRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(approvals!("WHERE p.id = $1 AND "), in_scope!("p.bank", "p.area"));
        tx.row(sql, args![id]).await
    }

    /// The open approval of exactly this, if it was asked for.
    pub async fn open_approval(&self, digest: &str, now: Timestamp) -> Result<Option<ApprovalRecord>, LedgerError> {
        let sql = approvals!("WHERE p.digest = $1 AND p.state IN ('asked', 'given') AND p.due_on >= $2");
        self.read().await?.row(sql, args![digest, local_date(now)]).await
    }

    /// Asks for a second person; returns the approval's number.
    pub async fn ask_approval(&self, new: NewApproval, why: Stamp<'_>) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        lapse_approvals(&mut tx, local_date(why.at), why).await?;
        let due_on = local_date(why.at).saturating_add(jiff::Span::new().days(APPROVAL_DAYS));
        let id = tx
            .run_returning::<(i64,)>(
                "INSERT INTO approval (act, subject, digest, request, count, bank, area, reason, maker, asked_at, due_on, state)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'asked') RETURNING id",
                args![
                    new.action.code(), new.subject, new.digest, new.request, new.count, new.bank, new.area, new.reason, why.actor, why.at, due_on
                ],
            )
            .await?;
        let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("approval id".into()))?;
        tx.cover_one(&catalog::APPROVAL, id).await?;
        let asked = transition!(APPROVAL, "" => "asked");
        write_move(&mut tx, id, asked, why).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// A second person gives what was asked for, or refuses what stands so.
    pub async fn decide_approval(
        &self,
        id: i64,
        from: &'static str,
        to: &'static str,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.trust(&catalog::APPROVAL, id).await?;
        tx.run("UPDATE approval SET approver = $3 WHERE id = $1 AND state = $2", args![id, from, why.actor]).await?;
        tx.cover_one(&catalog::APPROVAL, id).await?;
        transition(&mut tx, id, from, to, why).await?;
        tx.commit().await
    }
}

/// Uses a given approval in the transaction of its effect, which is about `subject`. A second use fails,
/// and with it the effect.
pub async fn use_approval(tx: &mut Tx, id: i64, subject: &str, why: Stamp<'_>) -> Result<(), LedgerError> {
    let covers = tx
        .number(
            "SELECT count(*) FROM approval WHERE id = $1 AND subject = $2 AND due_on >= $3",
            args![id, subject, local_date(why.at)],
        )
        .await?;
    if covers == 0 {
        return Err(LedgerError::NotCovered { approval: id });
    }
    tx.trust(&catalog::APPROVAL, id).await?;
    transition(tx, id, "given", "used", Stamp { reason: "carried out", ..why }).await
}

/// Approvals whose day has passed cover nothing any more.
pub(crate) async fn lapse_approvals(tx: &mut Tx, today: Date, why: Stamp<'_>) -> Result<(), LedgerError> {
    for from in ["asked", "given"] {
        let over = tx
            .rows::<(i64,)>("SELECT id FROM approval WHERE state = $1 AND due_on < $2 ORDER BY id", args![from, today])
            .await?;
        for (id,) in over {
            transition(tx, id, from, "lapsed", Stamp { reason: "its time is over", ..why }).await?;
        }
    }
    Ok(())
}

async fn transition(
    tx: &mut Tx,
    id: i64,
    from: &'static str,
    to: &'static str,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    move_one(tx, id, Transition::between(&APPROVAL, from, to)?, Along::default(), why).await
}
