//! What commands and pages show of batches and cards: page by page all there is, and nothing that is not theirs.

use std::collections::BTreeSet;

use cardline::actions::batches::hold::{hold_batch, release_batch};
use cardline::actions::batches::shown::show_batch;
use cardline::batching::batch_list::{BatchFilter, BatchOrder, BatchRecord};
use cardline::batching::batch_rows::BatchRow;
use cardline::books::way::card_way;
use cardline::exchange::files::FileRecord;
use cardline::store::Ledger;
use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use serde_json::Value;

use super::batches::{by, cut, morning, played};
use crate::conformance::arrivals::texts;
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(batches_are_shown_page_by_page_with_all_there_is_of_each, a_cards_way_is_shown_within_the_scope,);

fn numbers(batches: &[BatchRecord]) -> Vec<&str> {
    batches.iter().map(|batch| batch.number.as_str()).collect()
}

/// Every batch a filter finds, three a page.
async fn paged(ledger: &Ledger, filter: &BatchFilter) -> Vec<BatchRecord> {
    let mut all: Vec<BatchRecord> = Vec::new();
    loop {
        let after = all.last().map(|batch| (filter.order.key(batch), batch.id));
        let page = ledger.batches_matching(&BatchFilter { after, limit: 3, ..filter.clone() }).await.unwrap();
        if page.is_empty() {
            return all;
        }
        assert!(page.len() <= 3);
        all.extend(page);
    }
}

/// Three rows a page: as many as the batch has cards, each of another application, in order.
async fn every_row_is_shown_once(ledger: &Ledger, batch: &BatchRecord) {
    let kind = BatchKind::named(&batch.kind).unwrap();
    let mut all: Vec<BatchRow> = Vec::new();
    loop {
        let after = all.last().map_or((0, 0), |row| (row.row, row.id));
        let page = ledger.batch_rows(batch.id, kind, after, 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let ids: BTreeSet<i64> = all.iter().map(|row| row.id).collect();
    assert_eq!((all.len() as i64, ids.len()), (batch.cards, all.len()), "{}", batch.number);
    assert!(all.is_sorted_by_key(|row| (row.row, row.id)), "{}", batch.number);
}

async fn batches_are_shown_page_by_page_with_all_there_is_of_each(database: Database) {
    let play = played(database).await;
    let ledger = &play.worker.ledger;
    let mut all = ledger.batches(None, None).await.unwrap();
    all.reverse();
    assert!(all.len() > 6, "the play shows too little");
    assert_eq!(numbers(&paged(ledger, &BatchFilter::default()).await), numbers(&all));

    for (name, order) in BatchOrder::ALL {
        let mut sorted = all.clone();
        sorted.sort_by_key(|batch| (order.key(batch), -batch.id));
        let found = paged(ledger, &BatchFilter { order, ..BatchFilter::default() }).await;
        assert_eq!(numbers(&found), numbers(&sorted), "{name}");
    }

    let one = &all[0];
    let exactly = BatchFilter {
        kind: one.kind.clone(),
        state: one.state.clone(),
        partner: one.partner.clone(),
        bank: one.bank.clone(),
        region: one.region.chars().take(4).collect(),
        ..BatchFilter::default()
    };
    let alike = |batch: &&BatchRecord| {
        (&batch.kind, &batch.state, &batch.partner, &batch.bank) == (&one.kind, &one.state, &one.partner, &one.bank)
            && batch.region.starts_with(&exactly.region)
    };
    let expected: Vec<&str> = all.iter().filter(alike).map(|batch| batch.number.as_str()).collect();
    assert_eq!(numbers(&paged(ledger, &exactly).await), expected);
    let none = BatchFilter { region: "99".into(), ..BatchFilter::default() };
    assert!(paged(ledger, &none).await.is_empty());

    let files = ledger.files().await.unwrap();
    for batch in &all {
        every_row_is_shown_once(ledger, batch).await;
        let shown = show_batch(ledger, &play.worker.keys, &batch.number).await.unwrap();
        let ids = |files: &[FileRecord]| files.iter().map(|file| file.id).collect::<Vec<_>>();
        let theirs: Vec<FileRecord> = files.iter().filter(|file| file.batch == Some(batch.id)).cloned().collect();
        assert!(!theirs.is_empty() && ids(&shown.files) == ids(&theirs));
        let in_sections: i64 = shown.sections.iter().map(|section| section.cards).sum();
        let is_of_bureau = BatchKind::named(&batch.kind) == Some(BatchKind::PRODUCTION);
        assert_eq!(in_sections, if is_of_bureau { batch.cards } else { 0 }, "{}", batch.number);
        assert!(shown.actions.is_empty());
    }
    what_was_done_to_it_is_shown(&play).await;
    play.end().await;
}

async fn what_was_done_to_it_is_shown(play: &Play) {
    let worker = &play.worker;
    let streams = cardline::batching::any_kind::waiting_streams(
        worker,
        cardline::route::batches_of(BatchKind::ACCOUNT).unwrap(),
        morning(),
    );
    let stream = streams.await.unwrap().iter().find(|found| found.waiting.cards > 1).unwrap().stream.name();
    let number = cut(worker, &stream, morning()).await;
    hold_batch(worker, &number, by(morning())).await.unwrap();
    release_batch(worker, &number, by(morning())).await.unwrap();
    let shown = show_batch(&worker.ledger, &worker.keys, &number).await.unwrap();
    let done: Vec<_> = shown.actions.iter().map(|action| (action.what.as_str(), action.reason.as_str())).collect();
    assert_eq!(
        done,
        [("cut", by(morning()).reason), ("hold", by(morning()).reason), ("release", by(morning()).reason)]
    );
    let document: Value = serde_json::to_value(&shown).unwrap();
    let members: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(members, ["acts", "batch", "files", "places", "sections"]);
    assert_eq!(document["batch"].as_object().unwrap().get("id"), None, "the key of pages is ours");
}

async fn a_cards_way_is_shown_within_the_scope(database: Database) {
    let play = played(database).await;
    let ledger = &play.worker.ledger;
    let data = play.folder();
    let all: BTreeSet<String> = texts(ledger, "SELECT application_id FROM card").await.into_iter().collect();
    let boss = administered(ledger).await;
    let lin = boss.seen_by(add(&boss, "lin", Role::BankIt, "ABC", "").await);
    let mut within = 0;
    for id in all.iter().step_by(7) {
        let way = card_way(ledger, data, id, day(22)).await.unwrap().unwrap();
        assert!(way.application_id == *id && way.place.as_ref() == Some(&way.state) && !way.moves.is_empty());
        for file in &way.files {
            let known = ledger.file_record(file.id).await.unwrap().unwrap();
            assert_eq!((&known.name, &known.sha256), (&file.name, &file.sha256));
        }
        let bank: Vec<String> =
            texts(ledger, format!("SELECT bank FROM application WHERE application_id = '{id}'").leak()).await;
        let seen = card_way(&lin, data, id, day(22)).await.unwrap();
        assert_eq!(seen.is_some(), bank[0] == "ABC", "{id}");
        within += i64::from(seen.is_some());
    }
    assert!(within > 0 && (within as usize) < all.len().div_ceil(7), "the play shows too little");
    assert!(card_way(ledger, data, "no such card", day(22)).await.unwrap().is_none());
    play.end().await;
}
