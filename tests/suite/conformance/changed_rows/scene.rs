//! Rows for the tables that a play leaves empty, written as the program writes them.

use cardline::actions::batches::cancel::cancel_batch;
use cardline::actions::batches::cut::{cut_now, preview_cut};
use cardline::actions::erase::erase;
use cardline::actions::outcome::Instruction;
use cardline::args;
use cardline::batching::any_kind::waiting_streams;
use cardline::people::approvals::NewApproval;
use cardline::people::users::NewUser;
use cardline::route::batches_of;
use cardline::step::Worker;
use cardline::store::row_macs::catalog::{
    ACT, ACT_MEMBER, BATCH_ACT, CASE_ACT, Covered, DESTROYED_RECORD, ERRAND, PICKUP_ACT, PICKUP_ACT_SHIPMENT,
    PICKUP_LIST_CARD, REASSIGNMENT, RECONCILIATION, REFERENCE_IMPORT, STREAM_ACT,
};
use cardline::store::row_macs::counts::{
    ACTS, BATCH_ACTS, CASE_ACTS, Counted, DESTROYED_RECORDS, IMPORTS, PICKUP_ACTS, RECONCILIATIONS, STREAM_ACTS,
};
use cardline::store::{Ledger, Stamp};
use cardline::time::instant;
use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::{DualControl, Role, Scope};
use cardline_world::generate::plan::Plan;
use cardline_world::generate::writing::{Stretch, application_of};
use cardline_world::play::{day, outgoing, tick};
use jiff::Timestamp;
use serde_json::json;

use crate::conformance::arrivals::texts;
use crate::conformance::receipts::told;

/// Acts, each covered and counted.
const ACTS_OF_PERSONS: &[(&str, &Covered, Option<&Counted>)] = &[
    (
        "INSERT INTO act (at, actor, what, operation, request, reason, count) VALUES (1, 'wang', 'reveal', 'op', 'req', x'01', 1) RETURNING id",
        &ACT,
        Some(&ACTS),
    ),
    ("INSERT INTO act_member (act, message, bank, region) SELECT max(a.id), max(m.id), '104', '110101' FROM act a CROSS JOIN message m RETURNING act", &ACT_MEMBER, None),
    (
        "INSERT INTO batch_act (at, actor, what, stream, reason) VALUES (1, 'wang', 'hold', 'account/104', x'01') RETURNING id",
        &BATCH_ACT,
        Some(&BATCH_ACTS),
    ),
    (
        "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason) VALUES (1, 'wang', 'extend-window', 'op', '11', '', 1, 1, 1, 1, x'01') RETURNING id",
        &PICKUP_ACT,
        Some(&PICKUP_ACTS),
    ),
    (
        "INSERT INTO pickup_act_shipment (act, shipment, was, becomes, cards) SELECT max(k.id), max(s.id), '', '2026-02-01', 1 FROM pickup_act k CROSS JOIN shipment s RETURNING act",
        &PICKUP_ACT_SHIPMENT,
        None,
    ),
    (
        "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason) VALUES (1, 'wang', 'list', 'op-2', '11', '', 1, 0, 1, 1, x'01') RETURNING id",
        &PICKUP_ACT,
        Some(&PICKUP_ACTS),
    ),
    (
        "INSERT INTO pickup_list_card (act, no, application) SELECT max(k.id), 1, max(a.id) FROM pickup_act k CROSS JOIN application a RETURNING act",
        &PICKUP_LIST_CARD,
        None,
    ),
    (
        "INSERT INTO pickup_act (at, actor, what, operation, place, bank, points, shipments, cards, people, reason) VALUES (1, 'wang', 'reassign', 'op-3', '110101001001', '', 1, 0, 0, 0, x'01') RETURNING id",
        &PICKUP_ACT,
        Some(&PICKUP_ACTS),
    ),
    (
        "INSERT INTO reassignment (act, from_point, to_point) SELECT max(id), '110101001001', '110101001002' FROM pickup_act RETURNING act",
        &REASSIGNMENT,
        None,
    ),
    (
        "INSERT INTO case_act (at, actor, desk_case, word, reason) VALUES (1, 'wang', 1000000, 'noted', x'01') RETURNING id",
        &CASE_ACT,
        Some(&CASE_ACTS),
    ),
    (
        "INSERT INTO errand (key, actor, standing, role, scope_bank, scope_area, what, subject, bank, area, reason, asked_at, worker) VALUES ('k', 'wang', 1, 'operator', '', '', 'cut', 'account', '', '', x'01', 1, 'worker-1') RETURNING id",
        &ERRAND,
        None,
    ),
    (
        "INSERT INTO stream_act (at, actor, partner, kind, first, last, reason) VALUES (1, 'wang', '104', 'account-answer', 900, 901, x'01') RETURNING id",
        &STREAM_ACT,
        Some(&STREAM_ACTS),
    ),
    (
        "INSERT INTO reference_import (id, operation, kind, effective, at, actor, sha256, complete, confirmed, read, added, changed, ended, cards, deadlines)
         VALUES (1, 'import', 'outlets', '2026-01-01', 1, 'wang', 'none', FALSE, FALSE, 1, 1, 0, 0, 0, 0) RETURNING id",
        &REFERENCE_IMPORT,
        Some(&IMPORTS),
    ),
    (
        "INSERT INTO reconciliation (found_at, found, accepted_at, actor, reason) VALUES (1, 'restored', 2, 'wang', x'01') RETURNING id",
        &RECONCILIATION,
        Some(&RECONCILIATIONS),
    ),
    (
        "INSERT INTO destroyed_record (message, at) SELECT min(id), 1 FROM message WHERE id NOT IN (SELECT message FROM destroyed_record) RETURNING message",
        &DESTROYED_RECORD,
        Some(&DESTROYED_RECORDS),
    ),
];

