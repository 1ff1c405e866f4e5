//! Numbers of a bank's files that never come: two persons let the stream go on, and nothing is silent.

use cardline::actions::decisions::{ApprovalRefusal, Carried, give};
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::outcome::{ActionError, Instruction, Outcome};
use cardline::actions::recovery::refusal::RecoveryRefusal;
use cardline::actions::recovery::skip::{all_missing, skip, to_skip, wanted};
use cardline::exchange::inbox;
use cardline::route::accounts::Answers;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_core::file_formats::FileKind;
use cardline_world::play::day;
use jiff::Timestamp;

use crate::conformance::arrivals::{execute, number};
use crate::conformance::batching::batches::refusal;
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(two_persons_pass_over_what_never_came, a_file_that_comes_after_all_is_not_passed_over,);

const KIND: &str = "account-result";

fn now() -> Timestamp {
    instant(day(0), 9, 0)
}

fn by(approval: Option<i64>) -> Instruction<'static> {
    Instruction { actor: "lin", reason: "lost at the bank", at: now(), approval }
}

/// A file of the bank with this number, which nobody can read.
fn arrives(play: &Play, sequence: i64) {
    let from = play.worker.partners.get("ICBC").unwrap().from();
    let name = format!("ICBC_431126_20260105_{sequence:06}_KHHP.txt");
    std::fs::write(from.join(&name), "unreadable").unwrap();
    std::fs::write(from.join(format!("{name}.ok")), "unreadable").unwrap();
}

async fn refused(play: &Play, go_on_with: i64) -> RecoveryRefusal {
    refusal(to_skip(&play.worker, "ICBC", KIND, go_on_with).await)
}

async fn two_persons_pass_over_what_never_came(database: Database) {
    let mut play = Play::new(database, 7, 10, 10).await;
    assert_eq!(refused(&play, 3).await, RecoveryRefusal::NothingMissing);
    arrives(&play, 3);
    assert_eq!(drain(&Answers::STEP, &play.worker, now()).await.unwrap(), 0, "it waits for the two before it");
    assert_eq!(refused(&play, 4).await, RecoveryRefusal::OtherFileWaits { number: 3, asked: 4 });
    assert!(matches!(refusal(to_skip(&play.worker, "BUREAU", KIND, 3).await), RecoveryRefusal::NoSuchStream { .. }));
    let missing = all_missing(&play.worker).await.unwrap().remove(0);
    assert_eq!((missing.first, missing.last), (1, 2));

    let ledger = administered(&play.worker.ledger).await;
    let lin = add(&ledger, "lin", Role::BankIt, "ICBC", "").await;
    let wang = add(&ledger, "wang", Role::Operator, "", "").await;
    let elsewhere = add(&ledger, "chen", Role::BankIt, "CCB", "").await;
    play.worker.ledger = ledger.seen_by(lin.clone());
    let subject = missing.subject();
    let asked = second_person(&play.worker, &wanted(&missing, &subject, "lost at the bank"), now()).await.unwrap();
    let Second::Asked { id, .. } = asked else { panic!("{asked:?}") };
    let own = give(&mut play.worker, id, &lin, now()).await;
    assert!(matches!(own, Err(ActionError::Refused(ApprovalRefusal::OwnRequest { .. }))));
    play.worker.ledger = ledger.seen_by(elsewhere.clone());
    let other = give(&mut play.worker, id, &elsewhere, now()).await;
    assert!(matches!(other, Err(ActionError::Refused(ApprovalRefusal::NotOpen { .. }))), "another bank's stream");
    play.worker.ledger = ledger.seen_by(wang.clone());
    for carried in [Carried::Out, Carried::Before] {
        assert_eq!(give(&mut play.worker, id, &wang, now()).await.unwrap(), carried);
    }
    play.worker.ledger = ledger.clone();
    assert!(matches!(skip(&play.worker, "ICBC", KIND, 3, by(None)).await.unwrap(), Outcome::Before(_)));

    // Each is a case, and the file that waited is read.
    assert_eq!(number(&ledger, "SELECT count(*) FROM desk_case WHERE state = 'open'").await, 2);
    assert_eq!(drain(&Answers::STEP, &play.worker, now()).await.unwrap(), 1);
    let laws = play.worker.ledger.books(now(), true, None).await.unwrap();
    assert_eq!(broken(&laws), Vec::<String>::new());
    // What comes after all is looked at by a person, and changes nothing.
    arrives(&play, 1);
    drain(&Answers::STEP, &play.worker, now()).await.unwrap();
    assert!(inbox::waiting(play.worker.partners.get("ICBC").unwrap(), FileKind::AccountResult).unwrap().is_empty());
    assert_eq!(number(&ledger, "SELECT next FROM counter WHERE name = 'file/ICBC/account-result/in'").await, 3);
    execute(&ledger, "UPDATE stream_act SET approval = NULL").await;
    let law = play.worker.ledger.books(now(), true, Some(14)).await.unwrap();
    assert!(!law.books[0].holds, "passed over without an approval, and nobody sees it");
    play.end().await;
}

async fn a_file_that_comes_after_all_is_not_passed_over(database: Database) {
    let play = Play::new(database, 8, 10, 10).await;
    arrives(&play, 2);
    arrives(&play, 1);
    assert_eq!(refused(&play, 2).await, RecoveryRefusal::NothingMissing);
    let there = refusal(skip(&play.worker, "ICBC", KIND, 2, by(None)).await);
    assert_eq!(there, RecoveryRefusal::NothingMissing, "a file that is there was passed over");
    assert_eq!(number(&play.worker.ledger, "SELECT count(*) FROM stream_act").await, 0);
    arrives(&play, 500);
    let bank = play.worker.partners.get("ICBC").unwrap();
    for (_, name) in inbox::waiting(bank, FileKind::AccountResult).unwrap().into_iter().take(2) {
        std::fs::remove_file(bank.from().join(name)).unwrap();
    }
    assert!(matches!(refused(&play, 500).await, RecoveryRefusal::TooManyMissing { .. }), "hundreds are not lost");
    play.end().await;
}
