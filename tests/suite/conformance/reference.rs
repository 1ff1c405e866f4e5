//! Imports of reference data: planned, confirmed, applied, taking effect on their day, and whom they
//! touch. A small world gives the cards.

use cardline::actions::imports::changed_lines::{Asked, PlanError};
use cardline::actions::imports::reference_file::rows;
use cardline::actions::imports::reference_import::{Plan, apply, plan};
use cardline::args;
use cardline::config::Config;
use cardline::reference::tables::{calendar_on, reference_on, take_effect};
use cardline::route::regions::FollowRegions;
use cardline::route::waiting_regions::Room;
use cardline::step::{StageError, Worker};
use cardline::store::{Ledger, LedgerError};
use cardline::time::instant;
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::{RegionNow, Table};
use cardline_world::play::day;
use jiff::civil::{Date, date};

use super::arrivals::{Intake, TODAY, arriving, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(
    the_same_file_again_is_nothing_new,
    what_a_place_is_like_is_kept_until_a_file_tells_otherwise,
    a_later_day_takes_effect_by_itself,
    who_only_looks_settles_nothing,
    a_complete_file_ends_what_it_lacks,
    what_cards_need_is_only_taken_away_when_confirmed,
    a_place_that_closes_later_is_a_case_on_its_day,
    nothing_else_than_what_was_seen_is_applied,
    waiting_cards_go_over_to_the_region_that_took_theirs_over,
    a_split_region_is_for_a_person,
    a_merger_in_the_middle_of_the_route,
    deadlines_move_with_a_calendar,
    a_calendar_of_a_later_day_moves_deadlines_once,
);

async fn planned(ledger: &Ledger, table: Table, text: &str, asked: Asked) -> Plan {
    match try_plan(ledger, table, text, asked).await {
        Ok(plan) => plan,
        Err(PlanError::Rows(faults)) => panic!("{faults:?}"),
        Err(error) => panic!("{error}"),
    }
}

async fn try_plan(ledger: &Ledger, table: Table, text: &str, asked: Asked) -> Result<Plan, PlanError> {
    let file = rows(table, text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
    plan(ledger, &Policy::built_in().unwrap(), &file, asked).await
}

async fn applied(ledger: &Ledger, plan: Plan) -> Result<(), StageError> {
    apply(ledger, plan, "suite", instant(TODAY, 10, 0), true, None).await
}

fn from(effective: Date) -> Asked {
    Asked { effective, complete: false, today: TODAY }
}

const POINT: &str = "code,name,region,kind,closed_on\n";

async fn the_same_file_again_is_nothing_new(database: Database) {
    let ledger = database.ledger().await;
    let text = format!("{POINT}110101001001,甲,110101,community,\n110101999001,新,110103,village,\n");
    let first = planned(&ledger, Table::Points, &text, from(TODAY)).await;
    let p = &first.preview;
    assert_eq!((p.read, p.added, p.changed, p.ended, p.known), (2, 1, 1, 0, 0));
    assert_eq!(p.lines[0].cells[0].old, "多福巷社区居委会");
    assert!(p.takes_away.is_empty());
    let operation = p.operation.clone();
    applied(&ledger, first).await.unwrap();
    let again = planned(&ledger, Table::Points, &text, from(TODAY)).await;
    assert_eq!((again.preview.new, again.preview.known), (0, 2));
    applied(&ledger, again).await.unwrap();
    let imports = ledger.imports().await.unwrap();
    assert_eq!(imports.len(), 1, "what changes nothing is not recorded");
    assert_eq!((&imports[0].operation, imports[0].actor.as_str(), imports[0].added), (&operation, "suite", 1));
    let (reference, _) = reference_on(&ledger, TODAY).await.unwrap();
    assert_eq!(reference.point("110101001001").map(|p| p.name.as_str()), Some("甲"));
    assert_eq!(reference.point("110101999001").map(|p| p.region.as_str()), Some("110101"), "followed to its region");
    // A file that lacks the column says nothing about it.
    let closing = format!("{POINT}110101001001,甲,110101,community,2026-03-01\n");
    applied(&ledger, planned(&ledger, Table::Points, &closing, from(TODAY)).await).await.unwrap();
    let short = "code,name,region,kind\n110101001001,甲,110101,community\n";
    assert_eq!(planned(&ledger, Table::Points, short, from(TODAY)).await.preview.new, 0);
}

async fn what_a_place_is_like_is_kept_until_a_file_tells_otherwise(database: Database) {
    let ledger = database.ledger().await;
    let told = "code,name,region,kind,capacity,hours\n110101001001,甲,110101,community,400,09:00-17:00\n";
    let plan = planned(&ledger, Table::Points, told, from(TODAY)).await;
    let columns: Vec<&str> = plan.preview.lines[0].cells.iter().map(|cell| cell.column.as_str()).collect();
    assert_eq!(columns, ["name", "hours", "capacity"], "the street stays");
    applied(&ledger, plan).await.unwrap();
    // A closing day beside them is found where it stands, and a published list tells the street and nothing else.
    let closing = "code,name,region,kind,closed_on,phone\n110101001001,甲,110101,community,2026-03-01,010-5500 1234\n";
    let plan = planned(&ledger, Table::Points, closing, from(TODAY)).await;
    assert!(plan.preview.lines[0].ends, "{:?}", plan.preview.lines);
    applied(&ledger, plan).await.unwrap();
    let published = "code,name,street_code,street_name,district_code,district_name,committee_kind\n110101001001,甲,110101001,新街道,110101,东城区,residents\n";
    applied(&ledger, planned(&ledger, Table::Points, published, from(TODAY)).await).await.unwrap();
    let (reference, _) = reference_on(&ledger, TODAY).await.unwrap();
    let opening = reference.opening("110101001001").unwrap();
    assert_eq!((opening.capacity, opening.hours.as_str()), (Some(400), "09:00-17:00"));
    assert_eq!((opening.phone.as_str(), reference.street_name("110101001")), ("010-5500 1234", Some("新街道")));
    assert!(reference_on(&ledger, date(2026, 3, 1)).await.unwrap().0.point("110101001001").is_none());
    // Studios are a list like the others; nobody's card needs one.
    let studios = "code,name,region,address\nBJ01,甲照相馆,110101,某街 1 号\nBJ02,乙照相馆,110101,某街 2 号\n";
    applied(&ledger, planned(&ledger, Table::Studios, studios, from(TODAY)).await).await.unwrap();
    let whole = Asked { complete: true, ..from(TODAY) };
    let one = "code,name,region,address,phone\nBJ02,乙照相馆,110101,某街 2 号,010-5500 5678\n";
    let plan = planned(&ledger, Table::Studios, one, whole).await;
    assert_eq!((plan.preview.ended, plan.preview.changed, plan.preview.takes_away.len()), (1, 1, 0));
    applied(&ledger, plan).await.unwrap();
    let (reference, _) = reference_on(&ledger, TODAY).await.unwrap();
    assert!(
        reference.studio("BJ01").is_none()
            && reference.studio("BJ02").is_some_and(|studio| studio.opening.phone.ends_with("5678"))
    );
}

async fn a_later_day_takes_effect_by_itself(database: Database) {
    let ledger = database.ledger().await;
    let worker =
        Worker::open(Config::in_folder(database.folder.path(), Some(database.url.clone())), TODAY).await.unwrap();
    let later = date(2026, 3, 1);
    let text = format!("{POINT}110101001001,甲,110101,community,\n");
    applied(&ledger, planned(&ledger, Table::Points, &text, from(later)).await).await.unwrap();
    assert!(worker.is_stale().await.unwrap(), "a running worker learns of it");
    let name = async |day| {
        let (reference, _) = reference_on(&ledger, day).await.unwrap();
        reference.point("110101001001").map(|point| point.name.clone())
    };
    assert_eq!(name(date(2026, 2, 28)).await.as_deref(), Some("多福巷社区居委会"));
    assert_eq!(name(later).await.as_deref(), Some("甲"));
    // An earlier day that is imported later does not undo it.
    let other = format!("{POINT}110101001001,乙,110101,community,\n");
    applied(&ledger, planned(&ledger, Table::Points, &other, from(date(2026, 2, 1))).await).await.unwrap();
    assert_eq!(name(date(2026, 2, 28)).await.as_deref(), Some("乙"));
    assert_eq!(name(later).await.as_deref(), Some("甲"));
}

async fn who_only_looks_settles_nothing(database: Database) {
    let ledger = database.ledger().await;
    let closing = format!("{POINT}110101001001,甲,110101,community,2026-03-01\n");
    applied(&ledger, planned(&ledger, Table::Points, &closing, from(TODAY)).await).await.unwrap();
    let config = || Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let due = async || ledger.reference_due(date(2026, 3, 1)).await.unwrap();
    Worker::observing(config(), date(2026, 3, 1)).await.unwrap();
    assert_eq!(due().await, Some(date(2026, 3, 1)));
    Worker::open(config(), date(2026, 3, 1)).await.unwrap();
    assert_eq!(due().await, None);
}

async fn a_complete_file_ends_what_it_lacks(database: Database) {
    let ledger = database.ledger().await;
    let asked = Asked { complete: true, ..from(TODAY) };
    let text = "code,name_zh,prefixes,regions\nICBC,中国工商银行,102,110101 110102 622926 522634\nABC,中国农业银行,103,110101 110102 622926 522634\n";
    let plan = planned(&ledger, Table::Banks, text, asked).await;
    assert_eq!((plan.preview.ended, plan.preview.known), (1, 2));
    let closed = plan.preview.lines.iter().filter(|line| line.change == "closed" && line.table == "outlets").count();
    assert!(closed >= 12, "its outlets close with it: {closed}");
    applied(&ledger, plan).await.unwrap();
    let (reference, _) = reference_on(&ledger, TODAY).await.unwrap();
    assert!(reference.bank("CCB").is_none() && reference.bank("ICBC").is_some());
    assert!(reference.outlets().all(|(_, outlet)| outlet.bank != "CCB"));
    // A region only stops being current; numbers keep it.
    let regions = "code,name,level,valid_from,valid_to,current\n110101,东城区,district,,,true\n";
    let plan = planned(&ledger, Table::Regions, regions, asked).await;
    assert_eq!(plan.preview.ended, 0);
    assert!(plan.preview.changed > 3_000);
    applied(&ledger, plan).await.unwrap();
    let (reference, _) = reference_on(&ledger, TODAY).await.unwrap();
    assert!(!reference.is_current_region("110102") && reference.was_region("110102"));
    assert!(reference.is_current_region("110101"));
}

/// Cards waiting to be collected at one outlet.
async fn waiting(database: &Database, region: &str) -> Intake {
    let mut intake = Intake::on(database).await;
    let mut messages = vec![arriving(1, 1, "a"), arriving(2, 1, "b"), arriving(3, 1, "c")];
    for facts in messages.iter_mut().take(2).filter_map(|message| message.facts.as_mut()) {
        facts.region = region.into();
    }
    assert_eq!(intake.settle(messages).await.unwrap().accepted, 3);
    intake
}

const OUTLET: &str = "code,bank,region,name,closed_on\n";

async fn cases(ledger: &Ledger) -> Vec<String> {
    let mut tx = ledger.read().await.unwrap();
    let rows = tx.rows::<(String,)>("SELECT reason FROM desk_case WHERE state = 'open' ORDER BY id", args![]).await;
    rows.unwrap().into_iter().map(|row| row.0).collect()
}

async fn what_cards_need_is_only_taken_away_when_confirmed(database: Database) {
    let intake = waiting(&database, "110101").await;
    let text = format!("{OUTLET}102100000030,ICBC,110101,工商银行东城区第一网点（合成）,2026-01-05\n");
    let plan = planned(&intake.ledger, Table::Outlets, &text, from(TODAY)).await;
    assert_eq!(plan.preview.takes_away, ["outlets 102100000030: 3 unfinished cards need it"]);
    assert_eq!(plan.preview.lines[0].touches.cards, 3);
    let before = number(&intake.ledger, "SELECT count(*) FROM reference").await;
    assert_eq!(before, 0, "a plan only reads");
    applied(&intake.ledger, plan).await.unwrap();
    assert_eq!(cases(&intake.ledger).await, ["outlet 102100000030 has ended, and unfinished cards need it"]);
    let (reference, _) = reference_on(&intake.ledger, TODAY).await.unwrap();
    assert!(reference.outlet("102100000030").is_none());
    intake.books_hold().await;
}

async fn a_place_that_closes_later_is_a_case_on_its_day(database: Database) {
    let intake = waiting(&database, "110101").await;
    let ledger = &intake.ledger;
    let policy = Policy::built_in().unwrap();
    let text = format!("{OUTLET}102100000030,ICBC,110101,工商银行东城区第一网点（合成）,2026-02-01\n");
    let plan = planned(ledger, Table::Outlets, &text, from(TODAY)).await;
    assert!(plan.preview.lines[0].ends && plan.preview.takes_away.len() == 1, "{:?}", plan.preview);
    applied(ledger, plan).await.unwrap();
    assert_eq!(cases(ledger).await.len(), 0);
    take_effect(ledger, &policy, date(2026, 1, 31)).await.unwrap();
    assert_eq!(cases(ledger).await.len(), 0);
    for _ in 0..2 {
        take_effect(ledger, &policy, date(2026, 2, 1)).await.unwrap();
        assert_eq!(cases(ledger).await.len(), 1, "once, however often a worker is opened");
    }
    intake.books_hold().await;
}

async fn nothing_else_than_what_was_seen_is_applied(database: Database) {
    let ledger = database.ledger().await;
    let one = format!("{POINT}110101001001,甲,110101,community,\n");
    let other = format!("{POINT}110101001001,乙,110101,community,\n");
    let (first, second) = (
        planned(&ledger, Table::Points, &one, from(TODAY)).await,
        planned(&ledger, Table::Points, &other, from(TODAY)).await,
    );
    assert_ne!(first.preview.operation, second.preview.operation);
    let seen = second.preview.operation.clone();
    applied(&ledger, first).await.unwrap();
    let late = applied(&ledger, second).await;
    assert!(matches!(late, Err(StageError::Ledger(LedgerError::ImportedMeanwhile))), "{late:?}");
    let again = planned(&ledger, Table::Points, &other, from(TODAY)).await;
    assert_ne!(again.preview.operation, seen, "it now changes something else");
    // Every wrong row is reported, and nothing of the file is stored.
    let wrong = format!(
        "{POINT}1,甲,110101,community,\n110101001002,乙,999999,community,\n3\n110101001005,丙,110101,community,\n"
    );
    match try_plan(&ledger, Table::Points, &wrong, from(TODAY)).await {
        Err(PlanError::Rows(faults)) => {
            let told: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.column.as_str())).collect();
            assert_eq!(told, [(2, "code"), (3, "region"), (4, "")]);
        }
        _ => panic!("three rows are wrong"),
    }
    assert_eq!(number(&ledger, "SELECT count(*) FROM reference").await, 1);
}

