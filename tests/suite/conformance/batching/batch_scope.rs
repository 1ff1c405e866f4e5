//! Who sees an area or a bank acts on the streams and batches within, and on no others: what lies outside is
//! absent, what lies partly outside is refused, by the transaction of the action too.

use cardline::actions::batches::cancel::cancel_batch;
use cardline::actions::batches::cut::{cut_now, preview_cut};
use cardline::actions::batches::hold::{hold_batch, hold_stream, release_batch, release_stream};
use cardline::actions::batches::plan::{Plan, plan};
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::batches::second_person::{BatchDecision, needs_second};
use cardline::actions::batches::split::{Division, split_batch};
use cardline::actions::decisions::{Carried, give};
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::batching::any_kind::waiting_streams;
use cardline::batching::batch_record::NewBatchAction;
use cardline::batching::kind::claim;
use cardline::batching::schedule;
use cardline::books::law::Scene;
use cardline::people::authorisation::Reach;
use cardline::route::accounts::cut::Accounts;
use cardline::route::{accounts, batches_of};
use cardline::step::{StageError, Step, Worker};
use cardline::store::{Ledger, LedgerError, Principal};
use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::Role;

use super::batches::{by, cut, laws_hold, morning, played, profiles, refusal, state, with_profiles};
use crate::conformance::arrivals::number;
use crate::conformance::laws::planted_offenders_are_found;
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(
    an_operator_of_an_area_does_every_act_within,
    a_run_of_several_regions_is_nobodys_who_sees_one,
    an_area_orders_its_cards_where_the_bureau_merges_no_regions,
    the_transaction_of_an_act_refuses_what_lies_beyond,
);

/// The two regions of a play.
const OWN: &str = "110101";
const OTHER: &str = "522634";

/// A play on the morning, and who works there: Lin and Wang see one area.
struct Area {
    play: Play,
    boss: Ledger,
    lin: Principal,
    wang: Principal,
}

impl Area {
    async fn new(database: Database) -> Area {
        let play = played(database).await;
        let boss = administered(&play.worker.ledger).await;
        let lin = add(&boss, "lin", Role::Operator, "", "1101").await;
        let wang = add(&boss, "wang", Role::Operator, "", "1101").await;
        Area { play, boss, lin, wang }
    }

    /// The worker as somebody uses it.
    fn enter(&mut self, viewer: &Principal) -> &Worker {
        self.play.worker.ledger = self.boss.seen_by(viewer.clone());
        &self.play.worker
    }

    fn lin(&mut self) -> &Worker {
        let lin = self.lin.clone();
        self.enter(&lin)
    }

    fn boss(&mut self) -> &Worker {
        let boss = self.boss.viewer().unwrap().clone();
        self.enter(&boss)
    }

    async fn plan(&mut self, viewer: &Principal) -> Plan {
        plan(self.enter(viewer), morning()).await.unwrap()
    }

    /// A stream of account batches of a region with at least two cards.
    async fn account_stream(&mut self, region: &str) -> String {
        let found = waiting_streams(self.boss(), batches_of(BatchKind::ACCOUNT).unwrap(), morning()).await.unwrap();
        let found = found.iter().find(|c| c.stream.region.as_deref() == Some(region) && c.waiting.cards > 1);
        found.unwrap_or_else(|| panic!("too little waits in {region}")).stream.name()
    }

    /// Lin asks for a cancellation, Wang gives it.
    async fn cancelled_by_two(&mut self, batch: &str) {
        let at = morning();
        let worker = self.lin();
        let (_, found) = worker.ledger.batch(batch).await.unwrap().unwrap();
        let wanted = needs_second(BatchDecision::Cancel, &found, "wrong points").unwrap();
        let Second::Asked { id, .. } = second_person(worker, &wanted, at).await.unwrap() else { panic!("asked anew") };
        let wang = self.wang.clone();
        self.enter(&wang);
        assert_eq!(give(&mut self.play.worker, id, &wang, at).await.unwrap(), Carried::Out);
        assert_eq!(state(&self.play.worker, batch).await, "cancelled");
    }

