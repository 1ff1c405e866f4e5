//! Encrypted records that somebody exchanged by SQL: each opens in its own row only, and holds its own card.

use cardline::args;
use cardline::batching::cutting::CANNOT_OPEN;

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(two_exchanged_records_hold_their_two_cards);

/// The group of a bank and a region with most cards that wait for accounts; the first two of at least four.
const TWO_OF_A_GROUP: &str =
    "SELECT min(a.id), max(a.id), count(*) FROM application a JOIN account_waiting w ON w.application = a.id
    GROUP BY a.region, a.bank, a.lane HAVING count(*) > 3 ORDER BY count(*) DESC LIMIT 1";

async fn two_exchanged_records_hold_their_two_cards(database: Database) {
    let mut play = Play::new(database, 5, 600, 20).await;
    let (mut today, mut two) = (0, None);
    while two.is_none() {
        play.day(today).await;
        today += 1;
        let mut tx = play.worker.ledger.read().await.unwrap();
        two = tx.row::<(i64, i64, i64)>(TWO_OF_A_GROUP, args![]).await.unwrap();
    }
    let (a, b, _) = two.unwrap();
    let ledger = play.worker.ledger.clone();
    let of = |id: i64| format!("(SELECT message FROM application WHERE id = {id})");
    // Copied first: SQLite would read for the second row what it has just written into the first.
    execute(
        &ledger,
        &format!("CREATE TABLE taken AS SELECT id, sealed FROM message WHERE id IN ({}, {})", of(a), of(b)),
    )
    .await;
    let exchanged = format!(
        "UPDATE message SET sealed = (SELECT t.sealed FROM taken t WHERE t.id <> message.id) WHERE id IN ({}, {})",
        of(a),
        of(b)
    );
    assert_eq!(execute(&ledger, &exchanged).await, 2);
    execute(&ledger, "DROP TABLE taken").await;
    for n in today..today + 6 {
        play.day(n).await;
    }
    // No bank is asked about the other's holder.
    let cut = format!("SELECT count(*) FROM account_row WHERE application IN ({a}, {b})");
    assert_eq!(number(&ledger, &cut).await, 0);
    // Whoever has the bank asked again meets the same.
    let cases = format!(
        "SELECT count(DISTINCT application) FROM desk_case WHERE reason = '{CANNOT_OPEN}' AND application IN ({a}, {b})"
    );
    assert_eq!(number(&ledger, &cases).await, 2);
    let others = format!("SELECT count(*) FROM account_row WHERE application BETWEEN {a} AND {b}");
    assert!(number(&ledger, &others).await > 1, "the cut went on");
    play.end().await;
}
