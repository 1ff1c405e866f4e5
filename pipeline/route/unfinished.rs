//! What is not finished: applications that wait for a correction and cards with which something is still to be done, by
//! where they stand.

use cardline_core::card_states;
use jiff::Timestamp;

use crate::custody::counted_at::fresh;
use crate::store::scope::in_scope;
use crate::store::{LedgerError, Tx};
use crate::{args, bulk_row, read_by_name, row};

/// Everything unfinished, one row each, with the point at which it is or will be collected. Each way begins with what is open, so that what is finished is not looked at.
/// The promise is empty where it was kept or missed already, and where nobody was promised anything: a replacement, a
/// correction that the holder owes, plastic on its way back.
macro_rules! each_unfinished {
    () => {
        concat!(
            "SELECT 'application' AS life, a.state, '' AS promise_on, a.region, a.bank, a.due_on, a.point, a.id
                FROM application a WHERE a.state IN ('returned', 'rejected')
            UNION ALL SELECT 'card', 'waiting_account', ",
            each_unfinished!(promised),
            ", a.region, a.bank, a.due_on, a.point, a.id FROM account_waiting w CROSS JOIN application a WHERE a.id = w.application
            UNION ALL SELECT 'card',
                CASE WHEN c.application IS NULL THEN 'in_account_batch' ELSE 'waiting_production' END, ",
            each_unfinished!(promised),
            ", a.region, a.bank, b.due_on, a.point, a.id FROM batch b
                CROSS JOIN account_row g CROSS JOIN application a
                LEFT JOIN account c ON c.application = a.id LEFT JOIN production_row p ON p.application = a.id
                WHERE b.kind = 'account' AND (b.state <> 'answered' OR b.to_produce > 0)
                    AND g.batch = b.id AND a.id = g.application AND a.place IS NULL AND p.application IS NULL
            UNION ALL SELECT 'card', COALESCE(a.place, 'in_production'), ",
            each_unfinished!(promised),
            ", a.region, a.bank, b.due_on, a.point, a.id FROM batch b
                JOIN production_row p ON p.batch = b.id JOIN application a ON a.id = p.application
                LEFT JOIN made m ON m.application = a.id
                WHERE b.kind = 'production' AND b.state <> 'answered' AND m.application IS NULL
                    AND (a.place IS NULL OR a.place = 'spoiled')
            UNION ALL SELECT 'card', 'produced', ",
            each_unfinished!(promised),
            ", a.region, a.bank, CAST(NULL AS TEXT), a.point, a.id FROM box x
                CROSS JOIN made m CROSS JOIN application a
                WHERE x.shipment IS NULL AND m.box = x.id AND a.id = m.application AND a.place IS NULL
            UNION ALL SELECT 'card', s.place, CASE WHEN s.ready_on IS NULL THEN ",
            each_unfinished!(promised),
            " ELSE '' END, a.region, a.bank,
                CASE WHEN s.place = 'in_transit' THEN s.due_on ELSE COALESCE(s.window_last, s.due_on) END, s.point, a.id
                FROM shipment s CROSS JOIN box x CROSS JOIN made m CROSS JOIN application a
                WHERE NOT s.done AND x.shipment = s.id AND m.box = x.id AND a.id = m.application AND a.place IS NULL
            UNION ALL SELECT 'card', a.place, CASE WHEN a.place IN ('held', 'missing', 'in_mail') AND s.ready_on IS NULL THEN ",
            each_unfinished!(promised),
            " ELSE '' END, a.region, a.bank, a.due_on, a.point, a.id FROM application a
                LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box
                LEFT JOIN shipment s ON s.id = x.shipment WHERE a.place IN (",
            card_states!(due_alone),
            ")
            UNION ALL SELECT 'card', a.place, '', a.region, a.bank, b.due_on, a.point, a.id FROM batch b
                JOIN recycling_row r ON r.batch = b.id JOIN application a ON a.id = r.application
                WHERE b.kind = 'recycling' AND b.state <> 'answered' AND a.place = 'in_recycling'"
        )
    };
    (promised) => {
        "CASE WHEN a.old_number IS NULL THEN a.promise_on ELSE '' END"
    };
}
pub(in crate::route) use each_unfinished;

/// Cards that are at the point `$1` or will come there, and are not handed out; `outside` is 1 where the viewer does not
/// see one.
const OF_POINT: &str = concat!(
    "SELECT u.id, u.state, CAST(CASE WHEN ",
    in_scope!("u.bank", "u.region"),
    " THEN 0 ELSE 1 END AS BIGINT) AS outside FROM (",
    each_unfinished!(),
    ") u WHERE u.life = 'card' AND u.point = $1 AND u.state IN (",
    card_states!(not_handed_out),
    ") ORDER BY u.id LIMIT $2"
);

row! {
    /// A card that is at a point or will come there.
    pub struct CardOfPoint { id: i64, state: String, outside: i64 }
}

/// The cards that are at a point or will come there, and are not handed out.
pub(crate) async fn cards_of_point(tx: &mut Tx, point: &str, most: i64) -> Result<Vec<CardOfPoint>, LedgerError> {
    tx.look().await?;
    tx.rows(OF_POINT, args![point, most]).await
}

/// Whether a card that the viewer sees is at a point, or came there by the last count.
pub(crate) async fn is_needed(tx: &mut Tx, point: &str) -> Result<bool, LedgerError> {
    tx.look().await?;
    let lying = concat!(
        "SELECT count(*) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
            JOIN application a ON a.id = m.application WHERE s.point = $1 AND NOT s.done AND a.place IS NULL AND ",
        in_scope!("a.bank", "a.region")
    );
    let coming =
        concat!("SELECT count(*) FROM coming_count u WHERE u.point = $1 AND ", in_scope!("u.bank", "u.region"));
    Ok(tx.number(lying, args![point]).await? > 0 || tx.number(coming, args![point]).await? > 0)
}

/// Everything unfinished, counted.
pub const UNFINISHED: &str = concat!(
    "SELECT u.life, u.state, u.promise_on, u.region, u.bank, min(u.due_on) AS due_on, count(*) AS cards FROM (",
    each_unfinished!(),
    ") u GROUP BY u.life, u.state, u.promise_on, u.region, u.bank"
);

/// The same of the viewer's scope alone, counted now.
const WITHIN_SCOPE: &str = concat!(
    "SELECT u.life, u.state, min(u.due_on) AS due_on, count(*) AS cards FROM (",
    each_unfinished!(),
    ") u WHERE ",
    in_scope!("u.bank", "u.region"),
    " GROUP BY u.life, u.state"
);

/// And from the last count.
const COUNTED: &str = concat!(
    "SELECT u.life, u.state, min(u.due_on) AS due_on, CAST(sum(u.cards) AS BIGINT) AS cards FROM unfinished u WHERE ",
    in_scope!("u.bank", "u.region"),
    " GROUP BY u.life, u.state"
);

/// Of each point how many stand in one state and were promised, or are due, for one day, by region and bank.
pub const COMING: &str = concat!(
    "SELECT u.point, u.state, u.promise_on, u.due_on, u.region, u.bank, count(*) AS cards FROM (",
    each_unfinished!(),
    ") u WHERE u.life = 'card' GROUP BY u.point, u.state, u.promise_on, u.due_on, u.region, u.bank"
);

/// The same of the viewer's scope alone, counted now.
const COMING_NOW: &str = concat!(
    "SELECT u.point, u.state, u.promise_on, u.due_on, count(*) AS cards FROM (",
    each_unfinished!(),
    ") u WHERE u.life = 'card' AND ",
    in_scope!("u.bank", "u.region"),
    " GROUP BY u.point, u.state, u.promise_on, u.due_on ORDER BY u.point"
);

/// And from the last count.
const COMING_COUNTED: &str = concat!(
    "SELECT u.point, u.state, u.promise_on, u.due_on, CAST(sum(u.cards) AS BIGINT) AS cards FROM coming_count u WHERE ",
    in_scope!("u.bank", "u.region"),
    " GROUP BY u.point, u.state, u.promise_on, u.due_on ORDER BY u.point"
);

bulk_row! {
    /// Cards of one point, region and bank that stand alike.
    pub struct ComingCount in "coming_count" {
        point: String, state: String, promise_on: String, due_on: Option<String>, region: String, bank: String, cards: i64,
    }
}

read_by_name!(ComingCount { point, state, promise_on, due_on, region, bank, cards });

bulk_row! {
    /// How many of one region and bank stand in one state and were promised for one day.
    pub struct Unfinished in "unfinished" {
        life: String, state: String, promise_on: String, region: String, bank: String, due_on: Option<String>, cards: i64,
    }
}

read_by_name!(Unfinished { life, state, promise_on, region, bank, due_on, cards });

row! {
    /// Cards of one point that stand alike.
    pub struct AtPoint { point: String, state: String, promise_on: String, due_on: Option<String>, cards: i64 }
}

/// The unfinished cards of the viewer's scope by point, counted now.
pub async fn coming_now(tx: &mut Tx) -> Result<Vec<AtPoint>, LedgerError> {
    tx.rows(COMING_NOW, args![]).await
}

/// The same from the last count where it is fresh, and when that was; else counted now.
pub async fn coming(tx: &mut Tx, now: Timestamp) -> Result<(Vec<AtPoint>, Option<Timestamp>), LedgerError> {
    // A worker of the version before counts, too, and leaves this table empty.
    let is_counted = tx.number("SELECT count(*) FROM (SELECT 1 FROM coming_count LIMIT 1) one", args![]).await? > 0;
    let counted_at = fresh(tx, now).await?.filter(|_| is_counted);
    let sql = if counted_at.is_some() { COMING_COUNTED } else { COMING_NOW };
    Ok((tx.rows(sql, args![]).await?, counted_at))
}

row! {
    /// How many stand in one state of a life, and the earliest day by which something of it is due.
    pub struct Stand { life: String, state: String, due_on: Option<String>, cards: i64 }
}

/// What is unfinished within the viewer's scope, by state: from the last count where it is fresh, and when that was;
/// else counted now.
pub async fn unfinished(tx: &mut Tx, now: Timestamp) -> Result<(Vec<Stand>, Option<Timestamp>), LedgerError> {
    let counted_at = fresh(tx, now).await?;
    let sql = if counted_at.is_some() { COUNTED } else { WITHIN_SCOPE };
    Ok((tx.rows(sql, args![]).await?, counted_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Ledger;

    #[tokio::test]
    async fn what_is_unfinished_is_not_looked_for_among_all_cards() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
        let mut tx = ledger.read().await.unwrap();
        for statement in [UNFINISHED, COMING] {
            let whole = tx.read_whole(statement).await.unwrap();
            assert!(whole.is_empty(), "{statement}: {whole:?}");
        }
    }
}
