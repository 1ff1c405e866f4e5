//! What a page asks a worker for is done once, by whoever takes it, under the name and the rights of who asked.

use cardline::actions::errands::{ERRANDS, ErrandRefusal, Wanted, ask};
use cardline::actions::outcome::Instruction;
use cardline::people::errands::{ErrandRecord, ErrandState};
use cardline::people::tries::Place;
use cardline::people::users::NewUser;
use cardline::step::Worker;
use cardline::store::{Ledger, Principal, Stamp};
use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::{Role, Scope};
use cardline_world::play::day;
use jiff::{Timestamp, ToSpan};

use super::batches::{PLAYED, by, laws_hold, morning, played, refusal, streams};
use crate::conformance::arrivals::{execute, number};
use crate::conformance::people::users::administered;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(
    what_is_asked_for_twice_is_done_once,
    an_errand_is_done_with_the_rights_its_asker_has_now,
    whoever_dies_over_an_errand_leaves_it_to_another,
    before_there_are_users_an_errand_has_a_name_and_a_scope,
);

const CUTS: &str = "SELECT count(*) FROM batch_act WHERE what = 'cut'";

async fn run(worker: &Worker, at: Timestamp) -> u64 {
    let drained = ERRANDS.run(worker, at).await.unwrap();
    assert!(drained.set_aside.is_empty(), "{:?}", drained.set_aside);
    drained.did
}

/// Somebody who comes this morning: the clock is compared with the last move.
async fn add(boss: &Ledger, name: &str, role: Role, area: &str) -> Principal {
    let scope = Scope { bank: String::new(), area: area.into() };
    let new = NewUser { name: name.into(), role, scope, verifier: format!("verifier of {name}") };
    boss.add_user(&new, why()).await.unwrap();
    boss.enabled_user(name).await.unwrap().unwrap()
}

fn why() -> Stamp<'static> {
    Stamp { at: morning(), actor: "boss", reason: "" }
}

/// The worker of the play as somebody uses it.
fn enter(play: &mut Play, viewer: &Principal, system: &Ledger) {
    play.worker.ledger = system.seen_by(viewer.clone());
}

async fn shown(ledger: &Ledger, errand: &ErrandRecord) -> ErrandRecord {
    ledger.errand(errand.id).await.unwrap().unwrap()
}

fn next(stream: &str) -> Wanted<'_> {
    Wanted::Cut { stream, number: None }
}

async fn what_is_asked_for_twice_is_done_once(database: Database) {
    let mut play = played(database).await;
    let (first, second) = (play.another("worker-2", day(PLAYED)).await, play.another("worker-3", day(PLAYED)).await);
    let system = first.ledger.clone();
    let boss = administered(&system).await;
    let lin = add(&boss, "lin", Role::Operator, "").await;
    enter(&mut play, &lin, &system);
    let stream = streams(&first, BatchKind::ACCOUNT, 2).await.remove(0);
    let at = morning();
    let cuts = number(&system, CUTS).await;
    let asked = ask(&play.worker, next(&stream), "k-1", by(at)).await.unwrap();
    let again = ask(&play.worker, next(&stream), "k-1", by(at)).await.unwrap();
    assert_eq!((asked.id, asked.state), (again.id, ErrandState::Asked));
    let other = ask(&play.worker, Wanted::Books { whole: false }, "k-1", by(at)).await;
    assert!(matches!(refusal(other), ErrandRefusal::Permit(_) | ErrandRefusal::KeyUsed));
    assert_eq!(refusal(ask(&play.worker, next(&stream), "", by(at)).await), ErrandRefusal::Key);
    assert_eq!(number(&system, CUTS).await, cuts, "nothing is done where it is asked for");

    let (one, two) = tokio::join!(run(&first, at), run(&second, at));
    assert_eq!(one + two, 1, "one worker did it");
    let done = shown(&play.worker.ledger, &asked).await;
    assert_eq!(done.state, ErrandState::Done, "{done:?}");
    let batch = done.result.unwrap();
    assert_eq!(system.batch(&batch).await.unwrap().unwrap().1.state, "cut");
    let of_lin = format!("{CUTS} AND by_user = {} AND actor = 'lin' AND result = '{batch}'", lin.user);
    assert_eq!((number(&system, &of_lin).await, number(&system, CUTS).await), (1, cuts + 1));
    assert_eq!(run(&first, at).await, 0);

    // A number that was confirmed is this batch or none; what is refused says why.
    let wanted = Wanted::Cut { stream: &stream, number: Some("A20260101-9999") };
    let asked = ask(&play.worker, wanted, "k-2", by(at)).await.unwrap();
    execute(&system, &format!("UPDATE errand SET worker = 'gone' WHERE id = {}", asked.id)).await;
    assert_eq!(run(&second, at).await, 1);
    let refused = shown(&play.worker.ledger, &asked).await;
    assert_eq!(refused.state, ErrandState::Refused);
    assert!(matches!(refused.code.as_deref(), Some("not-next" | "nothing-waits")), "{refused:?}");

    let checked = ask(&first, Wanted::Books { whole: false }, "k-3", by(at)).await;
    assert_eq!(checked.unwrap().actor, "lin", "asked by nobody who is a user");
    run(&first, at).await;
    let books = system.errands().await.unwrap().remove(0);
    assert_eq!((books.state, books.code.as_deref()), (ErrandState::Refused, Some("users-came")));
    enter(&mut play, boss.viewer().unwrap(), &system);
    let asked = ask(&play.worker, Wanted::Books { whole: false }, "k-4", Instruction { actor: "boss", ..by(at) }).await;
    run(&first, at).await;
    let books = shown(&system, &asked.unwrap()).await;
    assert_eq!((books.state, books.code.as_deref()), (ErrandState::Done, Some("hold")));
    laws_hold(&play, "errands").await;
    let live = system.live_workers().await.unwrap();
    let named = first.named().await.unwrap();
    assert_eq!(system.live_workers().await.unwrap(), live + 1);
    named.ledger.close().await;
    second.ledger.close().await;
    play.end().await;
}