const REGION: &str = "code,name,level,valid_from,valid_to,current,successor\n";

async fn waiting_cards_go_over_to_the_region_that_took_theirs_over(database: Database) {
    let intake = waiting(&database, "110105").await;
    let merger = format!("{REGION}110105,朝阳区,district,,2026-01-31,false,110101\n");
    let plan = planned(&intake.ledger, Table::Regions, &merger, from(date(2026, 2, 1))).await;
    assert_eq!(plan.preview.lines[0].touches.cards, 2);
    assert!(plan.preview.takes_away.is_empty(), "{:?}", plan.preview.takes_away);
    applied(&intake.ledger, plan).await.unwrap();
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    // What lies in the ledger already was hashed with other keys than those of a folder.
    let keys = cardline::crypto::keys::Keys::make(&database.folder.path().join("keys")).unwrap();
    intake.ledger.keep_key_check(&keys.check()).await.unwrap();
    let follow = async |day: Date| {
        let worker = Worker::open(config.clone(), day).await.unwrap();
        drain(&FollowRegions(Room::Account), &worker, instant(day, 9, 0)).await.unwrap()
    };
    assert_eq!(follow(date(2026, 1, 31)).await, 0);
    assert_eq!((follow(date(2026, 2, 1)).await, follow(date(2026, 2, 1)).await), (1, 0));
    let groups = intake.ledger.waiting_accounts().await.unwrap();
    assert_eq!(groups.iter().map(|g| (g.region.as_str(), g.cards)).collect::<Vec<_>>(), [("110101", 3)]);
    let trace = intake.ledger.trace("110101-20260105-000000001").await.unwrap().unwrap();
    let last = trace.moves.last().unwrap();
    assert_eq!((last.from.as_str(), last.to.as_str()), ("waiting_account", "waiting_account"));
    assert_eq!(last.reason, "region 110105 was taken over by 110101");
    intake.books_hold().await;
}

