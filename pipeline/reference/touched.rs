//! Whom a change of reference data touches: unfinished applications, cards, batches and shipments that
//! name a code. One pass over the unfinished for each table.

use std::collections::BTreeMap;

use cardline_core::card_states;

use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, bulk_row, row};

bulk_row! {
    pub(crate) struct ChangedCode<'a> in "changed_code" { code: &'a str }
}

bulk_row! {
    struct Touching in "touching" { code: String, application: i64, is_card: bool }
}

/// What names one code and is unfinished.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Touched {
    /// Applications that are back with the applicant.
    pub applications: i64,
    /// Cards that still need the code.
    pub cards: i64,
    /// Unfinished batches with such cards.
    pub batches: i64,
    /// Shipments under way or on the shelf with such cards.
    pub shipments: i64,
}

/// Who needs a code of a table: unfinished cards for which it still matters, and returned
/// applications. A region and a bank matter to the end of recycling; a point or the outlet that
/// hands out until the card is handed out; an opening outlet until the account is open.
fn who_needs(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "points" => {
            concat!(
                "INSERT INTO touching SELECT t.code, a.id, a.state <> 'returned' FROM changed_code t JOIN application a ON a.point = t.code
             JOIN card c ON c.id = a.id WHERE a.method IN ('village', 'community', 'service_centre', 'employer', 'mail') AND (a.state = 'returned'
                OR c.place IN (",
                card_states!(not_handed_out),
                "))"
            )
        }
        "outlets" => {
            concat!(
                "INSERT INTO touching SELECT t.code, a.id, a.state <> 'returned' FROM changed_code t JOIN application a
                ON a.point = t.code AND a.method NOT IN ('village', 'community', 'service_centre')
             JOIN card c ON c.id = a.id WHERE a.state = 'returned' OR c.place IN (",
                card_states!(not_handed_out),
                ")
             UNION SELECT t.code, a.id, a.state <> 'returned' FROM changed_code t JOIN application a ON a.outlet = t.code
             JOIN card c ON c.id = a.id WHERE a.state = 'returned' OR c.place IN ('waiting_account', 'in_account_batch')"
            )
        }
        "banks" => {
            concat!(
                "INSERT INTO touching SELECT t.code, a.id, a.state <> 'returned' FROM changed_code t JOIN application a ON a.bank = t.code
             JOIN card c ON c.id = a.id WHERE a.state = 'returned' OR c.place NOT IN (",
                card_states!(finished),
                ")"
            )
        }
        "regions" => {
            concat!(
                "INSERT INTO touching SELECT t.code, a.id, a.state <> 'returned' FROM changed_code t JOIN application a ON a.region = t.code
             JOIN card c ON c.id = a.id WHERE a.state = 'returned' OR c.place NOT IN (",
                card_states!(finished),
                ")"
            )
        }
        _ => return None,
    })
}

row! {
    struct TouchedByCode { code: String, applications: i64, cards: i64, batches: i64, shipments: i64 }
}

/// The columns of [`TouchedByCode`].
const COUNTED: &str = "
    SELECT t.code, sum(CASE WHEN t.is_card THEN 0 ELSE 1 END) AS applications, sum(CASE WHEN t.is_card THEN 1 ELSE 0 END) AS cards,
        (SELECT count(DISTINCT b.id) FROM touching x JOIN application a ON a.id = x.application
            LEFT JOIN account_row g ON g.application = a.id LEFT JOIN production_row p ON p.application = a.id
            JOIN batch b ON b.id = g.batch OR b.id = p.batch
            WHERE x.code = t.code AND x.is_card AND (b.state <> 'answered' OR b.to_produce > 0)) AS batches,
        (SELECT count(DISTINCT s.id) FROM touching x JOIN application a ON a.id = x.application JOIN made m ON m.application = a.id
            JOIN box b ON b.id = m.box JOIN shipment s ON s.id = b.shipment
            WHERE x.code = t.code AND x.is_card AND NOT s.done AND a.place IS NULL) AS shipments
    FROM touching t GROUP BY t.code";

impl Ledger {
    /// What is touched by changes of these codes of a table; who is not named is touched by nobody.
    pub async fn touched(&self, kind: &str, codes: &[String]) -> Result<BTreeMap<String, Touched>, LedgerError> {
        let mut tx = self.read().await?;
        touched(&mut tx, kind, codes).await
    }
}

/// Gathers in `touching` who needs these codes; not where nobody can.
async fn touch(tx: &mut Tx, kind: &str, codes: &[String]) -> Result<bool, LedgerError> {
    let Some(sql) = who_needs(kind).filter(|_| !codes.is_empty()) else {
        return Ok(false);
    };
    tx.stage(codes.iter().map(|code| ChangedCode { code }).collect()).await?;
    tx.clear::<Touching>().await?;
    tx.scratch(sql, args![]).await?;
    Ok(true)
}

async fn touched(tx: &mut Tx, kind: &str, codes: &[String]) -> Result<BTreeMap<String, Touched>, LedgerError> {
    if !touch(tx, kind, codes).await? {
        return Ok(BTreeMap::new());
    }
    let rows = tx.rows::<TouchedByCode>(COUNTED, args![]).await?;
    let counted = |row: TouchedByCode| {
        let TouchedByCode { code, applications, cards, batches, shipments } = row;
        (code, Touched { applications, cards, batches, shipments })
    };
    Ok(rows.into_iter().map(counted).collect())
}

/// Table and code.
type Ended<'k> = (&'k str, String);

/// Those of the ended codes that cards still need, with the regions of these cards.
pub(crate) async fn needing<'k>(
    tx: &mut Tx,
    ended: &[(&'k str, String)],
) -> Result<BTreeMap<Ended<'k>, Vec<String>>, LedgerError> {
    let mut by_kind: BTreeMap<&'k str, Vec<String>> = BTreeMap::new();
    for (kind, code) in ended {
        by_kind.entry(kind).or_default().push(code.clone());
    }
    let mut found: BTreeMap<Ended<'k>, Vec<String>> = BTreeMap::new();
    for (kind, codes) in by_kind {
        if !touch(tx, kind, &codes).await? {
            continue;
        }
        let regions = "SELECT DISTINCT t.code, a.region FROM touching t JOIN application a ON a.id = t.application WHERE t.is_card";
        for (code, region) in tx.rows::<(String, String)>(regions, args![]).await? {
            found.entry((kind, code)).or_default().push(region);
        }
    }
    Ok(found)
}
