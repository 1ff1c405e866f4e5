//! Which cards a batch takes when more wait than fit: those approved first, whenever they came.

use cardline::args;
use cardline::batching::cut_batch::QueueSlice;
use cardline::store::Ledger;
use jiff::Timestamp;
use jiff::civil::date;

use crate::conformance::arrivals::{Intake, arriving, execute, number};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    who_was_approved_first_goes_first,
    who_was_approved_first_is_made_first,
    a_run_takes_the_first_of_many_batches,
);

async fn who_was_approved_first_goes_first(database: Database) {
    let mut intake = Intake::on(&database).await;
    let approved = |application: u32, day: i8| {
        let mut message = arriving(application, 1, &format!("person {application}"));
        message.facts.as_mut().unwrap().approved_on = date(2026, 1, day);
        message
    };
    intake.settle(vec![approved(4, 3), approved(9, 2)]).await.unwrap();
    intake.settle(vec![approved(7, 1), approved(8, 3), approved(3, 2)]).await.unwrap();
    execute(&intake.ledger, "INSERT INTO rendition (source, print, tries) VALUES ('photos/1.jpg#00', 'p', 0)").await;
    for (most, taken) in [(1, vec![7]), (2, vec![3, 7]), (3, vec![3, 7, 9]), (4, vec![3, 4, 7, 9])] {
        let cards = intake.ledger.waiting_cards(&group("110101"), most).await.unwrap();
        let ids: Vec<u32> = cards.iter().map(|c| c.application_id[16..].parse().unwrap()).collect();
        assert_eq!(ids, taken, "{most} cards, in the order of application ids");
    }
}

/// Also when the bank answered sooner for those approved later, and whatever the region; of one day, those whose account
/// batch was cut first.
async fn who_was_approved_first_is_made_first(database: Database) {
    let mut intake = Intake::on(&database).await;
    let approved = |application: u32, day: i8, region: &str| {
        let mut message = arriving(application, 1, &format!("person {application}"));
        let facts = message.facts.as_mut().unwrap();
        (facts.approved_on, facts.region) = (date(2026, 1, day), region.into());
        message
    };
    let (here, there) = ("110101", "110102");
    intake.settle(vec![approved(4, 3, here), approved(9, 2, here), approved(5, 3, there)]).await.unwrap();
    opened(&intake.ledger, &[(1, here), (2, there)]).await;
    intake.settle(vec![approved(7, 1, here), approved(8, 3, here), approved(3, 2, here)]).await.unwrap();
    intake.settle(vec![approved(2, 3, there), approved(1, 2, there)]).await.unwrap();
    opened(&intake.ledger, &[(3, here), (4, there)]).await;
    for (most, taken) in [(1, vec![7]), (2, vec![7, 9]), (3, vec![3, 7, 9]), (4, vec![3, 4, 7, 9])] {
        let cards = intake.ledger.accounted_cards(&[group(here)], most).await.unwrap();
        let ids: Vec<u32> = cards.iter().map(|c| c.application_id[16..].parse().unwrap()).collect();
        assert_eq!(ids, taken, "{most} cards, in the order of application ids");
    }
    // 7; 9, 3, 1; 4, 5, 8, 2: of the first day, the second, the third, those of earlier batches first.
    for (most, (of_here, of_there)) in [(1, (1, 0)), (2, (2, 0)), (4, (3, 1)), (5, (4, 1)), (6, (4, 2)), (9, (5, 3))] {
        let counts = intake.ledger.approved_first(&[group(here), group(there)], most).await.unwrap();
        let told = |region| counts.iter().find(|(of, _)| of == region).map_or(0, |(_, n)| *n);
        assert_eq!((told(here), told(there)), (of_here, of_there), "{most} cards");
        let cards = intake.ledger.accounted_cards(&[group(here), group(there)], most).await.unwrap();
        let regions: Vec<&str> = cards.iter().map(|card| card.region.as_str()).collect();
        let sections = [vec![here; of_here as usize], vec![there; of_there as usize]].concat();
        assert_eq!(regions, sections, "{most} cards, section by section");
    }
}

