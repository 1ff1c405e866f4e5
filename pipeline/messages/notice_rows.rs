//! Notices in the ledger: those that wait until they may be told, and whose telephone got one today.

use cardline_core::card_states;
use jiff::civil::Date;

use crate::crypto::keys::DESTROYED;
use crate::store::leases::spend;
use crate::store::transition::Subject;
use crate::store::{Lease, Ledger, LedgerError};
use crate::{args, bulk_row, row};

bulk_row! {
    /// A notice that waits. `phone`: a keyed hash, by which nobody gets two a day.
    pub struct NewNotice in "notice" {
        seq: i64,
        application: i64,
        region: String,
        template: String,
        phone: Vec<u8>,
        language: String,
    }
}

row! {
    /// Who is told of an application, in the record of its message.
    pub struct RecipientRecord { application: i64, region: String, person: Vec<u8>, message: i64, sealed: Vec<u8> }
}

row! {
    /// A notice that waits, with what its text needs as it is now. `holds`: what it tells is still so.
    #[derive(Clone)]
    pub struct WaitingNotice {
        id: i64,
        seq: i64,
        /// When what it tells of happened, microseconds since 1970 UTC.
        at: i64,
        application_id: String,
        person: Vec<u8>,
        template: String,
        phone: Vec<u8>,
        language: String,
        point: String,
        last_day: Option<String>,
        holds: bool,
    }
}

/// Waits, and its telephone got nothing on day `$1`.
macro_rules! may_be_told {
    () => {
        "n.told_on IS NULL AND NOT EXISTS (SELECT 1 FROM notice t WHERE t.phone = n.phone AND t.told_on = $1)"
    };
}

/// A window that ended is none to come for.
const WAITING: &str = concat!(
    "SELECT n.id, n.seq, v.at, a.application_id, a.person, n.template, n.phone, n.language, COALESCE(s.point, a.point) AS point,
        s.window_last AS last_day,
        CASE WHEN v.life = 'application' THEN a.state = v.to_state
            WHEN v.to_state = 'recalled' THEN p.card_place IN ('recalled', 'stored')
            WHEN v.from_state = 'in_hand' THEN EXISTS (SELECT 1 FROM application WHERE id = n.application AND ",
    card_states!(inactive),
    ") WHEN v.to_state = 'on_shelf' THEN p.card_place = 'on_shelf' AND s.window_last >= $1
            ELSE p.card_place = v.to_state END AS holds
     FROM notice n JOIN move v ON v.seq = n.seq JOIN application a ON a.id = n.application
     JOIN application_place p ON p.id = n.application LEFT JOIN shipment s ON s.id = p.shipment
     WHERE n.region = $2 AND ",
    may_be_told!(),
    " ORDER BY n.phone, n.seq, n.application LIMIT $3"
);

impl Ledger {
    /// Who is told of these applications; of an erased person nobody.
    pub(crate) async fn recipients(&self, ids: &[i64]) -> Result<Vec<RecipientRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.stage(ids.iter().copied().map(Subject::of).collect()).await?;
        let sql = "SELECT a.id AS application, a.region, a.person, g.id AS message, g.sealed FROM subject s
             JOIN application a ON a.id = s.id JOIN message g ON g.id = a.message WHERE a.person <> $1";
        tx.rows(sql, args![DESTROYED]).await
    }

    /// The regions of which something may be told today, and those of which rows of earlier days are left.
    pub(crate) async fn regions_to_tell(&self, today: Date) -> Result<Vec<String>, LedgerError> {
        let mut tx = self.read().await?;
        let sql = concat!(
            "SELECT n.region FROM notice n WHERE ",
            may_be_told!(),
            " UNION SELECT region FROM notice WHERE told_on < $1 ORDER BY 1"
        );
        Ok(tx.rows::<(String,)>(sql, args![today]).await?.into_iter().map(|(region,)| region).collect())
    }

    /// What may be told today to people of a region: telephone by telephone, the oldest first.
    pub(crate) async fn waiting_notices(
        &self,
        today: Date,
        region: &str,
        most: i64,
    ) -> Result<Vec<WaitingNotice>, LedgerError> {
        self.read().await?.rows(WAITING, args![today, region, most]).await
    }

    /// Records which were told today, and which are told no more. Those of earlier days have done their work.
    pub(crate) async fn settle_notices(
        &self,
        lease: &Lease,
        told: Vec<i64>,
        dropped: Vec<i64>,
        today: Date,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.stage(told.into_iter().map(Subject::of).collect()).await?;
        tx.run("UPDATE notice SET told_on = $1 WHERE id IN (SELECT id FROM subject)", args![today]).await?;
        tx.stage(dropped.into_iter().map(Subject::of).collect()).await?;
        tx.run("DELETE FROM notice WHERE id IN (SELECT id FROM subject)", args![]).await?;
        tx.run("DELETE FROM notice WHERE told_on < $1", args![today]).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}
