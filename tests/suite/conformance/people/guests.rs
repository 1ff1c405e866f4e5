//! Guests of a demo: a role and a scope, and no user. They act as anybody does before there are users, see what lies in
//! their scope alone, and end with the first user.

use cardline::actions::batches::cancel::cancel_batch;
use cardline::actions::batches::hold::{hold_batch, hold_stream, release_batch};
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::batches::second_person::{BatchDecision, needs_second};
use cardline::actions::batches::shown::show_batch;
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::batching::any_kind::waiting_streams;
use cardline::batching::batch_list::BatchFilter;
use cardline::route::batches_of;
use cardline::step::StageError;
use cardline::store::{Ledger, LedgerError, Principal};
use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::{Role, Scope};

use super::users::administered;
use crate::conformance::arrivals::number;
use crate::conformance::batching::batches::{cut, laws_hold, morning, played, refusal, state};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(a_guest_acts_as_anybody_before_there_are_users, a_guest_sees_their_scope_alone);

fn guest(role: Role, bank: &str, area: &str) -> Principal {
    Principal::guest(role, Scope { bank: bank.into(), area: area.into() })
}

fn by_guest() -> Instruction<'static> {
    Instruction { actor: "operator", reason: "shown to a visitor", at: morning(), approval: None }
}

async fn stream(play: &Play, is: impl Fn(&str) -> bool) -> String {
    let found = waiting_streams(&play.worker, batches_of(BatchKind::ACCOUNT).unwrap(), morning()).await.unwrap();
    let names = found.iter().filter(|found| found.waiting.cards > 1).map(|found| found.stream.name());
    names.into_iter().find(|name| is(name)).unwrap()
}

async fn a_guest_acts_as_anybody_before_there_are_users(database: Database) {
    let mut play = played(database).await;
    let plain = play.worker.ledger.clone();
    play.worker.ledger = plain.seen_by(guest(Role::Operator, "", ""));
    let name = stream(&play, |_| true).await;
    let batch = cut(&play.worker, &name, morning()).await;
    hold_batch(&play.worker, &batch, by_guest()).await.unwrap();
    assert_eq!(state(&play.worker, &batch).await, "held");
    release_batch(&play.worker, &batch, by_guest()).await.unwrap();
    let (_, record) = play.worker.ledger.batch(&batch).await.unwrap().unwrap();
    let wanted = needs_second(BatchDecision::Cancel, &record, "wrong points").unwrap();
    assert_eq!(second_person(&play.worker, &wanted, morning()).await.unwrap(), Second::NotNeeded);
    cancel_batch(&play.worker, &batch, by_guest()).await.unwrap();
    assert_eq!(number(&plain, "SELECT count(*) FROM batch_act WHERE by_user IS NULL AND approval IS NULL").await, 4);
    assert_eq!(number(&plain, "SELECT count(*) FROM batch_act WHERE by_user IS NOT NULL").await, 0);
    laws_hold(&play, "a guest's acts").await;

    // From the first user on everybody proves who they are.
    administered(&plain).await;
    let batches = number(&plain, "SELECT count(*) FROM batch").await;
    match hold_stream(&play.worker, &name, by_guest()).await {
        Err(ActionError::Failed(StageError::Ledger(LedgerError::SessionEnded { user }))) => {
            assert_eq!(user, "operator")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(number(&plain, "SELECT count(*) FROM stream_hold").await, 0);
    assert_eq!(number(&plain, "SELECT count(*) FROM batch").await, batches);
    play.end().await;
}

/// How many batches a ledger shows, all of them of a bank.
async fn batches_of_bank(ledger: &Ledger, bank: &str) -> usize {
    let all = BatchFilter { limit: 10_000, ..BatchFilter::default() };
    let shown = ledger.batches_matching(&all).await.unwrap();
    assert!(shown.iter().all(|batch| batch.bank == bank));
    shown.len()
}

async fn a_guest_sees_their_scope_alone(database: Database) {
    let mut play = played(database).await;
    let plain = play.worker.ledger.clone();
    let own = stream(&play, |name| name.starts_with("account/ABC/")).await;
    let other = stream(&play, |name| !name.starts_with("account/ABC/")).await;
    let others_batch = cut(&play.worker, &other, morning()).await;

    play.worker.ledger = plain.seen_by(guest(Role::BankIt, "ABC", ""));
    let theirs = number(&plain, "SELECT count(*) FROM batch WHERE bank = 'ABC'").await;
    assert!(theirs > 0 && batches_of_bank(&play.worker.ledger, "ABC").await == theirs as usize);
    assert_eq!(batches_of_bank(&plain.seen_by(guest(Role::BankIt, "CCB", "99")), "CCB").await, 0);
    let absent = BatchRefusal::NoSuchBatch { number: others_batch.clone() };
    match show_batch(&play.worker.ledger, &play.worker.keys, &others_batch).await {
        Err(ActionError::Refused(refused)) => assert_eq!(refused, absent),
        _ => panic!("another bank's batch is shown"),
    }
    assert_eq!(refusal(hold_batch(&play.worker, &others_batch, by_guest()).await), absent);
    assert!(matches!(refusal(hold_stream(&play.worker, &other, by_guest()).await), BatchRefusal::Beyond(_)));

    play.worker.ledger = plain.seen_by(guest(Role::Operator, "ABC", ""));
    let batch = cut(&play.worker, &own, morning()).await;
    assert_eq!(state(&play.worker, &batch).await, "cut");
    let strip = play.worker.ledger.strip(morning()).await.unwrap();
    let unfinished = "SELECT count(*) FROM card c JOIN application a ON a.id = c.id
        WHERE a.bank = 'ABC' AND c.place NOT IN ('in_hand', 'lost', 'destroyed', 'no_plastic')";
    let stages = strip.stages.iter().filter(|stage| stage.name != "intake");
    assert_eq!(stages.map(|stage| stage.cards).sum::<i64>(), number(&plain, unfinished).await);
    play.worker.ledger = plain;
    laws_hold(&play, "guests of a bank").await;
    play.end().await;
}
