//! What somebody with a user's rights tried, and what becomes of it. On both engines.

use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::identity::Kept;
use cardline::actions::quarantine::operations::{Ask, Report, What, operate};
use cardline::actions::quarantine::refusal::{QuarantineError, QuarantineRefusal};
use cardline::actions::quarantine::repair::{Corrected, Repair};
use cardline::people::users::NewUser;
use cardline::quarantine::quarantined::Selection;
use cardline::step::StageError;
use cardline::store::{LedgerError, Stamp};
use cardline::time::instant;
use cardline_core::domain::staff::{Role, Scope};
use jiff::civil::date;
use serde_json::{Value, json};

use super::users::{add, administered};
use crate::conformance::applications::quarantine::{Desk, FIRST_DAY, application, ended};
use crate::conformance::arrivals::number;
use crate::databases::{Database, on_both_engines};

pub mod approvals;
pub mod doctor;
pub mod files;
pub mod objects;
pub mod plain_text;
pub mod records;
pub mod sessions;

on_both_engines!(
    a_repair_does_not_become_somebody_elses,
    what_a_repair_stores_lies_within_its_makers_scope,
    a_repair_within_scope_is_taken_in,
    who_was_disabled_meanwhile_writes_nothing,
);

/// Lin works for 1101 and repairs a message with a file of her own.
async fn repair(desk: &Desk, forged: &Value, confirm: Option<&str>) -> Result<Report, QuarantineError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("forged.ndjson");
    std::fs::write(&path, format!("{forged}\n")).unwrap();
    let what = What::Retry(Repair::Corrected(ended(Corrected::open(&path)).unwrap()));
    let ids = desk
        .ledger()
        .quarantined(&Selection::default(), 0, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|item| item.id)
        .collect();
    let selection = Selection { ids, ..Selection::default() };
    let ask = Ask { actor: "lin", reason: "", selection, what, confirm, dry_run: false, approval: None };
    operate(&desk.worker, &ask, instant(date(2026, 11, 24), 9, 0)).await
}

/// A desk with one refused message, and Lin at it.
async fn desk_of_lin(database: Database, refused: &Value) -> Desk {
    let mut desk = Desk::new(database).await;
    assert_eq!(desk.take_in(std::slice::from_ref(refused), instant(FIRST_DAY, 9, 0)).await.rejected, 1);
    let boss = administered(desk.ledger()).await;
    let lin = add(&boss, "lin", Role::Operator, "", "1101").await;
    desk.worker.ledger = desk.ledger().seen_by(lin);
    desk
}

/// A message that one rule refuses and a repair could put right.
fn refused() -> Value {
    let mut message = application(1, 1, json!({}));
    message["holder"]["mobile"] = json!("12");
    message
}

async fn a_repair_does_not_become_somebody_elses(database: Database) {
    let desk = desk_of_lin(database, &refused()).await;
    let rows = desk.rows().await;
    let right = || application(1, 1, json!({}));
    let other = |member: &str, value: &str| {
        let mut message = right();
        message[member] = json!(value);
        message
    };
    let mut of_another = right();
    of_another["holder"] = application(2, 1, json!({}))["holder"].clone();
    for (forged, kept) in [
        (other("application_id", &Desk::id(2)), Kept::Subject("application_id")),
        (of_another, Kept::Person),
        (other("region", "330106"), Kept::Region),
        (other("bank", "ABC"), Kept::Bank),
    ] {
        let told = ended(repair(&desk, &forged, None).await).err();
        assert!(
            matches!(told, Some(QuarantineRefusal::AnotherIdentity { kept: found, .. }) if found == kept),
            "{kept:?}"
        );
        assert_eq!(desk.rows().await, rows, "{kept:?}: nothing was written");
    }
    desk.end().await;
}

async fn what_a_repair_stores_lies_within_its_makers_scope(database: Database) {
    // A region that nobody knows may be given, but not one of other people's.
    let desk = desk_of_lin(database, &application(1, 1, json!({ "region": "110199" }))).await;
    let told = repair(&desk, &application(1, 1, json!({ "region": "330106" })), None).await;
    let is_beyond = matches!(&told, Err(ActionError::Failed(StageError::Ledger(LedgerError::Beyond { .. }))));
    assert!(is_beyond, "{:?}", told.map(|report| report.messages));
    let stored = "SELECT count(*) FROM application WHERE region = '330106'";
    assert_eq!(number(desk.ledger(), stored).await, 0);
    assert_eq!(desk.quarantined().await.len(), 1, "the message is where it was");
    desk.end().await;
}

async fn a_repair_within_scope_is_taken_in(database: Database) {
    let desk = desk_of_lin(database, &refused()).await;
    let Ok(done) = ended(repair(&desk, &application(1, 1, json!({})), None).await) else { panic!("refused") };
    assert_eq!(done.outcome.counts.accepted, 1);
    let remembered = "SELECT count(*) FROM act_member WHERE stored_region = '110101' AND stored_bank IS NOT NULL";
    assert_eq!(number(desk.ledger(), remembered).await, 1);
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn who_was_disabled_meanwhile_writes_nothing(database: Database) {
    let ledger = database.ledger().await;
    let boss = administered(&ledger).await;
    let other = ledger.seen_by(add(&boss, "other", Role::Administrator, "", "").await);
    // The other administrator's prompt is open meanwhile.
    let now = instant(FIRST_DAY, 9, 0);
    boss.move_user("other", "disabled", Stamp { at: now, actor: "boss", reason: "left" }).await.unwrap();
    let scope = Scope::everything();
    let new = NewUser { name: "third".into(), role: Role::Administrator, scope, verifier: "v".into() };
    let added = other.add_user(&new, Stamp { at: now, actor: "other", reason: "added" }).await;
    assert!(matches!(&added, Err(LedgerError::UserDisabled { user }) if user == "other"), "{added:?}");
    assert_eq!(number(&ledger, "SELECT count(*) FROM users WHERE name = 'third'").await, 0);
    ledger.close().await;
}
