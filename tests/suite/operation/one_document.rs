//! What a command prints with `--output json` is the document that pages and programs are given by the function of the
//! library, byte for byte.

use cardline::actions::approval_list::approval_list;
use cardline::actions::batches::hold::hold_batch;
use cardline::actions::batches::plan::plan;
use cardline::actions::batches::shown::show_batch;
use cardline::actions::cases::list::case_page;
use cardline::actions::file_list::file_page;
use cardline::actions::quarantine::shown::show_message;
use cardline::books::case_shown::show_case;
use cardline::books::day_explained::explain_day;
use cardline::books::way::card_way;
use cardline::cases::case_list::CaseQuery;
use cardline::exchange::file_list::FileQuery;
use cardline::quarantine::quarantined::Selection;
use cardline::route::distribution::pickup::{By, counted, due_within};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::time::local_date;
use cardline_core::domain::visible::json_document;
use jiff::Timestamp;
use serde::Serialize;

use super::worker::{ended, program};
use crate::conformance::arrivals::texts;
use crate::conformance::batching::batches::{by, morning, played};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(a_command_prints_what_the_function_gives);

/// Compares a command's output with a document.
fn same<T: Serialize>(play: &Play, command: &str, document: &T) {
    let database = play.database();
    let mut program = program(&database.url, database.folder.path());
    let output = ended(program.args(command.split(' ')).args(["--output", "json"]), &[0]);
    let given = json_document(document).unwrap() + "\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), given, "cardline {command}");
    assert!(given.len() > 3 || command.starts_with("approvals"), "the play shows nothing for {command}");
}

async fn a_command_prints_what_the_function_gives(database: Database) {
    let play = played(database).await;
    let (worker, now) = (&play.worker, morning());
    let ledger = &worker.ledger;
    let today = local_date(now);
    same(&play, "batch list --state sent", &ledger.batches(None, Some("sent")).await.unwrap());
    let cut = ledger.batches(None, Some("cut")).await.unwrap();
    if let Some(batch) = cut.first() {
        hold_batch(worker, &batch.number, by(now)).await.unwrap();
    }
    for batch in ledger.batches(None, None).await.unwrap().iter().rev().take(4) {
        let shown = show_batch(ledger, &worker.keys, &batch.number).await.unwrap();
        same(&play, &format!("batch show {}", batch.number), &shown);
    }
    same(&play, &format!("batch plan --at {now}"), &plan(worker, now).await.unwrap());
    let files = FileQuery { limit: 1_000, ..FileQuery::default() };
    same(&play, &format!("exchange list --at {now}"), &file_page(worker, &files, now).await.unwrap().files);
    for id in texts(ledger, "SELECT application_id FROM application ORDER BY id").await.iter().step_by(97) {
        let way = card_way(ledger, play.folder(), id, local_date(Timestamp::now())).await.unwrap();
        same(&play, &format!("trace {id}"), &way.unwrap());
        let day = explain_day(worker, id, now).await.unwrap();
        same(&play, &format!("deadlines explain {id} --at {now}"), &day.unwrap());
    }
    the_quarantine_is_printed(&play).await;

    let all = CaseQuery { limit: 1_000, ..CaseQuery::default() };
    let cases = case_page(worker, &all, now).await.unwrap().cases;
    same(&play, &format!("cases list --at {now}"), &cases);
    let case = cases[0].number;
    let shown = show_case(worker, case, now).await.unwrap().unwrap();
    same(&play, &format!("cases show {case} --at {now}"), &shown);
    let due = counted(worker, due_within(worker, today, 7), By::Point, now).await.unwrap();
    same(&play, &format!("pickup due --at {now}"), &due);
    let later = now + jiff::SignedDuration::from_hours(24 * 60);
    let overdue = Asked::Overdue { today: local_date(later) };
    let overdue = counted(worker, overdue, By::Point, later).await.unwrap();
    same(&play, &format!("pickup overdue --at {later}"), &overdue);
    same(&play, "approvals list --all", &approval_list(worker, true, now).await.unwrap());
    let books = ledger.books(now, true, None).await.unwrap().books;
    same(&play, &format!("books --full --at {now}"), &books);
    play.end().await;
}

async fn the_quarantine_is_printed(play: &Play) {
    let (worker, now) = (&play.worker, morning());
    let all = Selection::default();
    let list = worker.ledger.quarantine_messages(&all, 0, 50, now).await.unwrap();
    same(play, &format!("quarantine list --at {now}"), &list);
    let groups = worker.ledger.quarantine_groups(&all).await.unwrap();
    same(play, &format!("quarantine list --group --at {now}"), &groups);
    for listed in list.rows.messages.iter().step_by(3) {
        let id = listed.item.id;
        same(play, &format!("quarantine show {id} --at {now}"), &show_message(worker, id).await.unwrap().unwrap());
    }
}
