//! Cards made before this system: known is only what is equal in every field, and what contradicts is reported.

use cardline::actions::imports::legacy_rows::StockContradiction::{Differs, OfAnother};
use cardline::actions::imports::legacy_rows::{ImportedStock, RefusedStock, StockCard, StockContradiction};
use jiff::civil::date;
use sha2::{Digest, Sha256};

use crate::conformance::arrivals::{Intake, number, why};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    every_field_of_a_known_card_is_compared,
    numbers_and_persons_of_other_cards_are_told,
    of_two_lines_of_one_list_the_first_stands_and_a_refused_one_holds_nothing_back,
);

const CARD: &str = "A0000001X";

fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

/// The card as its line has it: the digest follows what is not compared by itself.
fn card(card_number: &str) -> StockCard {
    StockCard {
        card_number: card_number.into(),
        person: hash(&format!("person/{card_number}")),
        region: "110101".into(),
        bank: "ICBC".into(),
        outlet: "102100000030".into(),
        issued_on: date(2018, 6, 1),
        lost: false,
        digest: hash(&format!("line/{card_number}")),
        encrypted: vec![0],
        number_key: hash(&format!("account/{card_number}")),
        pan_key: hash(&format!("pan/{card_number}")),
        account: vec![0],
    }
}

/// A line that differs: so does its digest.
fn changed(change: impl FnOnce(&mut StockCard)) -> StockCard {
    let mut changed = card(CARD);
    change(&mut changed);
    changed.digest = hash("another line");
    changed
}

async fn import(intake: &Intake, cards: Vec<StockCard>) -> ImportedStock {
    intake.ledger.import_stock(cards, why()).await.unwrap()
}

async fn contradiction(intake: &Intake, card: StockCard) -> Option<StockContradiction> {
    let imported = import(intake, vec![card]).await;
    assert_eq!(imported.new, 0);
    assert_eq!(imported.known, i64::from(imported.refused.is_empty()));
    imported.refused.into_iter().next().map(|refused| refused.contradiction)
}

async fn every_field_of_a_known_card_is_compared(database: Database) {
    let intake = Intake::on(&database).await;
    let lost = StockCard { lost: true, ..card("A0000002X") };
    assert_eq!(import(&intake, vec![card(CARD), lost]).await.new, 2);
    assert_eq!(contradiction(&intake, card(CARD)).await, None);
    assert_eq!(contradiction(&intake, StockCard { lost: true, ..card("A0000002X") }).await, None);
    for (column, card) in [
        ("id_number", changed(|card| card.person = hash("somebody"))),
        ("account", changed(|card| card.number_key = hash("other"))),
        ("pan", changed(|card| card.pan_key = hash("other"))),
        ("bank", changed(|card| card.bank = "ABC".into())),
        ("region", changed(|card| card.region = "110102".into())),
        ("outlet", changed(|card| card.outlet = "102100000048".into())),
        ("issued_on", changed(|card| card.issued_on = date(2018, 6, 2))),
        ("name", changed(|_| ())),
        ("state", StockCard { lost: true, ..card(CARD) }),
        ("state", card("A0000002X")),
    ] {
        assert_eq!(contradiction(&intake, card).await, Some(Differs(column)));
    }
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM application").await, 2);
    intake.books_hold().await;
}

async fn numbers_and_persons_of_other_cards_are_told(database: Database) {
    let intake = Intake::on(&database).await;
    assert_eq!(import(&intake, vec![card(CARD)]).await.new, 1);
    let of_another = |change: fn(&mut StockCard)| {
        let mut other = card("A0000003X");
        change(&mut other);
        other
    };
    for (column, card) in [
        ("id_number", of_another(|other| other.person = card(CARD).person)),
        ("account", of_another(|other| other.number_key = card(CARD).number_key)),
        ("pan", of_another(|other| other.pan_key = card(CARD).pan_key)),
    ] {
        assert_eq!(contradiction(&intake, card).await, Some(OfAnother(column)));
    }
    // One that contradicts costs the others nothing.
    let imported = import(&intake, vec![card("A0000004X"), changed(|_| ()), card("A0000005X"), card(CARD)]).await;
    assert_eq!((imported.new, imported.known), (2, 1));
    assert_eq!(imported.refused, [RefusedStock { place: 1, other: None, contradiction: Differs("name") }]);
    intake.books_hold().await;
}

async fn of_two_lines_of_one_list_the_first_stands_and_a_refused_one_holds_nothing_back(database: Database) {
    let intake = Intake::on(&database).await;
    assert_eq!(import(&intake, vec![card(CARD)]).await.new, 1);
    // The second contradicts what is known, and shares its account with the third, which is sound.
    let wrong = changed(|wrong| wrong.number_key = card("A0000003X").number_key);
    let same_account = |number| StockCard { number_key: card("A0000003X").number_key, ..card(number) };
    let list = vec![card(CARD), wrong, card("A0000003X"), card("A0000003X"), same_account("A0000004X")];
    let imported = import(&intake, list).await;
    assert_eq!((imported.new, imported.known), (1, 2));
    let refused = |place, other, contradiction| RefusedStock { place, other, contradiction };
    assert_eq!(imported.refused, [refused(1, None, Differs("account")), refused(4, Some(2), OfAnother("account"))]);
    intake.books_hold().await;
}