/// Rows that nothing covers.
const OTHERS: &[&str] = &[
    "INSERT INTO alert (key, day, target, kind, about, count, urgent, found_at, next_at) VALUES ('halted/', '2026-01-05', 'none', 'halted', '', 1, TRUE, 1, 1)",
    "INSERT INTO doomed (erasure, no) VALUES (1, 1)",
    "UPDATE message SET sealed = x'00' WHERE id IN (SELECT message FROM destroyed_record)",
    "INSERT INTO stream_hold (stream, act) SELECT stream, id FROM batch_act WHERE what = 'hold'",
    "INSERT INTO reference (kind, code, effective, import, line) VALUES ('outlets', '1', '2026-01-01', 1, '1,outlet')",
    "INSERT INTO restore (halt, sessions) SELECT id, 0 FROM reconciliation",
    "INSERT INTO sent_before (kind, key, file) SELECT 'batch', 'none', max(id) FROM file",
    "INSERT INTO api_token (token, user_id, made_at, made_by, until, opened_for) SELECT x'01', max(id), 1, 'wang', 2, x'02' FROM users",
    "INSERT INTO session (token, user_id, until) SELECT x'01', max(id), 1 FROM users",
    "INSERT INTO login (user_id, place) SELECT max(id), '' FROM users",
    "INSERT INTO source_jump (topic, generation, partition, left_at, begins_at) VALUES ('cards', 1, 99, 0, 0)",
    "INSERT INTO dead_letter (message) SELECT max(id) FROM message",
    "INSERT INTO person_alias (key, person) VALUES (x'01', x'02')",
    "INSERT INTO progress (work, subject, bank, area, actor, worker, phase, done, started_at, changed_at) VALUES ('books', 'everything', '', '', 'wang', '', 'place', 1, 1, 1)",
    "INSERT INTO set_aside (step, partner, unit, cause, found, failures, since, rest_until, desk_case)
     SELECT 'exchange/send', '', 'all', 'network', 'none', 1, 1, 1, max(id) FROM desk_case",
];

/// Fills what is empty.
pub async fn complete(worker: &Worker, at: Timestamp) {
    for (partner, is_well) in [("ABC", true), ("ICBC", false)] {
        worker.ledger.keep_connection_test(partner, is_well, at, "lin").await.unwrap();
    }
    let ledger = &worker.ledger;
    let why = Stamp { at, actor: "wang", reason: "" };
    erase_somebody(worker, at).await;
    send_one_by_mail(worker, at).await;
    let role = Role::of("administrator").unwrap();
    let new = NewUser { name: "wang".into(), role, scope: Scope::default(), verifier: "none".into() };
    ledger.add_user(&new, why).await.unwrap();
    let approval = NewApproval {
        action: DualControl::BulkDiscard,
        subject: "operation".into(),
        digest: "none".into(),
        request: vec![1],
        count: 1,
        bank: String::new(),
        area: String::new(),
        reason: vec![1],
    };
    ledger.ask_approval(approval, why).await.unwrap();
    acts(ledger).await;
    seal(ledger, at).await;
    ledger.carry_tally().await.unwrap();
    ledger.count_figures(at).await.unwrap();
    ledger.books(at, false, None).await.unwrap();
}