async fn an_errand_is_done_with_the_rights_its_asker_has_now(database: Database) {
    let mut play = played(database).await;
    let worker = play.another("worker-2", day(PLAYED)).await;
    let system = worker.ledger.clone();
    let boss = administered(&system).await;
    let lin = add(&boss, "lin", Role::Operator, "1101").await;
    let auditor = add(&boss, "wang", Role::Auditor, "").await;
    let at = morning();
    let all = streams(&worker, BatchKind::ACCOUNT, 1).await;
    let own = all.iter().find(|stream| stream.contains("/110101/")).unwrap();
    let other = all.iter().find(|stream| !stream.contains("/1101")).unwrap();
    let cuts = number(&system, CUTS).await;
    enter(&mut play, &lin, &system);
    assert!(matches!(refusal(ask(&play.worker, next(other), "k-1", by(at)).await), ErrandRefusal::Batch(_)));
    let asked = ask(&play.worker, next(own), "k-2", by(at)).await.unwrap();
    enter(&mut play, &auditor, &system);
    let by_auditor = ask(&play.worker, next(own), "k-3", Instruction { actor: "wang", ..by(at) }).await;
    assert!(matches!(refusal(by_auditor), ErrandRefusal::Permit(_)));

    // Disabled and enabled again, Lin is somebody who must prove anew who they are.
    for state in ["disabled", "enabled"] {
        boss.move_user("lin", state, why()).await.unwrap();
        if state == "disabled" {
            run(&worker, at).await;
            let refused = shown(&system, &asked).await;
            assert_eq!((refused.state, refused.code.as_deref()), (ErrandState::Refused, Some("user-left")));
        }
    }
    let lin = system.enabled_user("lin").await.unwrap().unwrap();
    enter(&mut play, &lin, &system);
    let asked = ask(&play.worker, next(own), "k-4", by(at)).await.unwrap();
    boss.set_verifier("lin", "another", &Place::of("a desk"), why()).await.unwrap();
    run(&worker, at).await;
    assert_eq!(shown(&system, &asked).await.code.as_deref(), Some("user-changed"));

    // A row that somebody changed by SQL is nobody's word.
    let lin = system.enabled_user("lin").await.unwrap().unwrap();
    enter(&mut play, &lin, &system);
    let asked = ask(&play.worker, next(own), "k-5", by(at)).await.unwrap();
    execute(&system, &format!("UPDATE errand SET subject = '{other}' WHERE id = {}", asked.id)).await;
    let drained = ERRANDS.run(&worker, at).await.unwrap();
    assert_eq!((drained.did, drained.set_aside.len()), (0, 1));
    execute(&system, &format!("DELETE FROM errand WHERE id = {}", asked.id)).await;
    run(&worker, at).await;
    assert_eq!(number(&system, CUTS).await, cuts, "nothing was cut");
    worker.ledger.close().await;
    play.end().await;
}