    async fn end(mut self, after: &str) {
        self.boss();
        laws_hold(&self.play, after).await;
        let law = self.boss.books(morning(), true, Some(13)).await.unwrap();
        assert!(law.books[0].cases > 0, "law 13 looked at nothing");
        self.play.end().await;
    }
}

/// The boss acts under their own name.
fn boss_by() -> Instruction<'static> {
    Instruction { actor: "boss", ..by(morning()) }
}

/// Every action on a batch, refused: the refusal of each.
async fn refused(worker: &Worker, batch: &str) -> Vec<BatchRefusal> {
    let by = by(morning());
    vec![
        refusal(hold_batch(worker, batch, by).await),
        refusal(release_batch(worker, batch, by).await),
        refusal(split_batch(worker, batch, &Division::Count(1), by).await),
        refusal(cancel_batch(worker, batch, by).await),
    ]
}

fn absent(number: &str) -> BatchRefusal {
    BatchRefusal::NoSuchBatch { number: number.into() }
}

fn is_beyond(refusal: &BatchRefusal, what: &str, scope: &str) -> bool {
    matches!(refusal, BatchRefusal::Beyond(beyond) if beyond.what == what && beyond.scope.to_string() == scope)
}

/// Every action on a stream is refused, because it reaches beyond.
async fn stream_refused(worker: &Worker, stream: &str, beyond: &str) {
    let by = by(morning());
    for refused in [
        refusal(hold_stream(worker, stream, by).await),
        refusal(release_stream(worker, stream, by).await),
        refusal(cut_now(worker, stream, "A20260127-0001", by).await),
        refusal(preview_cut(worker, stream, by.at).await),
    ] {
        assert!(is_beyond(&refused, stream, beyond), "{refused:?}");
    }
}

async fn an_operator_of_an_area_does_every_act_within(database: Database) {
    let mut area = Area::new(database).await;
    let (lin, at) = (area.lin.clone(), morning());
    let (own, other) = (area.account_stream(OWN).await, area.account_stream(OTHER).await);
    for wide in ["account", "account/ABC"] {
        let held = hold_stream(area.boss(), wide, boss_by()).await.unwrap();
        assert!(matches!(held, Outcome::Done(_)));
    }
    hold_stream(area.boss(), &other, boss_by()).await.unwrap();
    let seen = area.plan(&lin).await;
    assert!(seen.streams.iter().any(|s| s.stream == own) && !seen.streams.iter().any(|s| s.stream == other));
    let holds: Vec<&str> = seen.holds.iter().map(|h| h.stream.as_str()).collect();
    assert_eq!(holds, ["account", "account/ABC"], "what covers the area is told, another area's is not");
    assert!(!serde_json::to_string(&seen).unwrap().contains(OTHER));
    match refusal(release_stream(area.lin(), &own, by(at)).await) {
        BatchRefusal::OnHoldWith { hold, beyond: Some(beyond), .. } => {
            assert_eq!((hold.as_str(), beyond.scope.to_string().as_str()), ("account", "area 1101"));
        }
        other => panic!("{other:?}"),
    }
    for wide in ["account", "account/ABC", &other] {
        stream_refused(area.lin(), wide, "area 1101").await;
        release_stream(area.boss(), wide, boss_by()).await.unwrap();
    }

    let worker = area.lin();
    for told in [hold_stream(worker, &own, by(at)).await, release_stream(worker, &own, by(at)).await] {
        assert_eq!(told.unwrap(), Outcome::Done(vec![own.clone()]));
    }
    let batch = cut(worker, &own, at).await;
    assert_eq!(hold_batch(worker, &batch, by(at)).await.unwrap(), Outcome::Done(vec![batch.clone()]));
    let Outcome::Done(parts) = split_batch(worker, &batch, &Division::Count(1), by(at)).await.unwrap() else {
        panic!("{batch} was not split");
    };
    assert_eq!(release_batch(worker, &parts[1], by(at)).await.unwrap(), Outcome::Done(vec![parts[1].clone()]));
    area.cancelled_by_two(&parts[0]).await;

    let next = preview_cut(area.boss(), &other, at).await.unwrap().batch;
    cut_now(area.boss(), &other, &next, boss_by()).await.unwrap();
    assert_eq!(area.lin().ledger.batch_reach(&next).await.unwrap(), Reach::Absent);
    for number in ["A20260127-9999", &next] {
        let all = refused(area.lin(), number).await;
        assert!(all.iter().all(|why| *why == absent(number)), "what lies outside is as if absent");
    }
    assert_eq!(state(area.boss(), &next).await, "cut");
    area.end("acts within an area").await;
}