async fn a_split_region_is_for_a_person(database: Database) {
    let intake = waiting(&database, "110105").await;
    let split = format!("{REGION}110105,朝阳区,district,,,false,110101 110102\n");
    let plan = planned(&intake.ledger, Table::Regions, &split, from(TODAY)).await;
    assert_eq!(plan.preview.takes_away, ["regions 110105: 2 unfinished cards need it"]);
    applied(&intake.ledger, plan).await.unwrap();
    assert_eq!(cases(&intake.ledger).await, ["region 110105 has ended, and unfinished cards need it"]);
    let (reference, _) = reference_on(&intake.ledger, TODAY).await.unwrap();
    assert_eq!(reference.region_now("110105"), RegionNow::Split);
    let groups = intake.ledger.waiting_accounts().await.unwrap();
    assert_eq!(groups.len(), 2, "they stay where they wait");
    intake.books_hold().await;
}

/// Opens the play's worker again, as the daemon does.
async fn reopen(play: &mut Play, today: Date) {
    let kafka = play.worker.kafka.clone();
    play.worker = Worker::open(play.worker.config.clone(), today).await.unwrap();
    play.worker.kafka = kafka;
}

async fn a_merger_in_the_middle_of_the_route(database: Database) {
    let mut play = Play::new(database, 11, 240, 30).await;
    for n in 0..12 {
        play.day(n).await;
    }
    let under = "SELECT count(*) FROM account_waiting WHERE region = '522634'";
    let in_batches = "SELECT count(*) FROM application a JOIN account_row g ON g.application = a.id WHERE a.place IS NULL AND a.region = '522634'";
    let before = number(&play.worker.ledger, in_batches).await;
    assert!(before > 0);
    let asked = Asked { effective: day(12), complete: false, today: day(12) };
    let merger = format!("{REGION}522634,雷山县,district,,{},false,522601\n", day(11));
    let plan = planned(&play.worker.ledger, Table::Regions, &merger, asked).await;
    assert!(plan.preview.takes_away.is_empty(), "{:?}", plan.preview.takes_away);
    applied(&play.worker.ledger, plan).await.unwrap();
    reopen(&mut play, day(12)).await;
    play.day(12).await;
    assert_eq!(number(&play.worker.ledger, under).await, 0);
    assert!(number(&play.worker.ledger, in_batches).await > 0, "what is in a batch stays there");
    for n in 13..30 {
        play.day(n).await;
    }
    let ledger = &play.worker.ledger;
    let followed =
        number(ledger, "SELECT count(*) FROM finding WHERE rule = 'REGION-FOLLOWED' AND severity = 'note'").await;
    assert!(followed > 0, "later applications still name the old code");
    assert_eq!(number(ledger, "SELECT count(*) FROM finding WHERE rule = 'REGION-CURRENT'").await, 0);
    assert_eq!(broken(&play.books(29, true).await), Vec::<String>::new());
    play.end().await;
}