async fn whoever_dies_over_an_errand_leaves_it_to_another(database: Database) {
    let mut play = played(database).await;
    let (dying, other) = (play.another("worker-2", day(PLAYED)).await, play.another("worker-3", day(PLAYED)).await);
    let system = other.ledger.clone();
    let lin = add(&administered(&system).await, "lin", Role::Operator, "").await;
    enter(&mut play, &lin, &system);
    let stream = streams(&other, BatchKind::ACCOUNT, 2).await.remove(0);
    let at = morning();
    let cuts = number(&system, CUTS).await;
    let asked = ask(&play.worker, next(&stream), "k-1", by(at)).await.unwrap();
    // It took the errand and its lease, and says nothing any more.
    let lease = dying.ledger.take_lease(&format!("errand/{}", asked.id), "worker-2", at, 60).await.unwrap();
    assert!(lease.is_some());
    dying.ledger.take_errand(asked.id, "worker-2").await.unwrap().unwrap();
    assert_eq!(shown(&system, &asked).await.state, ErrandState::Taken);
    assert_eq!(run(&other, at + 59.seconds()).await, 0, "it may still be at it");
    assert_eq!(run(&other, at + 61.seconds()).await, 1);
    let done = shown(&system, &asked).await;
    assert_eq!((done.state, done.worker.as_deref()), (ErrandState::Done, Some("worker-3")));
    assert_eq!(number(&system, CUTS).await, cuts + 1);
    // The first wakes up: what it took has ended.
    assert!(dying.ledger.take_errand(asked.id, "worker-2").await.unwrap().is_none());
    assert_eq!(run(&dying, at + 62.seconds()).await, 0);
    assert_eq!(number(&system, CUTS).await, cuts + 1);
    laws_hold(&play, "a worker that died").await;
    dying.ledger.close().await;
    other.ledger.close().await;
    play.end().await;
}

async fn before_there_are_users_an_errand_has_a_name_and_a_scope(database: Database) {
    let play = played(database).await;
    let worker = play.another("worker-2", day(PLAYED)).await;
    let at = morning();
    let all = streams(&worker, BatchKind::ACCOUNT, 1).await;
    let cuts = number(&worker.ledger, CUTS).await;
    let asked = ask(&play.worker, next(&all[0]), "k-1", by(at)).await.unwrap();
    run(&worker, at).await;
    assert_eq!(shown(&worker.ledger, &asked).await.state, ErrandState::Done);
    assert_eq!(number(&worker.ledger, CUTS).await, cuts + 1);
    // A guest of a demo has a scope, and no row of a user.
    let own = all.iter().find(|stream| stream.starts_with("account/ABC/")).unwrap();
    let other = all.iter().find(|stream| !stream.starts_with("account/ABC/")).unwrap();
    let guest = Principal::guest(Role::Operator, Scope { bank: "ABC".into(), area: String::new() });
    let page = worker.on(worker.ledger.seen_by(guest.clone()));
    let by_guest = Instruction { actor: &guest.name, ..by(at) };
    assert!(matches!(refusal(ask(&page, next(other), "k-2", by_guest).await), ErrandRefusal::Batch(_)));
    let asked = ask(&page, next(own), "k-2", by_guest).await.unwrap();
    run(&worker, at).await;
    let ended = shown(&page.ledger, &asked).await;
    assert!(ended.state == ErrandState::Done || ended.code.as_deref() == Some("nothing-waits"), "{ended:?}");
    let elsewhere = Scope { bank: "NONE".into(), area: String::new() };
    let viewer =
        Principal { user: 1, name: "lin".into(), role: Role::Operator, scope: elsewhere, standing: 0, session: None };
    assert!(worker.ledger.seen_by(viewer).errands().await.unwrap().is_empty());
    laws_hold(&play, "an errand without users").await;
    worker.ledger.close().await;
    play.end().await;
}
