//! The audit: what people did, page by page, for who sees everything; and what was changed of it by SQL.

use cardline::actions::batches::hold::{hold_stream, release_stream};
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::books::audit::{AuditFilter, AuditKey, KINDS, audit, check_audit, csv};
use cardline::config::Config;
use cardline::step::{Worker, keys_of};
use cardline::store::Opening;
use cardline::time::local_date;
use cardline_core::domain::staff::Role;
use jiff::SignedDuration;

use super::users::{add, administered};
use crate::conformance::arrivals::{execute, now};
use crate::databases::{Database, on_both_engines};

on_both_engines!(what_people_did_is_listed_and_checked,);

async fn what_people_did_is_listed_and_checked(database: Database) {
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let mut worker = Worker::open(config, local_date(now())).await.unwrap();
    let keys = keys_of(&worker.ledger, &worker.config.data.value.join("keys"), Opening::Change).await.unwrap();
    let system = worker.ledger.clone();
    let boss = administered(&system).await;
    let lin = add(&boss, "lin", Role::Operator, "", "").await;
    let narrow = add(&boss, "wang", Role::Auditor, "ABC", "").await;
    worker.ledger = system.seen_by(lin);
    let acts = 230;
    for n in 0..acts {
        let stream = format!("account/ABC/110101/{}", ["normal", "urgent", "newborn"][n % 3]);
        let number = concat!("138", "00000000");
        let reason = if n == 0 { format!("call {number}") } else { format!("=reason {n}") };
        let at = now() + SignedDuration::from_secs((n / 7) as i64);
        let by = Instruction { actor: "lin", reason: &reason, at, approval: None };
        let held = hold_stream(&worker, &stream, by).await.unwrap();
        assert_eq!(matches!(held, Outcome::Done(_)), n < 3);
        if n >= 3 {
            release_stream(&worker, &stream, by).await.unwrap();
            hold_stream(&worker, &stream, by).await.unwrap();
        }
    }
    let kept = 3 + 2 * (acts - 3);
    let mut filter = AuditFilter { kind: "batch".into(), actor: "lin".into(), ..AuditFilter::default() };
    let (mut found, mut pages, mut text) = (Vec::new(), 0, Vec::new());
    loop {
        let page = audit(&boss, &keys, &filter).await.unwrap();
        text.extend(csv(&page.acts, pages == 0).unwrap());
        pages += 1;
        found.extend(page.acts);
        let Some(next) = page.next else { break };
        filter.after = Some(next.parse::<AuditKey>().unwrap());
    }
    assert_eq!((found.len(), pages), (kept, kept.div_ceil(100)));
    assert!(found.iter().zip(&found[1..]).all(|(one, next)| (&one.at, one.id) > (&next.at, next.id)));
    assert_eq!(found.last().unwrap().reason.as_deref(), Some("***"), "a number of a person is masked");
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), kept + 1);
    assert!(text.contains(",'=reason 7") && !text.contains(",=reason"));

    let of = async |kind: &str, actor: &str| {
        let filter = AuditFilter { kind: kind.into(), actor: actor.into(), ..AuditFilter::default() };
        audit(&boss, &keys, &filter).await.unwrap().acts.len()
    };
    assert_eq!((of("user", "").await, of("user", "lin").await, of("", "boss").await), (3, 0, 3));
    for kind in KINDS {
        let page = audit(&boss, &keys, &AuditFilter { kind: (*kind).into(), ..AuditFilter::default() }).await.unwrap();
        assert!(page.acts.iter().all(|act| act.kind == *kind));
    }
    let today = local_date(now());
    for (from, until, any) in [(today, today, true), (today.tomorrow().unwrap(), today, false)] {
        let filter = AuditFilter { from: Some(from), until: Some(until), ..AuditFilter::default() };
        assert_eq!(!audit(&boss, &keys, &filter).await.unwrap().acts.is_empty(), any);
    }
    let seen = audit(&system.seen_by(narrow), &keys, &AuditFilter::default()).await.unwrap();
    assert!(seen.acts.is_empty() && seen.next.is_none(), "a scope hides what belongs to nobody's bank");

    let check = check_audit(&boss).await.unwrap();
    assert!(check.broken.is_empty() && check.rows >= kept as i64, "{:?}", check.broken);
    execute(&system, "UPDATE batch_act SET actor = 'wang' WHERE id = (SELECT max(id) FROM batch_act)").await;
    let check = check_audit(&boss).await.unwrap();
    assert_eq!(check.broken.len(), 1, "{:?}", check.broken);
    assert!(check.broken[0].starts_with("batch_act "), "{:?}", check.broken);
    worker.ledger.close().await;
}