async fn deadlines_move_with_a_calendar(database: Database) {
    let play = Play::played(database, 12, 240, 24).await;
    let (ledger, today) = (&play.worker.ledger, day(23));
    // Every working day but two of the next fortnight is taken.
    let was = calendar_on(ledger, today).await.unwrap();
    let year = include_str!("../../../fixtures/reference/holidays-2026.csv");
    let known: Vec<&str> = year.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let mut text = year.trim_end().to_owned() + "\n";
    let mut off = today;
    for _ in 0..12 {
        off = off.tomorrow().unwrap();
        if !known.contains(&off.to_string().as_str()) {
            text.push_str(&format!("{off},taken,true,{}\n", off.weekday().to_monday_one_offset()));
        }
    }
    let open = ledger.open_deadlines(today).await.unwrap();
    let plan = planned(ledger, Table::Calendar, &text, Asked { effective: today, complete: false, today }).await;
    assert!(!plan.preview.deadlines.is_empty() && plan.preview.takes_away.is_empty());
    assert!(plan.preview.deadlines.iter().any(|d| d.what == "batch" || d.what == "file"));
    let moved: i64 = plan.preview.deadlines.iter().map(|d| d.count).sum();
    applied(ledger, plan).await.unwrap();
    let now = calendar_on(ledger, today).await.unwrap();
    let wanted = |due| was.moved(&now, today, due);
    let mut expected: Vec<(String, Date, i64)> = Vec::new();
    for d in &open {
        expected.push((d.what.clone(), wanted(d.due_on), d.count));
    }
    let sum = |all: &mut Vec<(String, Date, i64)>| {
        all.sort();
        let mut summed: Vec<(String, Date, i64)> = Vec::new();
        for (what, due, count) in all.drain(..) {
            match summed.last_mut() {
                Some(last) if last.0 == what && last.1 == due => last.2 += count,
                _ => summed.push((what, due, count)),
            }
        }
        summed
    };
    let mut found: Vec<_> =
        ledger.open_deadlines(today).await.unwrap().into_iter().map(|d| (d.what, d.due_on, d.count)).collect();
    assert_eq!(sum(&mut found), sum(&mut expected), "as many as before, each where the calendar puts it");
    assert_eq!(ledger.imports().await.unwrap()[0].deadlines, moved);
    // Back again: what comes earlier is confirmed, and open windows stay as they were told.
    let back = planned(ledger, Table::Calendar, year, Asked { effective: today, complete: false, today }).await;
    assert!(back.preview.takes_away[0].contains("come earlier"), "{:?}", back.preview.takes_away);
    assert!(back.preview.deadlines.iter().all(|d| d.what != "window"));
    assert_eq!(broken(&play.books(23, true).await), Vec::<String>::new());
    play.end().await;
}

