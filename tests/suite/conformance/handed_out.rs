//! What was collected and is not finished: a unit that hands out late is asked once, then the card is recalled; a card
//! that is not activated has a day, reminders, and in the end a person who asks.

use cardline::actions::cases::list::{ListedCase, case_page};
use cardline::books::day_explained::explain_day;
use cardline::cases::case_list::CaseQuery;
use cardline::route::deadlines::Deadlines;
use cardline::route::distribution::pickup::{By, counted};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::route::distribution::windows::EndWindows;
use cardline::step::Worker;
use cardline::time::{instant, local_date};
use cardline_world::play::day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use crate::conformance::arrivals::texts;
use crate::conformance::missing::{about, told_to_holders, where_is};
use crate::conformance::receipts::{laws_hold, told};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::drain;

on_both_engines!(what_was_collected_has_a_day_until_it_is_finished);

const DAYS: u32 = 22;
const WITH_UNIT: &str = "SELECT application_id FROM application WHERE place = 'with_unit' ORDER BY due_on DESC, id";
const INACTIVE: &str = "SELECT application_id FROM application
    WHERE place = 'in_hand' AND (social = 'sealed' OR financial = 'sealed') ORDER BY due_on DESC, id";

async fn what_was_collected_has_a_day_until_it_is_finished(database: Database) {
    let play = Play::played(database, 3, 60, DAYS).await;
    a_unit_is_asked_once_and_then_recalled(&play).await;
    a_card_that_is_not_activated_is_asked_after(&play).await;
    play.end().await;
}

async fn a_unit_is_asked_once_and_then_recalled(play: &Play) {
    let worker = &play.worker;
    let mut with_unit = texts(&worker.ledger, WITH_UNIT).await;
    assert!(!with_unit.is_empty(), "the play shows too little");
    if with_unit.len() == 1 {
        // A second one, which the unit hands out after it was asked.
        let on_shelf = "SELECT a.application_id FROM card c JOIN application a ON a.id = c.id WHERE c.place = 'on_shelf' ORDER BY a.id DESC LIMIT 1";
        let card = texts(&worker.ledger, on_shelf).await.remove(0);
        let mut collected = about("card.collected", &card);
        collected["by"] = json!("unit");
        assert_eq!(told(worker, "unit", &[collected], instant(day(DAYS - 1), 18, 0)).await.accepted, 1);
        with_unit.insert(0, card);
    }
    let [late, slow, ..] = &with_unit[..] else { panic!("two cards") };
    let after = past(worker, late).await;
    pass(worker, after).await;
    let asked = cases_about(worker, "a unit did not hand out in time", after).await;
    assert!(asked.iter().all(|case| case.owner == "administrator"), "{asked:?}");
    assert_eq!(asked.iter().filter(|case| case.application_id.as_ref() == Some(late)).count(), 1);
    let shown = explain_day(worker, late, after).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.agrees, shown.owner.as_str()), ("unit", true, "unit"), "{shown:?}");
    let rows = counted(worker, Asked::Overdue { today: local_date(after) }, By::Point, after).await.unwrap();
    assert!(rows.iter().any(|row| row.kind == "unit" && row.working_days_left < 0), "{rows:?}");
    laws_hold(worker, after).await;

    assert_eq!(told(worker, "slow", &[about("card.handed_over", slow)], after).await.accepted, 1);
    let now_asked = cases_about(worker, "a unit did not hand out in time", after).await;
    assert!(now_asked.iter().all(|case| case.application_id.as_ref() != Some(slow)), "{now_asked:?}");
    let shown = explain_day(worker, slow, after).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.agrees, shown.owner.as_str()), ("activation", true, "holder"), "{shown:?}");

    let later = past(worker, late).await;
    pass(worker, later).await;
    assert_eq!((where_is(worker, late).await.as_str(), where_is(worker, slow).await.as_str()), ("recalled", "in_hand"));
    assert!(cases_about(worker, "a unit did not hand out in time", later).await.is_empty());
    let shown = explain_day(worker, late, later).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.agrees, shown.owner.as_str()), ("recall", true, "administrator"), "{shown:?}");
    assert!(told_to_holders(play, "recalled", later).await.contains(late));
    // It comes too late: the card is on its way back.
    assert_eq!(told(worker, "too-late", &[about("card.handed_over", late)], later).await.rejected, 1);
    laws_hold(worker, later).await;
}

async fn a_card_that_is_not_activated_is_asked_after(play: &Play) {
    let worker = &play.worker;
    let inactive = texts(&worker.ledger, INACTIVE).await;
    let card = inactive.first().expect("the play shows too little");
    const ASKED: &str = "a card was collected and not activated";
    for missed in 1..=3 {
        let after = past(worker, card).await;
        pass(worker, after).await;
        let reminded = told_to_holders(play, "not_activated", after).await;
        assert_eq!(reminded.iter().filter(|told| *told == card).count(), missed);
        let of_card = |case: &&ListedCase| case.application_id.as_ref() == Some(card);
        let asked = cases_about(worker, ASKED, after).await;
        assert_eq!(asked.iter().filter(of_card).count(), usize::from(missed == 3), "{asked:?}");
        let shown = explain_day(worker, card, after).await.unwrap().unwrap();
        assert_eq!((shown.kind, shown.agrees, shown.owner.as_str()), ("activation", true, "holder"), "{shown:?}");
        laws_hold(worker, after).await;
    }
    let now = past(worker, card).await;
    pass(worker, now).await;
    let asked = cases_about(worker, ASKED, now).await;
    assert_eq!(asked.iter().filter(|case| case.application_id.as_ref() == Some(card)).count(), 1, "asked once");
    let rows = counted(worker, Asked::Overdue { today: local_date(now) }, By::Point, now).await.unwrap();
    assert!(rows.iter().any(|row| row.kind == "activation"), "{rows:?}");

    let mut active = about("card.activated", card);
    active["functions"] = json!("social");
    let counts = told(worker, "social", &[active.clone()], now).await;
    active["functions"] = json!("financial");
    let more = told(worker, "financial", &[active], now).await;
    assert!(counts.accepted + more.accepted >= 1);
    let asked = cases_about(worker, ASKED, now).await;
    assert!(asked.iter().all(|case| case.application_id.as_ref() != Some(card)), "{asked:?}");
    let shown = explain_day(worker, card, now).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.due_on), ("none", None::<String>));
    laws_hold(worker, now).await;
}

/// What the days before that morning left over is settled, once however often it is tried.
pub(super) async fn pass(worker: &Worker, at: Timestamp) {
    for _ in 0..2 {
        drain(&EndWindows, worker, at).await.unwrap();
        drain(&Deadlines, worker, at).await.unwrap();
    }
}

/// The morning after the day by which it is due.
pub(super) async fn past(worker: &Worker, id: &str) -> Timestamp {
    let sql = format!("SELECT due_on FROM application WHERE application_id = '{id}'");
    let due_on: Date = texts(&worker.ledger, sql.leak()).await.remove(0).parse().unwrap();
    instant(due_on.tomorrow().unwrap(), 9, 0)
}

/// Open cases for that reason.
pub(super) async fn cases_about(worker: &Worker, reason: &str, now: Timestamp) -> Vec<ListedCase> {
    let query = CaseQuery { limit: 1_000, ..CaseQuery::default() };
    let cases = case_page(worker, &query, now).await.unwrap().cases;
    cases.into_iter().filter(|case| case.reason == reason).collect()
}