async fn a_run_of_several_regions_is_nobodys_who_sees_one(database: Database) {
    let engine = database.engine;
    let mut area = Area::new(database).await;
    let (lin, at) = (area.lin.clone(), morning());
    let found = waiting_streams(area.boss(), batches_of(BatchKind::PRODUCTION).unwrap(), at).await.unwrap();
    let merged = found.iter().find(|c| c.slices.len() > 1).expect("a run of two sections");
    let (stream, bank) = (merged.stream.name(), merged.stream.bank.clone());
    let waiting = merged.slices.iter().find(|s| s.region == OWN).unwrap().cards;
    let files = add(&area.boss, "files", Role::Operator, &bank, "").await;

    let seen = area.plan(&lin).await;
    let part = seen.streams.iter().find(|s| s.stream == stream).unwrap();
    assert!(part.beyond.as_ref().is_some_and(|why| why.contains("reaches beyond area 1101")), "{:?}", part.beyond);
    let left: i64 = part.left_out.iter().map(|l| l.cards).sum();
    assert_eq!((part.batches, part.cards + left), (None, waiting), "the own cards, and nothing of others");
    assert!(!serde_json::to_string(&seen).unwrap().contains(OTHER));
    stream_refused(area.lin(), &stream, "area 1101").await;
    stream_refused(area.lin(), &format!("production/BUREAU/{bank}"), "area 1101").await;

    // Who sees the bank has all of its stream, and no other bank's.
    let seen = area.plan(&files).await;
    let whole = seen.streams.iter().find(|s| s.stream == stream).unwrap();
    assert!(whole.beyond.is_none() && whole.sections.len() > 1 && seen.streams.iter().all(|s| s.bank == bank));
    let worker = area.enter(&files);
    stream_refused(worker, "production/BUREAU", &format!("bank {bank}")).await;
    let files_by = Instruction { actor: "files", ..by(at) };
    let batch = preview_cut(worker, &stream, at).await.unwrap().batch;
    assert_eq!(cut_now(worker, &stream, &batch, files_by).await.unwrap(), Outcome::Done(vec![batch.clone()]));

    assert_eq!(area.lin().ledger.batch_reach(&batch).await.unwrap(), Reach::Beyond);
    assert!(area.lin().ledger.batch(&batch).await.unwrap().is_none());
    for why in refused(area.lin(), &batch).await {
        assert!(is_beyond(&why, &batch, "area 1101"), "{why:?}");
    }
    let regions = Division::Regions(vec![OWN.into()]);
    let split = split_batch(area.enter(&files), &batch, &regions, files_by).await.unwrap();
    let Outcome::Done(parts) = split else { panic!("not split: {split:?}") };
    assert_eq!(hold_batch(area.lin(), &parts[0], by(at)).await.unwrap(), Outcome::Done(vec![parts[0].clone()]));
    assert!(refused(area.lin(), &parts[1]).await.iter().all(|why| *why == absent(&parts[1])));
    area.cancelled_by_two(&parts[0]).await;

    // An area whose zeros are those of the run's own is no area of its sections.
    let zero = add(&area.boss, "zero", Role::Operator, "", "000000").await;
    assert_eq!(area.enter(&zero).ledger.batch_reach(&batch).await.unwrap(), Reach::Beyond);
    area.boss();
    planted_offenders_are_found(&area.boss, engine, Scene::MergedRun, 22).await;
    area.end("a run of several regions").await;
}