/// Applications that come on the last day, after the cuts of the day before, wait for an account batch.
pub async fn somebody_waits(worker: &Worker, n: u32) {
    let regions = ["110101".to_owned()];
    let plan = Plan::new(7, 0, &regions, day(n - 1), &worker.reference, 4).unwrap();
    let stretch = Stretch { first: 9_000, count: 3, days: &[day(n - 1)], following_percent: 0 };
    let made = (0..stretch.count).filter_map(|at| application_of(&plan, &stretch, at));
    let letters: Vec<_> = made.map(|made| (made.application_id.clone(), made.json.into_bytes())).collect();
    worker.publish(&outgoing(&worker.config.topics.applications, &letters)).unwrap();
    tick(worker, Some("intake"), instant(day(n), 16, 0)).await.unwrap();
}

/// Has a batch end unsent, if anything waits for one.
pub async fn cancel_one(worker: &Worker, at: Timestamp) -> bool {
    let by = Instruction { actor: "lin", reason: "wrong points", at, approval: None };
    for kind in [BatchKind::PRODUCTION, BatchKind::ACCOUNT, BatchKind::RECYCLING] {
        let waiting = waiting_streams(worker, batches_of(kind).unwrap(), at).await.unwrap();
        if let Some(stream) =
            waiting.iter().find(|stream| stream.waiting.cards > 0).map(|waiting| waiting.stream.name())
        {
            let batch = preview_cut(worker, &stream, at).await.unwrap().batch;
            cut_now(worker, &stream, &batch, by).await.unwrap();
            cancel_batch(worker, &batch, by).await.unwrap();
            return true;
        }
    }
    false
}

async fn erase_somebody(worker: &Worker, at: Timestamp) {
    let by = Instruction { actor: "wang", reason: "a scene", at, approval: None };
    for id in texts(&worker.ledger, "SELECT application_id FROM application ORDER BY id").await {
        if erase(worker, &id, "purpose-done", by).await.is_ok() {
            return;
        }
    }
    panic!("nobody may be erased");
}

async fn send_one_by_mail(worker: &Worker, at: Timestamp) {
    let on_shelf = "SELECT a.application_id FROM card c JOIN application a ON a.id = c.id WHERE c.place = 'on_shelf' ORDER BY a.id";
    let card = texts(&worker.ledger, on_shelf).await.into_iter().next().expect("a card on a shelf");
    let sent = json!({ "type": "card.sent_by_mail", "application_id": card, "carrier": "POST", "tracking": "PA-1" });
    assert_eq!(told(worker, "sent", &[sent], at).await.accepted, 1);
}

async fn acts(ledger: &Ledger) {
    let mut tx = ledger.begin().await.unwrap();
    // PostgreSQL writes bytes otherwise.
    let dialect = |sql: &str| if tx_is_postgres(ledger) { sql.replace("x'0", "'\\x0") } else { sql.into() };
    for (sql, covered, counted) in ACTS_OF_PERSONS {
        let rows = tx.run_returning::<(i64,)>(dialect(sql).leak(), args![]).await.unwrap();
        tx.cover_one(covered, rows[0].0).await.unwrap();
        if let Some(counted) = counted {
            tx.count_one(counted).await.unwrap();
        }
    }
    for sql in OTHERS {
        tx.run(dialect(sql).leak(), args![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn tx_is_postgres(ledger: &Ledger) -> bool {
    ledger.engine() == cardline::store::Engine::Postgres
}

/// Seals until nothing is left: on PostgreSQL whatever runs elsewhere in the server holds it up.
async fn seal(ledger: &Ledger, at: Timestamp) {
    for _ in 0..200 {
        let lease = ledger.take_lease("seal", "suite", at, 60).await.unwrap().unwrap();
        ledger.seal_history(&lease, at).await.unwrap();
        ledger.give_back(&lease).await.unwrap();
        let open = "SELECT (SELECT count(*) FROM move) - CAST(COALESCE(sum(moves), 0) AS BIGINT) FROM seal";
        if ledger.read().await.unwrap().number(open, args![]).await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("history was not sealed within ten seconds");
}
