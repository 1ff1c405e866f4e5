//! The hash chain: it verifies, and a change to anything it covers is seen and named.

use cardline::store::Ledger;
use cardline::time::instant;

use crate::conformance::arrivals::{Intake, TODAY, arriving, execute, now, number, wrong};
use crate::databases::{Database, Engine, on_both_engines};

on_both_engines!(
    what_is_committed_is_sealed_once_and_verifies,
    a_change_to_sealed_history_names_its_seal,
    an_incremental_run_looks_at_new_seals,
    a_late_sealer_is_fenced_off,
);

/// Seals until nothing is left: on PostgreSQL whatever runs elsewhere in the server holds it up.
async fn seal(ledger: &Ledger) -> i64 {
    let mut encrypted = 0;
    for _ in 0..200 {
        let lease = ledger.take_lease("seal", "suite", now(), 60).await.unwrap().unwrap();
        encrypted += ledger.seal_history(&lease, now()).await.unwrap();
        let covered = number(ledger, "SELECT CAST(COALESCE(sum(moves), 0) AS BIGINT) FROM seal").await;
        if covered == number(ledger, "SELECT count(*) FROM move").await {
            return encrypted;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("history was not sealed within ten seconds");
}

async fn chain_is_broken_at(ledger: &Ledger) -> Vec<String> {
    let report = ledger.books(now(), true, Some(11)).await.unwrap();
    report.books[0].offending.iter().filter(|line| line.starts_with("seal ")).cloned().collect()
}

async fn three_seals(database: &Database) -> Intake {
    let mut intake = Intake::on(database).await;
    for n in 0..3 {
        intake.settle(vec![arriving(2 * n, 1, &format!("a{n}")), wrong(2 * n + 1, 1, &format!("b{n}"))]).await.unwrap();
        assert_eq!(seal(&intake.ledger).await, 4);
    }
    assert_eq!(number(&intake.ledger, "SELECT max(no) FROM seal").await, 3);
    intake
}

async fn what_is_committed_is_sealed_once_and_verifies(database: Database) {
    let intake = three_seals(&database).await;
    assert_eq!(seal(&intake.ledger).await, 0);
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM seal WHERE moves = 4").await, 3);
    assert_eq!(
        number(&intake.ledger, "SELECT count(*) FROM seal a JOIN seal b ON b.no = a.no + 1 AND b.from_tx = a.to_tx")
            .await,
        2
    );
    intake.books_hold().await;
}

async fn a_change_to_sealed_history_names_its_seal(database: Database) {
    let intake = three_seals(&database).await;
    let ledger = &intake.ledger;
    let first = "seq = (SELECT min(seq) + 4 FROM move)";
    let flips = [
        ("at", "at + 1", "at - 1"),
        ("life", "life || 'x'", "substr(life, 1, length(life) - 1)"),
        ("scope", "scope || 'x'", "substr(scope, 1, length(scope) - 1)"),
        ("subject", "subject + 1000", "subject - 1000"),
        ("from_state", "from_state || 'x'", "substr(from_state, 1, length(from_state) - 1)"),
        ("to_state", "to_state || 'x'", "substr(to_state, 1, length(to_state) - 1)"),
        ("count", "count + 1", "count - 1"),
        ("actor", "actor || 'x'", "substr(actor, 1, length(actor) - 1)"),
        ("reason", "reason || 'x'", "substr(reason, 1, length(reason) - 1)"),
        ("event_id", "'x'", "NULL"),
        ("evidence", "'x'", "NULL"),
        ("digest", if database.engine == Engine::Sqlite { "x'00'" } else { "'\\x00'::bytea" }, "NULL"),
        ("seq", "seq + 1000000", "seq - 1000000"),
    ];
    assert_eq!(chain_is_broken_at(ledger).await, Vec::<String>::new());
    for (column, change, back) in flips {
        let row = if column == "seq" { "seq > 1000000" } else { first };
        assert_eq!(execute(ledger, &format!("UPDATE move SET {column} = {change} WHERE {first}")).await, 1);
        let broken = chain_is_broken_at(ledger).await;
        assert!(broken.first().is_some_and(|line| line.starts_with("seal 2: ")), "{column}: {broken:?}");
        execute(ledger, &format!("UPDATE move SET {column} = {back} WHERE {row}")).await;
        assert_eq!(chain_is_broken_at(ledger).await, Vec::<String>::new(), "{column} put back");
    }
    execute(ledger, "UPDATE seal SET digest = 'x' WHERE no = 1").await;
    let broken = chain_is_broken_at(ledger).await;
    // The first no longer agrees with its history, and the second was chained to what it said before.
    assert!(broken.len() == 2 && broken[0].starts_with("seal 1: ") && broken[1].starts_with("seal 2: "), "{broken:?}");
    execute(ledger, "DELETE FROM seal WHERE no = 1").await;
    assert!(!chain_is_broken_at(ledger).await.is_empty(), "a seal was taken out");
}

async fn an_incremental_run_looks_at_new_seals(database: Database) {
    let mut intake = three_seals(&database).await;
    intake.books_hold().await;
    intake.settle(vec![arriving(90, 1, "z")]).await.unwrap();
    seal(&intake.ledger).await;
    execute(&intake.ledger, "UPDATE move SET reason = 'else' WHERE seq = (SELECT max(seq) FROM move)").await;
    let evening = instant(TODAY, 18, 0);
    let report = intake.ledger.books(evening, false, None).await.unwrap();
    assert!(!report.whole);
    let law = &report.books[10];
    assert!(!law.holds && law.offending.iter().any(|line| line.starts_with("seal 4: ")), "{:?}", law.offending);
    // A run that did not hold is not remembered: the next one finds the same.
    let again = intake.ledger.books(evening, false, None).await.unwrap();
    assert!(!again.books[10].holds);
}

async fn a_late_sealer_is_fenced_off(database: Database) {
    let mut intake = Intake::on(&database).await;
    intake.settle(vec![arriving(1, 1, "a")]).await.unwrap();
    let late = intake.ledger.take_lease("seal", "suite", now(), 60).await.unwrap().unwrap();
    seal(&intake.ledger).await;
    intake.settle(vec![arriving(2, 1, "b")]).await.unwrap();
    assert!(intake.ledger.seal_history(&late, now()).await.is_err());
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM seal").await, 1);
}
