//! The ledger of files as people read it: whole, by page, by filter, within a scope.

use cardline::actions::file_list::{FilePage, file_page};
use cardline::exchange::file_list::{FileQuery, ListedFile};
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use serde_json::json;

use crate::conformance::arrivals::number;
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(files_are_listed_by_page_and_filter_and_those_outside_are_as_if_absent);

const DAYS: u32 = 9;

fn all() -> FileQuery {
    FileQuery { limit: 1_000, ..FileQuery::default() }
}

async fn page(play: &Play, query: &FileQuery, on: u32) -> FilePage {
    file_page(&play.worker, query, instant(day(on), 18, 0)).await.unwrap()
}

/// A later file of the bank arrives; those before it never came.
async fn leave_a_gap(play: &Play) -> (i64, i64) {
    let next = play.worker.ledger.next_sequence("ICBC", "account-result", "in").await.unwrap();
    let partner = play.worker.partners.get("ICBC").unwrap();
    let name = format!("ICBC_431126_20260105_{:06}_KHHP.txt", next + 2);
    std::fs::write(partner.from().join(format!("{name}.ok")), "unreadable").unwrap();
    std::fs::write(partner.from().join(name), "unreadable").unwrap();
    (next, next + 1)
}

fn ids(files: &[ListedFile]) -> Vec<i64> {
    files.iter().filter_map(|file| file.id).collect()
}

async fn files_are_listed_by_page_and_filter_and_those_outside_are_as_if_absent(database: Database) {
    let mut play = Play::played(database, 7, 30, DAYS).await;
    pages_and_filters(&play).await;
    scopes(&mut play).await;
    play.end().await;
}

async fn pages_and_filters(play: &Play) {
    let ledger = play.worker.ledger.clone();
    let whole = page(play, &all(), DAYS).await;
    let count = number(&ledger, "SELECT count(*) FROM file").await;
    assert!(count > 8 && whole.all == count && whole.files.len() as i64 == count && whole.next.is_none());
    let mut paged = Vec::new();
    let mut query = FileQuery { limit: 3, ..all() };
    loop {
        let page = page(play, &query, DAYS).await;
        assert_eq!(page.all, count);
        paged.extend(page.files);
        let Some(next) = page.next else { break };
        query.after = next;
    }
    assert_eq!(paged, whole.files, "the pages are the whole");

    for (query, sql) in [
        (FileQuery { state: "placed".into(), ..all() }, "state = 'placed'"),
        (FileQuery { direction: "in".into(), ..all() }, "direction = 'in'"),
        (
            FileQuery { partner: "ABC".into(), direction: "out".into(), ..all() },
            "partner = 'ABC' AND direction = 'out'",
        ),
    ] {
        let found = page(play, &query, DAYS).await;
        let expected = number(&ledger, &format!("SELECT count(*) FROM file WHERE {sql}")).await;
        assert!(expected > 0 && found.all == expected && found.files.len() as i64 == expected, "{sql}");
    }
    let mut by_day = 0;
    for n in 0..DAYS {
        let of_day = page(play, &FileQuery { day: Some(day(n)), ..all() }, DAYS).await;
        assert!(of_day.files.iter().all(|file| file.at.as_ref().unwrap().starts_with(&day(n).to_string())));
        by_day += of_day.all;
    }
    assert_eq!(by_day, count);

    // An answer is owed by its day, and late after it; what is done is never late.
    let late = page(play, &all(), 300).await;
    for file in &late.files {
        assert_eq!(file.overdue, file.due_on.is_some());
        assert_eq!(file.due_on.is_some(), ["frozen", "placed", "held"].contains(&file.state.as_str()), "{file:?}");
    }
    assert!(late.files.iter().any(|file| file.overdue) && late.files.iter().any(|file| !file.overdue));
    let due = late.files.iter().find_map(|file| file.due_on.clone()).unwrap().parse().unwrap();
    let on_the_day = file_page(&play.worker, &all(), instant(due, 23, 0)).await.unwrap();
    let first = on_the_day.files.iter().find(|file| file.due_on == Some(due.to_string())).unwrap();
    assert!(!first.overdue, "the last day is still in time");
}

async fn scopes(play: &mut Play) {
    let boss = administered(&play.worker.ledger).await;
    let abc = boss.seen_by(add(&boss, "abc", Role::BankIt, "ABC", "").await);
    let icbc = boss.seen_by(add(&boss, "icbc", Role::BankIt, "ICBC", "").await);
    let area = boss.seen_by(add(&boss, "area", Role::Administrator, "", "1101").await);
    let mut seen = Vec::new();
    for ledger in [&abc, &area] {
        play.worker.ledger = ledger.clone();
        let page = page(play, &all(), DAYS).await;
        seen.push(json!([page.files, page.all]).to_string());
        assert!(page.files.iter().all(|file| file.partner == "ABC"));
    }
    assert_eq!(seen[1], "[[],0]", "a file may hold any region");
    assert!(seen[0].len() > 100);

    let (first, last) = leave_a_gap(play).await;
    for (ledger, was) in [&abc, &area].into_iter().zip(&seen) {
        play.worker.ledger = ledger.clone();
        let page = page(play, &all(), DAYS).await;
        assert_eq!(json!([page.files, page.all]).to_string(), *was, "another bank's gap changes nothing");
    }
    for ledger in [&icbc, &boss] {
        play.worker.ledger = ledger.clone();
        let gap = page(play, &all(), DAYS).await.files.remove(0);
        assert_eq!((gap.id, gap.state.as_str()), (None, "missing"));
        assert_eq!((gap.sequence, gap.last_sequence), (Some(first), Some(last)));
        let only = page(play, &FileQuery { state: "missing".into(), ..all() }, DAYS).await;
        assert_eq!((only.files.len(), only.all), (1, 0));
        let further = page(play, &FileQuery { after: 1, ..all() }, DAYS).await;
        assert!(further.files.iter().all(|file| file.id.is_some()), "it stands on the first page only");
        for direction in ["in", "out"] {
            let page = page(play, &FileQuery { direction: direction.into(), ..all() }, DAYS).await;
            assert_eq!(page.files.len() - ids(&page.files).len(), usize::from(direction == "in"));
        }
    }
    // A folder that cannot be read hides no file.
    std::fs::remove_dir_all(play.worker.partners.get("CCB").unwrap().from()).unwrap();
    let page = page(play, &all(), DAYS).await;
    assert!(page.unread.len() == 1 && ids(&page.files).len() as i64 == page.all, "{:?}", page.unread);
}
