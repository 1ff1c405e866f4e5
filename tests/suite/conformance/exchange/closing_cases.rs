//! A row of a bank's answer to a recycling request that cannot be believed, and one that is final: cases.

use cardline::args;
use cardline::limits::NOT_YET_CLOSED_MAX;
use cardline::route::recycling::{Answers, Cut};
use cardline::route::send::Send;
use cardline::time::instant;
use cardline_core::file_formats::FileKind;
use cardline_world::play::day;

use super::partner_files::largest_request;
use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::drain;

on_both_engines!(a_closing_that_cannot_be_believed_costs_no_other,);

const KIND: FileKind = FileKind::RecyclingResult;
/// Cards made before this system, so many at the least.
const CARDS: usize = 8;

async fn a_closing_that_cannot_be_believed_costs_no_other(database: Database) {
    let play = Play::new(database, 5, 160, 10).await;
    // Cards of the opening stock come back at once, all to one bank.
    execute(
        &play.worker.ledger,
        "UPDATE application SET place = 'to_recycle', social = 'cancelled', open = FALSE, live = FALSE, bank = 'ICBC',
            region = '110101', due_on = '2026-01-05' WHERE old_number IS NOT NULL",
    )
    .await;
    let evening = instant(day(1), 17, 30);
    drain(&Cut::STEP, &play.worker, evening).await.unwrap();
    drain(&Send, &play.worker, evening).await.unwrap();
    let asked = largest_request(&play, "ICBC", FileKind::RecyclingRequest).await;
    let spec = asked.answers(&play, KIND);
    let reasons =
        ["closed", "frozen", "balance_not_zero", "closed", "closed", "closed", "closed", "closed", "balance_not_zero"];
    let mut rows = asked.arranged(spec, |n, field| match field {
        "code" => Some(reasons.get(n).copied().unwrap_or("closed").to_owned()),
        "closed_on" => Some(day(2).to_string()),
        _ => None,
    });
    assert!(rows.len() > CARDS, "{} cards", rows.len());
    let mut set = |n: usize, field: &str, cell: &str| rows[n][spec.column(field).unwrap()] = cell.into();
    set(3, "code", "Z99");
    set(4, "account", "1");
    set(5, "closed_on", "20991231");
    set(7, "card_number", "A?");
    let twice = rows[6].clone();
    rows.push(twice);
    asked.place(&play, KIND, &rows).await;
    let numbers = asked.values("card_number");
    // The last of them was not closed so often before.
    for row in 1..NOT_YET_CLOSED_MAX {
        let before = format!(
            "INSERT INTO answer (file, row, application, outcome, reason)
             SELECT (SELECT min(id) FROM file), {row}, id, 'not_closed', 'balance_not_zero' FROM application
             WHERE old_number = '{}'",
            numbers[8]
        );
        assert_eq!(execute(&play.worker.ledger, &before).await, 1);
    }
    drain(&Answers::STEP, &play.worker, instant(day(3), 8, 0)).await.unwrap();

    let expected = ["destroyed", "held", "to_recycle", "to_recycle", "held", "held", "held", "in_recycling", "held"];
    for (number, place) in numbers.iter().zip(expected) {
        let mut tx = play.worker.ledger.read().await.unwrap();
        let sql = "SELECT place, COALESCE(reason, '') FROM application WHERE old_number = $1";
        let found = tx.row::<(String, String)>(sql, args![number]).await.unwrap().unwrap();
        assert_eq!(found.0, place, "{number}");
        assert!(!found.1.contains("frozen"), "why the card ends stays with it");
    }
    let cases = |reason: &str| {
        let sql = format!("SELECT count(*) FROM desk_case WHERE state = 'open' AND reason LIKE '{reason}'");
        let ledger = play.worker.ledger.clone();
        async move { number(&ledger, &sql).await }
    };
    let frozen = "the bank will not close this account: frozen";
    for reason in [
        frozen,
        "%does not know%",
        "CLOSED-ANOTHER-ACCOUNT",
        "CLOSED-ON",
        "ROW-ANSWERED-TWICE",
        "NOT-CLOSED-BY-NOW",
        "line 9: %",
    ] {
        assert_eq!(cases(reason).await, 1, "{reason}");
    }
    // What is final is not asked again.
    let later = instant(day(40), 17, 30);
    drain(&Cut::STEP, &play.worker, later).await.unwrap();
    let again = "SELECT count(*) FROM recycling_row r JOIN application a ON a.id = r.application
        JOIN answer n ON n.application = a.id AND n.outcome = 'final' WHERE r.batch > 1";
    assert_eq!(number(&play.worker.ledger, again).await, 0);
    let asked_again =
        "SELECT count(*) FROM (SELECT application FROM recycling_row GROUP BY application HAVING count(*) > 1) r";
    assert_eq!(number(&play.worker.ledger, asked_again).await, 2);
    play.end().await;
}
