//! Lists for points without network: what goes out, what comes back, and everything that may be wrong with it.

use cardline::actions::outcome::ActionError;
use cardline::actions::pickup::lists::cells::{card_token, written, written_as_workbook};
use cardline::actions::pickup::lists::make::{PickupList, make_list};
use cardline::actions::pickup::lists::record::{RecordReport, record_list};
use cardline::actions::pickup::refusal::PickupRefusal;
use cardline::step::Worker;
use cardline_core::domain::staff::Role;

use crate::conformance::arrivals::{execute, number, texts};
use crate::conformance::batching::batches::{by, laws_hold, morning, played};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};

on_both_engines!(what_a_list_brings_back_is_recorded_line_by_line);

async fn recorded(worker: &Worker, file: &str, dry_run: bool) -> Result<RecordReport, PickupRefusal> {
    match record_list(worker, file.as_bytes(), dry_run, by(morning())).await {
        Ok(report) => Ok(report),
        Err(ActionError::Refused(refusal)) => Err(refusal),
        Err(ActionError::Failed(error)) => panic!("{error}"),
    }
}

/// The list as text, the last four cells of some lines filled in.
fn filled(list: &PickupList, cells: &[(usize, &str)]) -> String {
    let text = String::from_utf8(written(&list.list, &list.lines).unwrap()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (no, cells) in cells {
        lines[*no] = lines[*no].replace(",,,,", &format!(",{cells}"));
    }
    lines.join("\r\n")
}

fn results(report: &RecordReport) -> Vec<&str> {
    report.lines.iter().map(|line| line.result).collect()
}

/// Names and ends of numbers that were sorted without their lines are other people's: a card is recorded on nobody else.
async fn what_was_sorted_apart_is_refused(worker: &Worker, list: &PickupList, today: &str) {
    let said = async |change: &dyn Fn(&mut PickupList)| {
        let mut changed = list.clone();
        change(&mut changed);
        let handed = format!("{today},holder,id_front,");
        let report = recorded(worker, &filled(&changed, &[(2, &handed)]), true).await.unwrap();
        (report.lines[1].result, report.lines[1].column.clone())
    };
    for (change, column) in [
        (&(|list: &mut PickupList| list.lines[1].holder = "某某某某".into()) as &dyn Fn(&mut PickupList), "holder"),
        (&|list| list.lines[1].number_ends = "0X0X".into(), "number_ends"),
    ] {
        assert_eq!(said(change).await, ("refused", column.to_owned()));
    }
    // What is only shortened, empty, or for reading says no other person.
    for change in [
        &(|list: &mut PickupList| {
            list.lines[1].number_ends = list.lines[1].number_ends.trim_start_matches('0').to_owned();
        }) as &dyn Fn(&mut PickupList),
        &|list| list.lines[1].holder = String::new(),
        &|list| list.lines[1].box_number = "elsewhere".into(),
    ] {
        assert_eq!(said(change).await, ("recorded", String::new()));
    }
}

async fn what_a_list_brings_back_is_recorded_line_by_line(database: Database) {
    let mut play = played(database).await;
    let worker = &play.worker;
    let point = "SELECT s.point FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL GROUP BY s.point ORDER BY count(*) DESC, s.point";
    let point = texts(&worker.ledger, point).await.remove(0);
    let list = make_list(worker, &point, "", by(morning())).await.unwrap();
    let on_shelf = format!(
        "SELECT count(*) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL AND s.point = '{point}'"
    );
    assert_eq!(number(&worker.ledger, &on_shelf).await, list.lines.len() as i64);
    let again = make_list(worker, &point, "", by(morning())).await.unwrap();
    assert_eq!(again, list, "at the same instant it is the same list");
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM pickup_act").await, 1);
    assert!(list.lines.len() > 2 && list.further.is_none(), "the play shows too little: {}", list.lines.len());
    for line in &list.lines {
        assert!(line.holder.ends_with('*') && line.number_ends.chars().count() == 4, "{line:?}");
    }

    let today = cardline::time::local_date(morning()).to_string();
    let first = format!("{today},本人,身份证,");
    let bad = "2036-01-05,holder,id_front,";
    let file = filled(&list, &[(1, &first), (2, bad)]);
    let writes = worker.ledger.row_writes();
    assert_eq!(results(&recorded(worker, &file, true).await.unwrap())[..2], ["recorded", "refused"]);
    assert_eq!(worker.ledger.row_writes(), writes, "a preview wrote");
    let report = recorded(worker, &file, false).await.unwrap();
    assert_eq!((report.recorded, report.refused, report.still_there), (1, 1, list.lines.len() - 2), "{report:?}");
    assert_eq!((report.lines[1].line, report.lines[1].column.as_str()), (3, "handed_over_on"));
    // The list as it went out, once more: what it says of each card is what is so now.
    let untouched = recorded(worker, &filled(&list, &[]), true).await.unwrap();
    assert_eq!((untouched.before, untouched.still_there), (1, list.lines.len() - 1), "{untouched:?}");
    // A cell that cannot be read refuses its line, which names its card all the same.
    let no_day = recorded(worker, &filled(&list, &[(2, "2/10,holder,id_front,")]), true).await.unwrap();
    assert_eq!((no_day.refused, no_day.absent, no_day.lines.len()), (1, 0, list.lines.len()), "{no_day:?}");
    assert_eq!(no_day.lines[1].application_id, list.lines[1].application_id);
    what_was_sorted_apart_is_refused(worker, &list, &today).await;
    let in_hand = |no: usize| {
        format!(
            "SELECT count(*) FROM card WHERE place = 'in_hand' AND application_id = '{}'",
            list.lines[no - 1].application_id
        )
    };
    assert_eq!(number(&worker.ledger, &in_hand(1)).await, 1);
    let evidence =
        "SELECT count(*) FROM move WHERE actor = 'lin' AND to_state = 'in_hand' AND evidence LIKE '%id_front%'";
    assert_eq!(number(&worker.ledger, evidence).await, 1);
    laws_hold(&play, "a list that came back").await;

    // As a workbook it is the same list, by whatever name it comes; the code of a sheet finds its card.
    let worker = &play.worker;
    let workbook = written_as_workbook(&list.list, &list.lines).unwrap();
    let read = record_list(worker, &workbook, true, by(morning())).await.unwrap_or_else(|error| panic!("{error:?}"));
    let numbers = (read.before, read.still_there, read.refused, read.absent);
    assert_eq!(numbers, (1, list.lines.len() - 1, 0, 0), "{read:?}");
    let token = card_token(&list.list, 2);
    let found = worker.ledger.trace(&token).await.unwrap().map(|trace| trace.application_id);
    assert_eq!(found.as_ref(), Some(&list.lines[1].application_id));
    assert!(worker.ledger.trace(&card_token(&list.list, 999)).await.unwrap().is_none());

    // The same file again, and put right: only what is new is recorded.
    let worker = &play.worker;
    let writes = worker.ledger.row_writes();
    assert_eq!(results(&recorded(worker, &file, false).await.unwrap())[..2], ["before", "refused"]);
    assert_eq!(worker.ledger.row_writes(), writes, "recorded twice");
    let agent = format!("{today},agent,agent_id_front,");
    let put_right = filled(&list, &[(1, &first), (2, &agent)]);
    assert_eq!(results(&recorded(worker, &put_right, false).await.unwrap())[..2], ["before", "recorded"]);

    // A card that went elsewhere meanwhile, a line that stands there twice, an old day, another list.
    let recalled =
        format!("UPDATE application SET place = 'recalled' WHERE application_id = '{}'", list.lines[2].application_id);
    execute(&worker.ledger, &recalled).await;
    let gone = filled(&list, &[(3, &first)]);
    let said = recorded(worker, &gone, false).await.unwrap();
    assert!(said.lines[2].result == "refused" && said.lines[2].reason.contains("recalled"), "{said:?}");
    let left = recorded(worker, &filled(&list, &[]), false).await.unwrap();
    assert_eq!((left.lines[2].result, left.left, left.before), ("left", 1, 2), "{left:?}");
    assert_eq!(left.still_there, list.lines.len() - 3, "the numbers are those of the list");
    execute(&worker.ledger, &recalled.replace("'recalled'", "NULL")).await;
    let early = filled(&list, &[(3, "2026-01-01,holder,id_front,")]);
    assert_eq!(recorded(worker, &early, false).await.unwrap().lines[2].column, "handed_over_on");
    let twice =
        format!("{}\r\n{}", filled(&list, &[(3, &first)]), filled(&list, &[(3, &first)]).lines().nth(3).unwrap());
    let said = recorded(worker, &twice, true).await.unwrap();
    assert_eq!((said.recorded, said.lines.last().unwrap().column.as_str()), (1, "no"));
    let other = filled(&list, &[]).replace(&list.list, "L0123");
    assert!(matches!(recorded(worker, &other, false).await, Err(PickupRefusal::NoSuchList { .. })));
    let cut = filled(&list, &[]).lines().take(2).collect::<Vec<_>>().join("\n");
    let said = recorded(worker, &cut, true).await.unwrap();
    assert_eq!((said.absent, said.lines.len()), (list.lines.len() - 1, list.lines.len()), "{said:?}");
    assert!(matches!(recorded(worker, "a,b\n1,2\n", false).await, Err(PickupRefusal::NoList(_))));

    // Who sees another area has neither the point nor its list; who sees one bank has that bank's cards.
    let whole = worker.ledger.clone();
    let boss = administered(&whole).await;
    let far = add(&boss, "far", Role::Administrator, "", "99").await;
    play.worker.ledger = boss.seen_by(far);
    assert!(play.worker.ledger.trace(&token).await.unwrap().is_none());
    assert!(make_list(&play.worker, &point, "", by(morning())).await.is_err());
    let refused = recorded(&play.worker, &put_right, false).await.unwrap_err();
    assert_eq!(refused, PickupRefusal::NoSuchList { list: list.list.clone() });
    play.worker.ledger = whole;
    laws_hold(&play, "everything").await;
    play.end().await;
}
