//! Rules only the ledger can answer: each is found, and only it.

use cardline::actions::imports::legacy_rows::StockCard;
use cardline::route::intake::settle::{ArrivingFacts, ArrivingFinding, ArrivingMessage};
use cardline_core::domain::outcomes::MessageOutcome;
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};

use crate::conformance::arrivals::{Intake, arriving, execute, number, why};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    a_first_issue_has_no_card_before_it,
    a_previous_card_is_known_and_the_holders_own,
    a_lost_card_is_lost_formally,
    a_bank_stays_unless_it_is_changed,
    a_renewal_follows_a_childs_card,
    a_changed_number_is_the_same_person,
);

const CARD: &str = "A0000001X";

/// An old card of a person, of ICBC.
fn old_card(person: &str, card_number: &str, issued_on: Date) -> StockCard {
    let hash = |text: &str| Sha256::digest(format!("{text}/{card_number}")).to_vec();
    StockCard {
        card_number: card_number.into(),
        person: Sha256::digest(person).to_vec(),
        region: "110101".into(),
        bank: "ICBC".into(),
        outlet: "102100000030".into(),
        issued_on,
        lost: false,
        digest: hash("digest"),
        encrypted: vec![0],
        number_key: hash("number"),
        pan_key: hash("pan"),
        account: vec![0],
    }
}

/// An intake, and a card of person `a` issued in 2018.
async fn with_a_card(database: &Database) -> Intake {
    let intake = Intake::on(database).await;
    let cards = vec![old_card("a", CARD, date(2018, 6, 1))];
    assert_eq!(intake.ledger.import_stock(cards, why()).await.unwrap().new, 1);
    intake
}

/// An application that follows the card.
fn following(application: u32, person: &str, kind: &'static str, reason: &'static str) -> ArrivingMessage {
    let mut message = arriving(application, 1, person);
    let facts = ArrivingFacts {
        kind,
        previous_number: Some(CARD.into()),
        previous_reason: Some(reason),
        ..message.facts.take().unwrap()
    };
    ArrivingMessage { facts: Some(facts), ..message }
}

fn at_bank(mut message: ArrivingMessage, bank: &str) -> ArrivingMessage {
    message.facts.as_mut().unwrap().bank = bank.into();
    message
}

/// Settles a message and returns which rules found something in it.
async fn found(intake: &mut Intake, message: ArrivingMessage) -> Vec<String> {
    let key = message.application_id.clone().unwrap();
    let verdict = intake.verdict(message).await;
    let trace = intake.ledger.trace(&key).await.unwrap().unwrap();
    let rules: Vec<String> = trace.findings.into_iter().map(|(rule, _, _)| rule).collect();
    assert_eq!(verdict == "rejected", !rules.is_empty(), "{rules:?}");
    rules
}

async fn a_first_issue_has_no_card_before_it(database: Database) {
    let mut intake = with_a_card(&database).await;
    assert_eq!(found(&mut intake, arriving(1, 1, "a")).await, ["PERSON-LIVE-CARD"]);
    assert_eq!(found(&mut intake, arriving(2, 1, "b")).await, [""; 0]);
    intake.books_hold().await;
}

async fn a_previous_card_is_known_and_the_holders_own(database: Database) {
    let mut intake = with_a_card(&database).await;
    let mut unknown = following(1, "a", "exchange", "damaged");
    unknown.facts.as_mut().unwrap().previous_number = Some("B00000000".into());
    assert_eq!(found(&mut intake, unknown).await, ["PREVIOUS-UNKNOWN"]);
    assert_eq!(found(&mut intake, following(2, "b", "exchange", "damaged")).await, ["PREVIOUS-OTHER-PERSON"]);
    intake.books_hold().await;
    execute(&intake.ledger, "UPDATE application SET live = FALSE").await;
    assert_eq!(found(&mut intake, following(3, "a", "exchange", "damaged")).await, ["PREVIOUS-NOT-LIVE"]);
    execute(&intake.ledger, "UPDATE application SET live = TRUE WHERE old_number IS NOT NULL").await;
    assert_eq!(found(&mut intake, following(4, "a", "exchange", "damaged")).await, [""; 0]);
}

async fn a_lost_card_is_lost_formally(database: Database) {
    let mut intake = with_a_card(&database).await;
    assert_eq!(found(&mut intake, following(1, "a", "replacement", "lost")).await, ["PREVIOUS-NOT-LOST"]);
    // A provisional loss suspends the card and leaves it where it is.
    execute(&intake.ledger, "UPDATE application SET social = 'suspended' WHERE old_number IS NOT NULL").await;
    assert_eq!(found(&mut intake, following(2, "a", "replacement", "lost")).await, ["PREVIOUS-NOT-LOST"]);
    execute(&intake.ledger, "UPDATE application SET place = 'lost' WHERE old_number IS NOT NULL").await;
    assert_eq!(found(&mut intake, following(3, "a", "replacement", "lost")).await, [""; 0]);
}

async fn a_bank_stays_unless_it_is_changed(database: Database) {
    let mut intake = with_a_card(&database).await;
    let other = at_bank(following(1, "a", "exchange", "damaged"), "ABC");
    assert_eq!(found(&mut intake, other).await, ["PREVIOUS-OTHER-BANK"]);
    assert_eq!(
        found(&mut intake, following(2, "a", "bank_change", "bank_changed")).await,
        ["PREVIOUS-SAME-BANK"],
        "whatever bank the message gives the previous card"
    );
    // What the catalogue has found is not reported a second time.
    let mut twice = at_bank(following(3, "a", "exchange", "damaged"), "ABC");
    twice.outcome = MessageOutcome::Rejected;
    let rule = ArrivingFinding { rule: "PREVIOUS-BANK", field: "bank".into(), severity: "error" };
    twice.findings.push(rule);
    assert_eq!(found(&mut intake, twice).await, ["PREVIOUS-BANK"]);
    assert_eq!(found(&mut intake, at_bank(following(4, "a", "bank_change", "bank_changed"), "ABC")).await, [""; 0]);
    intake.books_hold().await;
}

async fn a_renewal_follows_a_childs_card(database: Database) {
    let mut intake = with_a_card(&database).await;
    let renewal = |application, sixteen_on| {
        let mut message = following(application, "a", "adult_renewal", "turned_16");
        message.facts.as_mut().unwrap().sixteen_on = Some(sixteen_on);
        message
    };
    assert_eq!(found(&mut intake, renewal(1, date(2018, 6, 1))).await, ["RENEWAL-NOT-CHILD"]);
    assert_eq!(found(&mut intake, renewal(2, date(2018, 6, 2))).await, [""; 0]);
    intake.books_hold().await;
}

/// The number before and the number after are one person from then on.
async fn a_changed_number_is_the_same_person(database: Database) {
    let mut intake = with_a_card(&database).await;
    assert_eq!(found(&mut intake, following(1, "a2", "exchange", "number_changed")).await, [""; 0]);
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM person_alias").await, 1);
    let persons = "SELECT count(DISTINCT person) FROM application";
    assert_eq!(number(&intake.ledger, persons).await, 1);
    assert_eq!(found(&mut intake, following(2, "a2", "exchange", "damaged")).await, ["PERSON-OPEN-APPLICATION"]);
    assert_eq!(found(&mut intake, following(3, "a", "exchange", "damaged")).await, ["PERSON-OPEN-APPLICATION"]);
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM application WHERE open").await, 1);
    intake.books_hold().await;
}
