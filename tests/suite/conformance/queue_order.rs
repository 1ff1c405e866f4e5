//! Which cards a batch takes when more wait than fit: those approved first, whenever they came.

use cardline::ledger::Group;
use jiff::Timestamp;
use jiff::civil::date;

use super::arrivals::{Intake, arriving, execute};
use crate::databases::{Database, on_both_engines};

on_both_engines!(who_was_approved_first_goes_first,);

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
    let group = Group {
        region: "110101".into(),
        bank: "ICBC".into(),
        lane: "normal".into(),
        cards: 5,
        oldest: String::new(),
        since: Timestamp::default(),
    };
    for (most, taken) in [(1, vec![7]), (2, vec![3, 7]), (3, vec![3, 7, 9]), (4, vec![3, 4, 7, 9])] {
        let cards = intake.ledger.waiting_cards(&group, most).await.unwrap();
        let ids: Vec<u32> = cards.iter().map(|c| c.application_id[16..].parse().unwrap()).collect();
        assert_eq!(ids, taken, "{most} cards, in the order of application ids");
    }
}
