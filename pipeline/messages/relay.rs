//! The outbox: sealed history is what is published; the relay only records its position.
//!
//! No row is written per message. An outgoing event's id is derived from the row of history and the
//! application, so that telling it twice after a crash can be recognised.

use std::collections::{BTreeSet, HashMap};

use crate::messages::notice_rows::NewNotice;
use crate::store::dialect::over_history;
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError};
use crate::{args, row};

row! {
    /// One move to tell others about, expanded to the card it moved.
    pub struct ToldMove {
        seq: i64,
        at: i64,
        life: String,
        to_state: String,
        from_state: String,
        reason: String,
        application: i64,
        application_id: String,
        region: String,
        person: Vec<u8>,
        /// Rule and field of each error, where it was rejected.
        findings: Vec<(String, String)> = Vec::new(),
    }
}

/// Rows of history of one seal that others hear of, each with the cards it moved. A card that left
/// its set before the set moved is left out by its own last move.
const TOLD: &[&str] = &[
    "SELECT v.seq, v.at, v.life, v.from_state, v.to_state, v.reason, a.id AS application, a.application_id, a.region, a.person
     FROM move v JOIN application a ON v.scope = 'chunk' AND a.chunk = v.subject
     WHERE v.seq BETWEEN $1 AND $2 AND v.life = 'application'",
    "SELECT v.seq, v.at, v.life, v.from_state, v.to_state, v.reason, a.id AS application, a.application_id, a.region, a.person
     FROM move v JOIN application a ON v.scope = 'application' AND a.id = v.subject
     WHERE v.seq BETWEEN $1 AND $2 AND (v.life IN ('application', 'social', 'account') OR v.to_state IN ('on_shelf', 'in_hand', 'with_unit', 'in_mail', 'recalled', 'stored', 'destroyed'))",
    "SELECT v.seq, v.at, v.life, v.from_state, v.to_state, v.reason, a.id AS application, a.application_id, a.region, a.person
     FROM move v JOIN box b ON v.scope = 'report' AND b.report = v.subject JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
     WHERE v.seq BETWEEN $1 AND $2 AND v.life = 'card'",
    "SELECT v.seq, v.at, v.life, v.from_state, v.to_state, v.reason, a.id AS application, a.application_id, a.region, a.person
     FROM move v JOIN shipment s ON v.scope = 'shipment' AND s.id = v.subject JOIN box b ON b.shipment = s.id
     JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
     WHERE v.seq BETWEEN $1 AND $2 AND (v.to_state = 'on_shelf' OR v.from_state = 'on_shelf' AND v.to_state = 'in_transit')
        AND COALESCE((SELECT o.to_state FROM move o WHERE o.scope = 'application'
        AND o.subject = a.id AND o.life = 'card' AND o.seq < v.seq ORDER BY o.seq DESC LIMIT 1), 'waiting_account')
        IN ('waiting_account', 'waiting_production', 'in_production', 'produced', 'in_transit', 'at_point', 'on_shelf')",
];

/// Errors of the applications that were rejected, by the row of history that says so.
const REJECTIONS: &str = "SELECT v.seq, f.rule, f.field FROM move v CROSS JOIN application a CROSS JOIN finding f
    WHERE v.seq BETWEEN $1 AND $2 AND v.scope = 'application' AND v.life = 'application' AND v.to_state = 'rejected'
        AND a.id = v.subject AND f.message = a.message AND f.severity = 'error' ORDER BY v.seq, f.rule, f.field";

impl Ledger {
    /// The next seal that was not published yet, and everything in it that others hear of, in order.
    pub async fn untold(&self, relay: &str) -> Result<Option<(i64, Vec<ToldMove>)>, LedgerError> {
        let mut tx = self.read().await?;
        let told = tx.number("SELECT seal FROM relay WHERE name = $1", args![relay]).await?;
        let Some((no, from, to)) =
            tx.row::<(i64, i64, i64)>("SELECT no, from_tx, to_tx FROM seal WHERE no = $1", args![told + 1]).await?
        else {
            return Ok(None);
        };
        let covered = over_history!(tx, "SELECT seq FROM move WHERE ", "");
        let sealed: BTreeSet<i64> =
            tx.rows::<(i64,)>(covered, args![from, to]).await?.into_iter().map(|(seq,)| seq).collect();
        let (first, last) = (sealed.first().copied().unwrap_or(0), sealed.last().copied().unwrap_or(-1));
        let mut moves = Vec::new();
        for sql in TOLD {
            let told = tx.rows::<ToldMove>(sql, args![first, last]).await?;
            moves.extend(told.into_iter().filter(|told| sealed.contains(&told.seq)));
        }
        let mut findings: HashMap<i64, Vec<(String, String)>> = HashMap::new();
        for (seq, rule, field) in tx.rows::<(i64, String, String)>(REJECTIONS, args![first, last]).await? {
            findings.entry(seq).or_default().push((rule, field));
        }
        for told in &mut moves {
            told.findings = findings.remove(&told.seq).unwrap_or_default();
        }
        moves.sort_by(|a, b| (a.seq, &a.application_id).cmp(&(b.seq, &b.application_id)));
        Ok(Some((no, moves)))
    }

    /// Records that a seal was published completely, and keeps the notices that people get of it.
    pub(crate) async fn told(
        &self,
        lease: &Lease,
        relay: &str,
        seal: i64,
        notices: Vec<NewNotice>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        spend(&mut tx, lease).await?;
        tx.insert(notices).await?;
        tx.run(
            "INSERT INTO relay (name, seal) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seal = excluded.seal WHERE relay.seal < excluded.seal",
            args![relay, seal],
        )
        .await?;
        tx.commit().await
    }
}