async fn an_area_orders_its_cards_where_the_bureau_merges_no_regions(database: Database) {
    let mut area = Area::new(database).await;
    let folder = profiles(&area.play, "BUREAU", ("merge_regions = true", "merge_regions = false"));
    let mut worker = with_profiles(&area.play, folder).await;
    let whole = worker.ledger.clone();
    worker.ledger = whole.seen_by(area.lin.clone());
    let seen = plan(&worker, morning()).await.unwrap();
    let runs: Vec<&str> = seen.streams.iter().filter(|s| s.kind == "production").map(|s| s.stream.as_str()).collect();
    assert!(!runs.is_empty() && runs.iter().all(|run| run.contains(OWN)), "{runs:?}");
    let batch = cut(&worker, runs[0], morning()).await;
    assert_eq!(hold_batch(&worker, &batch, by(morning())).await.unwrap(), Outcome::Done(vec![batch.clone()]));
    stream_refused(&worker, &runs[0].replace(OWN, OTHER), "area 1101").await;
    worker.ledger.close().await;
    area.boss();
    area.end("a run of one region").await;
}

/// An action as its command would hand it to the ledger.
fn action(what: &'static str, stream: Option<&str>) -> NewBatchAction {
    let stream = stream.map(str::to_owned);
    NewBatchAction {
        at: morning(),
        actor: "lin".into(),
        what,
        stream,
        reason: Vec::new(),
        approval: None,
        number: None,
        errand: None,
    }
}

async fn the_transaction_of_an_act_refuses_what_lies_beyond(database: Database) {
    let mut area = Area::new(database).await;
    let at = morning();
    let stream = area.account_stream(OTHER).await;
    let batch = preview_cut(area.boss(), &stream, at).await.unwrap().batch;
    cut_now(area.boss(), &stream, &batch, boss_by()).await.unwrap();
    hold_stream(area.boss(), "recycling/ABC", boss_by()).await.unwrap();
    let boss = area.boss.clone();
    let (id, _) = boss.batch(&batch).await.unwrap().unwrap();
    let lin = area.lin().ledger.clone();
    let written = async || {
        let sql = "SELECT (SELECT count(*) FROM batch_act) + (SELECT count(*) FROM stream_hold) * 1000 + (SELECT count(*) FROM move) * 1000000";
        number(&boss, sql).await
    };
    let before = written().await;
    let again_on = jiff::civil::date(2026, 2, 27);
    let made = batches_of(BatchKind::PRODUCTION).unwrap();
    let mut told = vec![
        lin.hold_batch(id, &action("hold", None)).await,
        lin.cancel_batch(id, made, again_on, &action("cancel", None)).await,
        lin.split_batch(id, made, &[], again_on, &action("split", None)).await,
        lin.hold_stream("account", &action("hold", Some("account"))).await,
        lin.release_stream("recycling/ABC", &action("release", Some("recycling/ABC"))).await,
    ];
    hold_batch(area.boss(), &batch, boss_by()).await.unwrap();
    let held = written().await;
    told.push(lin.release_batch(id, &action("release", None)).await);
    for acted in told {
        assert!(matches!(&acted, Err(LedgerError::Beyond { .. })), "{acted:?}");
    }
    assert_eq!(written().await, held);
    assert!(held > before, "the boss held it");

    // A cut of somebody who sees none of it, begun where nobody asked.
    let stream = area.account_stream(OWN).await;
    let elsewhere = add(&boss, "elsewhere", Role::Operator, "", "33").await;
    let worker = area.enter(&elsewhere);
    let waiting = worker.ledger.waiting_accounts().await.unwrap();
    let due =
        schedule::cut_now(worker, BatchKind::ACCOUNT, waiting, &stream, at).await.unwrap().expect("something waits");
    let lease = worker.lease(&schedule::lease_of(&stream), at).await.unwrap().unwrap();
    let cut = action("cut", Some(&stream));
    let claimed = claim::<Accounts>(worker, &due.unit(), lease, Some(cut), at).await.unwrap().unwrap();
    let worked = tokio::task::block_in_place(|| accounts::Cut::STEP.work(worker, claimed, at)).unwrap();
    let batches = number(&boss, "SELECT count(*) FROM batch").await;
    let settled = accounts::Cut::STEP.settle(worker, worked, at).await;
    assert!(matches!(settled, Err(StageError::Ledger(LedgerError::Beyond { .. }))));
    assert_eq!(number(&boss, "SELECT count(*) FROM batch").await, batches);
    area.end("refusals").await;
}
