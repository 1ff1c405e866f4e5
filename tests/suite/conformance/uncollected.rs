//! What nobody collected: back to the city, some months after it arrived to the bank, and after a year closed and
//! destroyed; until then its holder may still come.

use cardline::books::day_explained::{ExplainedDay, explain_day};
use cardline::route::deadlines::Deadlines;
use cardline::route::distribution::windows::EndWindows;
use cardline::step::Worker;
use cardline::time::{instant, local_date};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::json;

use crate::conformance::arrivals::texts;
use crate::conformance::batching::batches::{laws_hold, morning, played};
use crate::conformance::missing::{about, told_to_holders, where_is};
use crate::conformance::receipts::told;
use crate::databases::{Database, on_both_engines};
use crate::steps::drain;

on_both_engines!(a_card_is_kept_for_its_holder_and_closed_after_a_year);

/// Cards on shelves.
const ON_SHELF: &str =
    "SELECT a.application_id FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
    JOIN application a ON a.id = m.application WHERE a.place IS NULL AND s.place = 'on_shelf' AND NOT s.done
    ORDER BY s.ready_on DESC, a.application_id";

async fn a_card_is_kept_for_its_holder_and_closed_after_a_year(database: Database) {
    let play = played(database).await;
    let worker = &play.worker;
    let cards = texts(&worker.ledger, ON_SHELF).await;
    let [never, late, refused] = [&cards[0], &cards[1], &cards[2]];
    let arrived = of_card(worker, never, "s.ready_on").await;

    // Nobody comes in three windows.
    let mut today = local_date(morning());
    while !all_recalled(worker, &cards[..3]).await {
        drain(&EndWindows, worker, instant(today, 9, 0)).await.unwrap();
        today = today.tomorrow().unwrap();
        assert!(today < arrived + Span::new().months(4), "the windows never end");
    }
    let now = instant(today, 10, 0);
    // On its way back it is not collected.
    assert_eq!(told(worker, "on-its-way", &[collected(refused)], now).await.rejected, 1);
    let back = [about("plastic.returned", never), about("plastic.returned", late)];
    assert_eq!(told(worker, "back", &back, now).await.accepted, 2);
    assert_eq!(told(worker, "back", &back, now).await.repeated, 2);
    let city = arrived + Span::new().months(6);
    kept_until(worker, never, ("administrator", "city_months", city), now).await;
    let social = of_text(worker, never, "a.social").await;
    assert_eq!(social, "sealed", "its holder may still come");

    // Six months after it arrived the bank keeps it; its holder hears of it, and one comes.
    after(worker, city).await;
    let bank = arrived + Span::new().months(12);
    kept_until(worker, never, ("bank", "bank_months", bank), instant(city.tomorrow().unwrap(), 9, 0)).await;
    let told_of = told_to_holders(&play, "kept_by_bank", instant(city.tomorrow().unwrap(), 10, 0)).await;
    assert!(told_of.contains(never), "{told_of:?}");
    let came = instant(bank, 9, 0);
    assert_eq!(told(worker, "came", &[collected(late)], came).await.accepted, 1);
    assert_eq!(where_is(worker, late).await, "in_hand");

    // What must be shown is asked for here, too: nothing was.
    let doubted = "SELECT a.application_id FROM desk_case k JOIN application a ON a.id = k.application
        WHERE k.reason = 'handed over without everything that must be shown' AND k.state = 'open'";
    assert_eq!(texts(&worker.ledger, doubted).await, std::slice::from_ref(late));

    // Nobody is left to come.
    let mut died = about("holder.died", refused);
    died["on"] = json!(bank.to_string());
    assert_eq!(told(worker, "back-too", &[about("plastic.returned", refused)], came).await.accepted, 1);
    assert_eq!(told(worker, "died", &[died], came).await.accepted, 1);
    assert_eq!(where_is(worker, refused).await, "to_recycle");
    assert_eq!(of_text(worker, refused, "a.reason").await, "death");

    // After a year it ends.
    after(worker, bank).await;
    assert_eq!(where_is(worker, never).await, "to_recycle");
    assert_eq!(of_text(worker, never, "a.social").await, "cancelled");
    assert_eq!(of_text(worker, never, "a.reason").await, "never_collected");
    let shown = explained(worker, never, instant(bank.tomorrow().unwrap(), 9, 0)).await;
    assert_eq!((shown.kind, shown.agrees, shown.owner.as_str()), ("recycle", true, "administrator"), "{shown:?}");
    assert_eq!(where_is(worker, late).await, "in_hand", "whoever came keeps the card");
    laws_hold(&play, "a year").await;
    play.end().await;
}

async fn all_recalled(worker: &Worker, cards: &[String]) -> bool {
    for card in cards {
        if where_is(worker, card).await != "recalled" {
            return false;
        }
    }
    true
}

/// A card is kept by somebody until a day, by a rule of the policy.
async fn kept_until(worker: &Worker, card: &str, (owner, key, until): (&str, &str, Date), now: Timestamp) {
    let shown = explained(worker, card, now).await;
    let rule = shown.rule.as_ref().unwrap();
    let due_on = shown.due_on.as_deref().unwrap();
    assert_eq!((shown.state.as_str(), shown.owner.as_str(), due_on), ("stored", owner, until.to_string().as_str()));
    assert_eq!((shown.kind, rule.key, rule.unit, shown.agrees), ("keeping", key, "natural months", true), "{shown:?}");
}

/// The day after, in the morning.
async fn after(worker: &Worker, day: Date) {
    drain(&Deadlines, worker, instant(day, 9, 0)).await.unwrap();
    drain(&Deadlines, worker, instant(day.tomorrow().unwrap(), 9, 0)).await.unwrap();
}

async fn explained(worker: &Worker, card: &str, now: Timestamp) -> ExplainedDay {
    explain_day(worker, card, now).await.unwrap().unwrap()
}

fn collected(card: &str) -> serde_json::Value {
    let mut event = about("card.collected", card);
    event["by"] = json!("holder");
    event
}

async fn of_card(worker: &Worker, card: &str, column: &str) -> Date {
    of_text(worker, card, column).await.parse().unwrap()
}

async fn of_text(worker: &Worker, card: &str, column: &str) -> String {
    let sql = format!(
        "SELECT {column} FROM application a LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box
         LEFT JOIN shipment s ON s.id = x.shipment WHERE a.application_id = '{card}'"
    );
    texts(&worker.ledger, sql.leak()).await.remove(0)
}