async fn a_calendar_of_a_later_day_moves_deadlines_once(database: Database) {
    let intake = waiting(&database, "110101").await;
    let ledger = &intake.ledger;
    let policy = Policy::built_in().unwrap();
    let closing = format!("{OUTLET}102100000030,ICBC,110101,工商银行东城区第一网点（合成）,2026-01-05\n");
    applied(ledger, planned(ledger, Table::Outlets, &closing, from(TODAY)).await).await.unwrap();
    let due = async || ledger.open_deadlines(TODAY).await.unwrap().iter().map(|d| d.due_on).collect::<Vec<_>>();
    assert_eq!(due().await, [date(2026, 1, 12)], "the case, in five working days");
    let year = include_str!("../../../fixtures/reference/holidays-2026.csv").trim_end();
    let text = format!("{year}\n2026-01-08,taken,true,4\n");
    let plan = planned(ledger, Table::Calendar, &text, from(date(2026, 1, 7))).await;
    assert_eq!(
        plan.preview.deadlines.iter().map(|d| (d.from, d.to)).collect::<Vec<_>>(),
        [(date(2026, 1, 12), date(2026, 1, 13))]
    );
    applied(ledger, plan).await.unwrap();
    take_effect(ledger, &policy, date(2026, 1, 6)).await.unwrap();
    assert_eq!(due().await, [date(2026, 1, 12)]);
    for _ in 0..2 {
        take_effect(ledger, &policy, date(2026, 1, 7)).await.unwrap();
        assert_eq!(due().await, [date(2026, 1, 13)]);
    }
    intake.books_hold().await;
}
