//! Approvals that somebody changed or gave by SQL: nothing is done on their word.

use cardline::actions::decisions::give;
use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::refusal::QuarantineRefusal;
use cardline::step::StageError;
use cardline::store::LedgerError;

use crate::conformance::arrivals::execute;
use crate::conformance::people::four_eyes::{Office, now};
use crate::databases::{Database, on_both_engines};

on_both_engines!(a_changed_approval_is_not_given, an_approval_given_by_sql_is_not_used);

const REASON: &str = "another province's";

async fn asked(database: Database) -> (Office, i64) {
    let mut office = Office::new(database).await;
    let told = office.discard(REASON).await;
    assert!(matches!(told, Err(QuarantineRefusal::NeedsSecond { .. })), "it waits for a second person");
    let id = office.count("SELECT max(id) FROM approval").await;
    (office, id)
}

async fn a_changed_approval_is_not_given(database: Database) {
    let (mut office, id) = asked(database).await;
    let wang = office.wang.clone();
    office.enter(&wang);
    execute(office.desk.ledger(), "CREATE TABLE kept AS SELECT * FROM approval").await;
    for change in [
        "count = count - 1",
        "maker = 'boss'",
        "subject = 'another'",
        "bank = 'ABC'",
        "due_on = '2099-01-01'",
        "request = reason",
        "mac = NULL",
    ] {
        execute(office.desk.ledger(), &format!("UPDATE approval SET {change}")).await;
        let told = give(&mut office.desk.worker, id, &wang, now()).await;
        let named = matches!(&told, Err(ActionError::Failed(StageError::Ledger(LedgerError::ChangedRow { table: "approval", id: row }))) if *row == id);
        assert!(named, "{change}: {told:?}");
        for column in ["count", "maker", "subject", "bank", "due_on", "request", "mac"] {
            execute(office.desk.ledger(), &format!("UPDATE approval SET {column} = (SELECT {column} FROM kept)")).await;
        }
    }
    assert_eq!(office.discards().await, (0, 0));
    give(&mut office.desk.worker, id, &wang, now()).await.unwrap();
    assert_eq!(office.discards().await, (1, 4), "as it was asked for, it is carried out");
    execute(office.desk.ledger(), "DROP TABLE kept").await;
    office.end().await;
}

async fn an_approval_given_by_sql_is_not_used(database: Database) {
    let (mut office, _) = asked(database).await;
    execute(office.desk.ledger(), "UPDATE approval SET state = 'given', approver = 'wang'").await;
    let lin = office.lin.clone();
    office.enter(&lin);
    let told = office.discard_told(REASON).await;
    let named = matches!(
        &told,
        Err(ActionError::Failed(StageError::Ledger(LedgerError::ChangedRow { table: "approval", .. })))
    );
    assert!(named, "{:?}", told.map(|report| report.messages));
    assert_eq!(office.discards().await, (0, 0));
    office.desk.end().await;
}
