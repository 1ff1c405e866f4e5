//! What adds up by person and day, on both engines: one message at a time goes around no second person.

use cardline::actions::dual_control::{Second, Wanted, second_person};
use cardline::actions::quarantine::export::{Exported, Wish, export};
use cardline::actions::quarantine::operations::{Ask, What, operate};
use cardline::actions::quarantine::refusal::QuarantineRefusal;
use cardline::config::Sourced;
use cardline::quarantine::quarantined::Selection;
use cardline::store::{Ledger, Stamp};
use cardline_core::domain::staff::DualControl;
use jiff::{SignedDuration, Timestamp};

use super::four_eyes::{Office, now};
use crate::conformance::applications::quarantine::{Desk, ended};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    reveals_add_up_by_person_and_day,
    many_at_once_are_counted_one_by_one,
    an_export_of_one_counts_and_is_then_approved,
    discards_of_one_add_up,
    before_there_are_users_nothing_is_counted,
);

const LIMIT: i64 = 2;

async fn reveal(ledger: &Ledger, message: i64, at: Timestamp) -> bool {
    let actor = ledger.viewer().map_or("x", |viewer| viewer.name.as_str());
    ledger.record_reveal(message, vec![1], LIMIT, Stamp { at, actor, reason: "" }).await.unwrap()
}

async fn office(database: Database) -> Office {
    let mut office = Office::new(database).await;
    office.desk.worker.config.alone_a_day = Sourced { value: LIMIT as u64, source: "given" };
    office
}

async fn reveals_add_up_by_person_and_day(database: Database) {
    let mut office = office(database).await;
    let (lin, wang) = (office.lin.clone(), office.wang.clone());
    office.enter(&lin);
    let told = [reveal(office.desk.ledger(), 1, now()).await, reveal(office.desk.ledger(), 1, now()).await];
    assert_eq!(told, [true, true], "the same message counts every time");
    assert!(!reveal(office.desk.ledger(), 2, now()).await);
    assert!(
        !reveal(office.desk.ledger(), 2, now() + SignedDuration::from_mins(14 * 60 - 1)).await,
        "one minute before midnight"
    );
    assert!(reveal(office.desk.ledger(), 2, now() + SignedDuration::from_hours(14)).await, "tomorrow");
    assert_eq!(office.count("SELECT count(*) FROM act").await, 3, "what was refused is not recorded");
    assert_eq!(office.count("SELECT max(alone) FROM act").await, 2);
    office.enter(&wang);
    assert!(reveal(office.desk.ledger(), 2, now()).await, "somebody else has a count of their own");
    let listed = office.desk.ledger().disclosures("lin", now()).await.unwrap();
    let row = serde_json::to_value(&listed[1]).unwrap();
    assert_eq!((listed.len(), &row["alone"], &row["first"], &row["count"]), (3, &2.into(), &1.into(), &1.into()));
    office.end().await;
}

async fn many_at_once_are_counted_one_by_one(database: Database) {
    let mut office = office(database).await;
    let lin = office.lin.clone();
    office.enter(&lin);
    let many = (0..8).map(|n| reveal(office.desk.ledger(), 1 + n % 4, now()));
    let shown = futures_util::future::join_all(many).await.into_iter().filter(|shown| *shown).count();
    assert_eq!(shown as i64, LIMIT);
    office.end().await;
}

async fn an_export_of_one_counts_and_is_then_approved(database: Database) {
    let mut office = office(database).await;
    let (lin, boss) = (office.lin.clone(), office.boss.clone());
    office.enter(&lin);
    let selection = Selection { ids: vec![1], ..Selection::default() };
    let mut wish = Wish { actor: "lin", reason: "ticket 12", selection, approval: None };
    for _ in 0..LIMIT {
        assert!(ended(export(&office.desk.worker, &wish, now()).await).is_ok());
    }
    let told = ended(export(&office.desk.worker, &wish, now()).await).err();
    let Some(QuarantineRefusal::NeedsSecond { id, count: 1 }) = told else { panic!("the third is approved") };
    assert!(!reveal(office.desk.ledger(), 2, now()).await, "exports and reveals are counted together");
    let wanted = Wanted {
        action: DualControl::BulkExport,
        subject: &id,
        request: wish.request(),
        count: 1,
        bank: "",
        area: "",
        reason: "ticket 12",
    };
    assert!(matches!(second_person(&office.desk.worker, &wanted, now()).await.unwrap(), Second::Asked { .. }));
    assert!(office.give(1, &boss, now()).await.is_ok());
    office.enter(&lin);
    wish.approval = Some(1);
    let Ok(Exported { count: 1, bytes, .. }) = ended(export(&office.desk.worker, &wish, now()).await) else {
        panic!("it was given")
    };
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()["application_id"], Desk::id(1));
    assert!(export(&office.desk.worker, &wish, now()).await.is_err(), "one approval is one file");
    assert_eq!(office.count("SELECT count(*) FROM act WHERE what = 'reveal'").await, LIMIT + 1);
    assert_eq!(office.count("SELECT count(*) FROM act WHERE approval = 1 AND alone IS NULL").await, 1);
    office.end().await;
}

async fn discards_of_one_add_up(database: Database) {
    let mut office = office(database).await;
    let lin = office.lin.clone();
    office.enter(&lin);
    for message in 1..=LIMIT + 1 {
        let selection = Selection { ids: vec![message], ..Selection::default() };
        let (actor, reason, what) = ("lin", "sent twice", What::Discard);
        let ask = Ask { actor, reason, selection, what, confirm: None, dry_run: false, approval: None };
        let told = ended(operate(&office.desk.worker, &ask, now()).await).err();
        let is_refused = matches!(told, Some(QuarantineRefusal::NeedsSecond { count: 1, .. }));
        assert_eq!((is_refused, told.is_some()), (message > LIMIT, message > LIMIT), "{message}");
    }
    assert_eq!(office.count("SELECT count(*) FROM message WHERE act <> 0").await, LIMIT);
    assert!(reveal(office.desk.ledger(), 4, now()).await, "discards and reveals are counted apart");
    office.end().await;
}

async fn before_there_are_users_nothing_is_counted(database: Database) {
    let office = office(database).await;
    let system = office.desk.ledger().clone();
    for _ in 0..=LIMIT {
        assert!(reveal(&system, 1, now()).await);
    }
    assert_eq!(office.count("SELECT count(*) FROM act WHERE alone IS NULL").await, 3);
    office.end().await;
}