/// As many batches are read as a run needs; what they say of themselves may be wrong.
async fn a_run_takes_the_first_of_many_batches(database: Database) {
    let mut intake = Intake::on(&database).await;
    let regions = ["110101", "110102", "110105"];
    for batch in 1..=12 {
        let region = regions[batch as usize % 3];
        let of = |n: u32| {
            let mut message = arriving(100 * batch + n, 1, &format!("person {batch} {n}"));
            let facts = message.facts.as_mut().unwrap();
            let day = 1 + (batch * 5 + n * 3) % 11;
            (facts.approved_on, facts.region) = (date(2026, 1, day as i8), region.into());
            message
        };
        intake.settle((0..1 + batch % 5).map(of).collect()).await.unwrap();
        opened(&intake.ledger, &[(batch.into(), region)]).await;
    }
    execute(&intake.ledger, "UPDATE batch SET to_produce = to_produce + 9 WHERE id IN (2, 5)").await;
    execute(&intake.ledger, "UPDATE batch SET oldest = '' WHERE id = 7").await;
    let groups = regions.map(group);
    let ids = "SELECT w.application_id FROM (SELECT a.region, a.application_id FROM batch b JOIN account_row g ON g.batch = b.id
            JOIN application a ON a.id = g.application ORDER BY a.approved_on, b.id, a.application_id LIMIT $1) w
         ORDER BY w.region, w.application_id";
    for most in 0..40 {
        let first: Vec<(String,)> = intake.ledger.read().await.unwrap().rows(ids, args![most]).await.unwrap();
        let cards = intake.ledger.accounted_cards(&groups, most).await.unwrap();
        assert_eq!(cards.into_iter().map(|card| (card.application_id,)).collect::<Vec<_>>(), first, "{most} cards");
        let sql = "SELECT w.region, count(*) FROM (SELECT b.region FROM batch b JOIN account_row g ON g.batch = b.id
                JOIN application a ON a.id = g.application ORDER BY a.approved_on, b.id, a.application_id LIMIT $1) w
             GROUP BY w.region ORDER BY w.region";
        let first: Vec<(String, i64)> = intake.ledger.read().await.unwrap().rows(sql, args![most]).await.unwrap();
        assert_eq!(intake.ledger.approved_first(&groups, most).await.unwrap(), first, "{most} cards");
    }
    // One that says that its cards came later is not looked into, though they came before all others.
    execute(&intake.ledger, "UPDATE batch SET oldest = '2026-02-01' WHERE id = 3").await;
    let first = "UPDATE application SET approved_on = '2025-12-01' WHERE id IN (SELECT application FROM account_row WHERE batch = 3)";
    execute(&intake.ledger, first).await;
    let of_it = |most| {
        let ledger = &intake.ledger;
        async move {
            ledger
                .accounted_cards(&regions.map(group), most)
                .await
                .unwrap()
                .iter()
                .filter(|card| card.account_batch == 3)
                .count()
        }
    };
    let all = number(&intake.ledger, "SELECT count(*) FROM account_row").await;
    let cards = number(&intake.ledger, "SELECT count(*) FROM account_row WHERE batch = 3").await;
    assert_eq!(of_it(1).await, 0);
    assert_eq!(of_it(all).await as i64, cards);
}

/// The bank opened an account for every card that waits: one batch for each region.
async fn opened(ledger: &Ledger, batches: &[(i64, &str)]) {
    for (id, region) in batches {
        let waiting = format!("SELECT count(*) FROM account_waiting WHERE region = '{region}'");
        let cards = number(ledger, &waiting).await;
        execute(
            ledger,
            &format!(
                "INSERT INTO batch (id, number, kind, state, partner, region, bank, lane, cards, to_produce, cut_on, due_on, oldest, owner)
                 VALUES ({id}, 'A{id}', 'account', 'answered', 'ICBC', '{region}', 'ICBC', 'normal', {cards}, {cards},
                    '2026-01-05', '2026-01-05', (SELECT min(approved_on) FROM account_waiting WHERE region = '{region}'), 'nobody')"
            ),
        )
        .await;
        for sql in [
            "INSERT INTO account (application, answer, number_key, pan_key, opened_on, sealed)
             SELECT id, 1, message_key, message_key, '2026-01-05', message_key FROM (SELECT a.id, m.digest AS message_key
                FROM account_waiting q JOIN application a ON a.id = q.application JOIN message m ON m.id = a.message
                WHERE q.region = 'REGION') w",
            "INSERT INTO account_row SELECT BATCH, application, application FROM account_waiting WHERE region = 'REGION'",
            "DELETE FROM account_waiting WHERE region = 'REGION'",
        ] {
            let sql = sql.replace("REGION", region).replace("BATCH", &id.to_string());
            assert_eq!(execute(ledger, &sql).await as i64, cards);
        }
    }
}

fn group(region: &str) -> QueueSlice {
    QueueSlice {
        region: region.into(),
        bank: "ICBC".into(),
        lane: "normal".into(),
        cards: 5,
        oldest: String::new(),
        since: Timestamp::default(),
    }
}
