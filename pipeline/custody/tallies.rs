//! Figures for metrics: read every minute, so they must not grow with the number of cards.
//!
//! How many stand in each state is a tally of the sealed history, carried on from seal to seal; the
//! worker that is first carries it on for all. The rest are small tables and partial indices.

use jiff::{SignedDuration, Timestamp};

use crate::store::dialect::over_history;
use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, row};

/// The figures.
pub struct Tallies {
    /// Life, state, how many.
    pub states: Vec<(String, String, i64)>,
    /// Partner, state, how many files that are not finished.
    pub files: Vec<(String, String, i64)>,
    /// When the laws last held, in microseconds; 0 if they were never checked.
    pub books_held_at: i64,
    /// Topic, partition, next offset to be taken in.
    pub positions: Vec<(String, i64, i64)>,
}

row! {
    /// How many moved along one edge.
    pub struct Moved { life: String, from_state: String, to_state: String, count: i64 }
}

/// Microseconds that are counted together.
const SLICE: i64 = 300_000_000;
/// Microseconds for which slices are kept.
const KEPT: i64 = 7_200_000_000;

impl Ledger {
    /// Reads the figures.
    pub async fn figures(&self) -> Result<Tallies, LedgerError> {
        let mut tx = self.read().await?;
        Ok(Tallies {
            states: tx.rows("SELECT life, state, count FROM tally ORDER BY life, state", args![]).await?,
            files: tx
                .rows(
                    "SELECT partner, state, count(*) FROM file WHERE state IN ('frozen', 'placed', 'held')
                     GROUP BY partner, state ORDER BY partner, state",
                    args![],
                )
                .await?,
            books_held_at: tx.number("SELECT COALESCE(max(at), 0) FROM law_run WHERE holds", args![]).await?,
            positions: tx
                .rows("SELECT topic, partition, next FROM source_offset ORDER BY topic, partition", args![])
                .await?,
        })
    }

    /// Adds what was sealed since the last time to the tally. When another worker is doing so, nothing.
    pub async fn carry_tally(&self) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let (seal, to, at) = tx
            .row::<(i64, i64, i64)>("SELECT no, to_tx, at FROM seal ORDER BY no DESC LIMIT 1", args![])
            .await?
            .unwrap_or_default();
        tx.run("INSERT INTO relay (name, seal) VALUES ('tally', 0) ON CONFLICT (name) DO NOTHING", args![]).await?;
        let done = tx.number("SELECT seal FROM relay WHERE name = 'tally'", args![]).await?;
        if seal <= done {
            return tx.roll_back().await;
        }
        // Who comes second waits for this row, and then finds that the seals were added.
        let ours = tx.run("UPDATE relay SET seal = $1 WHERE name = 'tally' AND seal = $2", args![seal, done]).await?;
        if ours == 0 {
            return tx.roll_back().await;
        }
        let from = tx.number("SELECT to_tx FROM seal WHERE no = $1", args![done]).await?;
        add(&mut tx, from, to).await?;
        add_recent(&mut tx, from, to, at).await?;
        tx.commit().await
    }
}

/// What moved within the hour before an instant, as far as history is in the tally; a slice that lies in it in part is
/// counted whole.
///
/// # Errors
/// The ledger cannot be read.
pub async fn last_hour(tx: &mut Tx, now: Timestamp) -> Result<Vec<Moved>, LedgerError> {
    let since = (now - SignedDuration::from_hours(1)).as_microsecond() / SLICE * SLICE;
    let sql = "SELECT life, from_state, to_state, CAST(sum(count) AS BIGINT) AS count FROM recent_move
         WHERE at >= $1 GROUP BY life, from_state, to_state";
    tx.rows(sql, args![since]).await
}

/// Adds a range of history to what moved lately, of the two hours before its last seal, and forgets what is older.
async fn add_recent(tx: &mut Tx, from: i64, to: i64, sealed_at: i64) -> Result<(), LedgerError> {
    let sql = over_history!(
        tx,
        "INSERT INTO recent_move (at, life, from_state, to_state, count)
         SELECT m.at / $3 * $3, m.life, m.from_state, m.to_state, CAST(sum(m.count) AS BIGINT) FROM move m WHERE ",
        " AND m.at >= $4 GROUP BY 1, 2, 3, 4 ON CONFLICT (at, life, from_state, to_state)
             DO UPDATE SET count = recent_move.count + excluded.count"
    );
    let oldest = sealed_at - KEPT;
    tx.run(sql, args![from, to, SLICE, oldest]).await?;
    tx.run("DELETE FROM recent_move WHERE at < $1", args![oldest]).await?;
    Ok(())
}

/// What a range of history brought to each state, and took from it.
async fn add(tx: &mut Tx, from: i64, to: i64) -> Result<(), LedgerError> {
    let sql = over_history!(
        tx,
        "INSERT INTO tally (life, state, count)
         SELECT life, state, CAST(sum(n) AS BIGINT) FROM (
            SELECT life, to_state AS state, count AS n FROM move WHERE ",
        "
            UNION ALL SELECT life, from_state, -count FROM move WHERE ",
        " AND from_state <> '') moved
         WHERE true GROUP BY life, state ON CONFLICT (life, state) DO UPDATE SET count = tally.count + excluded.count"
    );
    tx.run(sql, args![from, to]).await?;
    Ok(())
}
