//! What needs two persons, on both engines: asked for by one, given by another, carried out once.

use cardline::actions::approval_list::approval_list;
use cardline::actions::decisions::{ApprovalRefusal, Carried, give, refuse};
use cardline::actions::dual_control::{Second, Wanted, second_person};
use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::export::{Exported, Wish, export};
use cardline::actions::quarantine::operations::{Ask, Report, What, discard_request, operate};
use cardline::actions::quarantine::refusal::{QuarantineError, QuarantineRefusal};
use cardline::books::law::Scene;
use cardline::limits::APPROVAL_DAYS;
use cardline::people::approvals::use_approval;
use cardline::quarantine::quarantined::Selection;
use cardline::route::deadlines::Deadlines;
use cardline::step::{StageError, Worker};
use cardline::store::{LedgerError, Principal, Stamp};
use cardline::time::{instant, local_date};
use cardline_core::domain::staff::{DualControl, Role};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::users::{add, administered};
use crate::conformance::applications::quarantine::{Desk, FIRST_DAY, application, ended};
use crate::conformance::arrivals::{execute, number};
use crate::conformance::laws::planted_offenders_are_found;
use crate::databases::{Database, on_both_engines};
use crate::steps::drain;

on_both_engines!(
    a_bulk_discard_is_asked_for_given_and_done_once,
    who_may_not_give_does_not,
    a_changed_request_is_another,
    two_who_give_at_once_have_one_effect,
    stopped_in_between_the_same_goes_on,
    an_export_is_collected_by_its_maker,
    what_is_not_given_in_time_lapses,
    law_fourteen_sees_one_pair_of_eyes,
);

/// A desk with four refused messages, and people.
pub struct Office {
    pub desk: Desk,
    pub lin: Principal,
    pub wang: Principal,
    pub boss: Principal,
    auditor: Principal,
}

/// The instant of everything here.
pub fn now() -> Timestamp {
    instant(FIRST_DAY, 10, 0)
}

impl Office {
    /// Everybody at work.
    pub async fn new(database: Database) -> Office {
        let desk = Desk::new(database).await;
        let refused: Vec<_> = (1..5).map(|n| application(n, 1, json!({ "bank": "NOBODY" }))).collect();
        assert_eq!(desk.take_in(&refused, instant(FIRST_DAY, 9, 0)).await.rejected, 4);
        let boss = administered(desk.ledger()).await;
        let lin = add(&boss, "lin", Role::Operator, "", "").await;
        let wang = add(&boss, "wang", Role::Operator, "", "").await;
        let auditor = add(&boss, "audit-1", Role::Auditor, "", "").await;
        let boss = boss.viewer().unwrap().clone();
        Office { desk, lin, wang, boss, auditor }
    }

    /// From here on this user is at the desk.
    pub fn enter(&mut self, viewer: &Principal) {
        self.desk.worker.ledger = self.desk.ledger().seen_by(viewer.clone());
    }

    /// Lin's command: a discard of everything refused by a bank.
    pub async fn discard(&mut self, reason: &str) -> Result<Report, QuarantineRefusal> {
        ended(self.discard_told(reason).await)
    }

    /// The same, with whatever failed.
    pub async fn discard_told(&mut self, reason: &str) -> Result<Report, QuarantineError> {
        let lin = self.lin.clone();
        self.enter(&lin);
        let selection = Selection { code: "BANK-UNKNOWN".into(), ..Selection::default() };
        let mut ask =
            Ask { actor: "lin", reason, selection, what: What::Discard, confirm: None, dry_run: true, approval: None };
        let Ok(preview) = ended(operate(&self.desk.worker, &ask, now()).await) else { panic!("no preview") };
        (ask.confirm, ask.dry_run) = (Some(preview.operation.as_str()), false);
        let told = operate(&self.desk.worker, &ask, now()).await;
        let Err(ActionError::Refused(QuarantineRefusal::NeedsSecond { id, count })) = &told else { return told };
        let wanted = Wanted {
            action: DualControl::BulkDiscard,
            subject: id,
            request: discard_request(&ask.selection, reason),
            count: *count,
            bank: "",
            area: "",
            reason,
        };
        match second_person(&self.desk.worker, &wanted, now()).await.unwrap() {
            Second::Given(approval) => {
                ask.approval = Some(approval);
                operate(&self.desk.worker, &ask, now()).await
            }
            _ => told,
        }
    }

    /// A second person gives an approval.
    pub async fn give(&mut self, id: i64, viewer: &Principal, at: Timestamp) -> Result<Carried, ApprovalRefusal> {
        self.enter(viewer);
        ended(give(&mut self.desk.worker, id, viewer, at).await)
    }

    /// A number the ledger tells.
    pub async fn count(&self, sql: &str) -> i64 {
        number(self.desk.ledger(), sql).await
    }

    pub async fn discards(&self) -> (i64, i64) {
        (
            self.count("SELECT count(*) FROM act WHERE what = 'discard'").await,
            self.count("SELECT count(*) FROM message WHERE act <> 0").await,
        )
    }

    /// Nothing is wrong, and all is closed.
    pub async fn end(self) {
        self.desk.books_hold(FIRST_DAY).await;
        self.desk.end().await;
    }
}

/// On any ledger: users are made, and what could not be read is discarded by two of them.
pub async fn two_people_discard_the_unreadable(mut worker: Worker, at: Timestamp) -> Worker {
    let ledger = administered(&worker.ledger).await;
    let lin = add(&ledger, "lin", Role::Operator, "", "").await;
    let wang = add(&ledger, "wang", Role::Operator, "", "").await;
    worker.ledger = ledger.seen_by(lin);
    let selection = Selection { outcome: "quarantined".into(), ..Selection::default() };
    let mut ask = Ask {
        actor: "lin",
        reason: "told to the senders",
        selection: selection.clone(),
        what: What::Discard,
        confirm: None,
        dry_run: true,
        approval: None,
    };
    let Ok(preview) = ended(operate(&worker, &ask, at).await) else { panic!("nothing is unreadable") };
    (ask.confirm, ask.dry_run) = (Some(preview.operation.as_str()), false);
    let Err(QuarantineRefusal::NeedsSecond { id, count }) = ended(operate(&worker, &ask, at).await) else {
        panic!("{} messages need a second person", preview.messages);
    };
    let wanted = Wanted {
        action: DualControl::BulkDiscard,
        subject: &id,
        request: discard_request(&selection, ask.reason),
        count,
        bank: "",
        area: "",
        reason: ask.reason,
    };
    let Second::Asked { id, .. } = second_person(&worker, &wanted, at).await.unwrap() else { panic!("asked anew") };
    worker.ledger = ledger.seen_by(wang.clone());
    assert_eq!(give(&mut worker, id, &wang, at).await.unwrap(), Carried::Out);
    worker
}

async fn a_bulk_discard_is_asked_for_given_and_done_once(database: Database) {
    let mut office = Office::new(database).await;
    for _ in 0..2 {
        assert!(matches!(office.discard("sent twice").await, Err(QuarantineRefusal::NeedsSecond { count: 4, .. })));
    }
    assert_eq!(office.count("SELECT count(*) FROM approval").await, 1, "the same is asked for once");
    assert_eq!(office.discards().await, (0, 0), "nothing is done before it is given");
    office.desk.books_hold(FIRST_DAY).await;
    let wang = office.wang.clone();
    for carried in [Carried::Out, Carried::Before] {
        assert_eq!(office.give(1, &wang, now()).await.unwrap(), carried);
        assert_eq!(office.discards().await, (1, 4));
    }
    let acted = "SELECT count(*) FROM act WHERE actor = 'lin' AND approval = 1 AND by_user = (SELECT id FROM users WHERE name = 'lin')";
    assert_eq!(office.count(acted).await, 1, "it is the maker's act");
    let Err(QuarantineRefusal::NothingChosen { .. }) = office.discard_left().await else { panic!("something is left") };
    let boss = office.boss.clone();
    assert!(matches!(office.give(1, &boss, now()).await, Err(ApprovalRefusal::NotOpen { id: 1 })), "it is decided");
    office.end().await;
}

impl Office {
    /// Lin's selection once more, without a preview.
    async fn discard_left(&mut self) -> Result<Report, QuarantineRefusal> {
        let lin = self.lin.clone();
        self.enter(&lin);
        let selection = Selection { code: "BANK-UNKNOWN".into(), ..Selection::default() };
        let ask = Ask {
            actor: "lin",
            reason: "another reason",
            selection,
            what: What::Discard,
            confirm: None,
            dry_run: false,
            approval: None,
        };
        ended(operate(&self.desk.worker, &ask, now()).await)
    }
}

async fn who_may_not_give_does_not(database: Database) {
    let mut office = Office::new(database).await;
    let _ = office.discard("sent twice").await;
    let (lin, auditor, wang, boss) =
        (office.lin.clone(), office.auditor.clone(), office.wang.clone(), office.boss.clone());
    assert!(matches!(office.give(1, &lin, now()).await, Err(ApprovalRefusal::OwnRequest { id: 1 })));
    assert!(matches!(office.give(1, &auditor, now()).await, Err(ApprovalRefusal::Role { .. })));
    assert!(matches!(office.give(2, &wang, now()).await, Err(ApprovalRefusal::NotOpen { id: 2 })));
    office.enter(&boss);
    let district = add(office.desk.ledger(), "district", Role::Administrator, "", "1101").await;
    assert!(
        matches!(office.give(1, &district, now()).await, Err(ApprovalRefusal::NotOpen { id: 1 })),
        "outside is as if absent"
    );
    assert!(office.desk.ledger().approvals(true, now()).await.unwrap().is_empty());
    // The database itself refuses one person as both.
    let mut tx = office.desk.ledger().begin().await.unwrap();
    assert!(tx.run("UPDATE approval SET approver = maker", Vec::new()).await.is_err());
    drop(tx);
    let why = Stamp { at: now(), actor: "lin", reason: "" };
    assert!(office.desk.ledger().decide_approval(1, "asked", "given", why).await.is_err());
    assert_eq!(office.discards().await, (0, 0));
    office.enter(&wang);
    refuse(&office.desk.worker, 1, &wang, now()).await.unwrap();
    assert!(
        matches!(office.give(1, &boss, now()).await, Err(ApprovalRefusal::NotOpen { id: 1 })),
        "refused is refused"
    );
    office.end().await;
}

async fn a_changed_request_is_another(database: Database) {
    let mut office = Office::new(database).await;
    let wang = office.wang.clone();
    let _ = office.discard("sent twice").await;
    // One more message of the same reason: what was asked for is no longer what would be done.
    office.desk.take_in(&[application(9, 1, json!({ "bank": "NOBODY" }))], now()).await;
    assert!(matches!(office.give(1, &wang, now()).await, Err(ApprovalRefusal::Changed { id: 1, .. })));
    assert_eq!(office.discards().await, (0, 0));
    refuse(&office.desk.worker, 1, &wang, now()).await.unwrap();
    assert!(
        matches!(office.discard("sent twice").await, Err(QuarantineRefusal::NeedsSecond { count: 5, .. })),
        "not covered"
    );
    assert_eq!(office.count("SELECT count(*) FROM approval").await, 2);
    assert!(matches!(office.discard("another reason").await, Err(QuarantineRefusal::NeedsSecond { .. })));
    assert_eq!(office.count("SELECT count(*) FROM approval").await, 3);
    assert_eq!(office.give(3, &wang, now()).await.unwrap(), Carried::Out);
    assert_eq!(office.discards().await, (1, 5));
    // The first approval is about another operation, so nothing else can use it up.
    let mut tx = office.desk.ledger().begin().await.unwrap();
    let why = Stamp { at: now(), actor: "lin", reason: "" };
    assert!(matches!(use_approval(&mut tx, 1, "elsewhere", why).await, Err(LedgerError::NotCovered { approval: 1 })));
    drop(tx);
    office.end().await;
}

async fn two_who_give_at_once_have_one_effect(database: Database) {
    let mut office = Office::new(database).await;
    let _ = office.discard("sent twice").await;
    let ledger = office.desk.ledger().clone();
    let decide = |name: &'static str| {
        let ledger = ledger.clone();
        async move { ledger.decide_approval(1, "asked", "given", Stamp { at: now(), actor: name, reason: "agreed" }).await }
    };
    let both = tokio::join!(decide("wang"), decide("boss"));
    assert!(both.0.is_ok() != both.1.is_ok(), "one gives it");
    let used = |_| {
        let ledger = ledger.clone();
        async move {
            let subject = ledger.approval(1).await.unwrap().unwrap().subject;
            let mut tx = ledger.begin().await?;
            use_approval(&mut tx, 1, &subject, Stamp { at: now(), actor: "lin", reason: "" }).await?;
            // As a kill would: the approval is given still.
            tx.roll_back().await
        }
    };
    futures_util::future::join_all((0..4).map(used)).await;
    let giver = if both.0.is_ok() { office.wang.clone() } else { office.boss.clone() };
    assert_eq!(office.give(1, &giver, now()).await.unwrap(), Carried::Out);
    assert_eq!(office.discards().await, (1, 4));
    office.end().await;
}

async fn stopped_in_between_the_same_goes_on(database: Database) {
    let mut office = Office::new(database).await;
    let _ = office.discard("sent twice").await;
    let wang = office.wang.clone();
    // Killed after it was given and before anything was done.
    let why = Stamp { at: now(), actor: "wang", reason: "a second person agreed" };
    office.desk.ledger().decide_approval(1, "asked", "given", why).await.unwrap();
    assert_eq!(office.discards().await, (0, 0));
    assert!(office.discard("sent twice").await.is_ok(), "the maker's command goes on as well");
    assert_eq!(office.discards().await, (1, 4));
    // Killed after it was recorded and used, before the messages were taken out.
    execute(office.desk.ledger(), "UPDATE message SET act = 0 WHERE act <> 0").await;
    assert_eq!(office.give(1, &wang, now()).await.unwrap(), Carried::Before);
    assert_eq!(office.discards().await, (1, 4));
    office.end().await;
}

async fn an_export_is_collected_by_its_maker(database: Database) {
    let mut office = Office::new(database).await;
    let (lin, boss, wang) = (office.lin.clone(), office.boss.clone(), office.wang.clone());
    office.enter(&lin);
    let selection = Selection { code: "BANK-UNKNOWN".into(), ..Selection::default() };
    let mut wish = Wish { actor: "lin", reason: "ticket 12", selection, approval: None };
    let Err(QuarantineRefusal::NeedsSecond { id, count: 4 }) = ended(export(&office.desk.worker, &wish, now()).await)
    else {
        panic!("four messages need a second person");
    };
    let wanted = Wanted {
        action: DualControl::BulkExport,
        subject: &id,
        request: wish.request(),
        count: 4,
        bank: "",
        area: "",
        reason: "ticket 12",
    };
    let asked = second_person(&office.desk.worker, &wanted, now()).await.unwrap();
    assert_eq!(asked, Second::Asked { id: 1, maker: "lin".into() });
    assert!(matches!(office.give(1, &wang, now()).await, Err(ApprovalRefusal::Role { .. })), "no operator gives it");
    assert_eq!(office.give(1, &boss, now()).await.unwrap(), Carried::ByMaker);
    let others = second_person(&office.desk.worker, &wanted, now()).await.unwrap();
    assert_eq!(others, Second::GivenTo { id: 1, maker: "lin".into() });
    assert_eq!(office.count("SELECT count(*) FROM act").await, 0);
    office.enter(&lin);
    let given = second_person(&office.desk.worker, &wanted, now()).await.unwrap();
    assert_eq!(given, Second::Given(1));
    wish.approval = Some(1);
    let Ok(Exported { bytes, count: 4, .. }) = ended(export(&office.desk.worker, &wish, now()).await) else {
        panic!("it was given");
    };
    // One approval is one file.
    let used = export(&office.desk.worker, &wish, now()).await.err();
    let is_used =
        matches!(&used, Some(ActionError::Failed(StageError::Ledger(LedgerError::NotCovered { approval: 1 }))));
    assert!(is_used, "{used:?}");
    wish.approval = None;
    let again = ended(export(&office.desk.worker, &wish, now()).await).err();
    assert!(matches!(again, Some(QuarantineRefusal::NeedsSecond { id: other, count: 4 }) if other != id));
    let lines: Vec<serde_json::Value> =
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["application_id"]), (4, &json!(Desk::id(1))));
    assert_eq!(office.count("SELECT count(*) FROM act WHERE what = 'reveal' AND count = 4 AND approval = 1").await, 1);
    assert_eq!(office.count("SELECT count(*) FROM approval WHERE state = 'used'").await, 1);
    office.end().await;
}

async fn what_is_not_given_in_time_lapses(database: Database) {
    let mut office = Office::new(database).await;
    let _ = office.discard("sent twice").await;
    let wang = office.wang.clone();
    let late = now() + SignedDuration::from_hours(24 * i64::from(APPROVAL_DAYS + 1));
    assert!(matches!(office.give(1, &wang, late).await, Err(ApprovalRefusal::NotOpen { id: 1 })));
    let day = local_date(late);
    assert!(!office.desk.ledger().books(late, true, Some(10)).await.unwrap().hold(), "it waits past its day");
    drain(&Deadlines, &office.desk.worker, late).await.unwrap();
    assert_eq!(office.count("SELECT count(*) FROM approval WHERE state = 'lapsed'").await, 1);
    office.desk.books_hold(day).await;
    assert!(office.desk.ledger().approvals(false, late).await.unwrap().is_empty());
    let request = json!({ "n": 1 });
    let wanted = || Wanted {
        action: DualControl::NewSequence,
        subject: "B-1",
        request: request.clone(),
        count: 1,
        bank: "",
        area: "",
        reason: "r",
    };
    assert_eq!(
        second_person(&office.desk.worker, &wanted(), now()).await.unwrap(),
        Second::Asked { id: 2, maker: "wang".into() }
    );
    assert_eq!(
        second_person(&office.desk.worker, &wanted(), late).await.unwrap(),
        Second::Asked { id: 3, maker: "wang".into() }
    );
    assert_eq!(office.count("SELECT count(*) FROM approval WHERE id = 2 AND state = 'lapsed'").await, 1);
    let lin = office.lin.clone();
    assert!(
        matches!(office.give(3, &lin, late).await, Err(ApprovalRefusal::Changed { id: 3, .. })),
        "there is no such stream to go on with"
    );
    // It was given and not carried out: it is listed so, until somebody refuses it.
    let listed = approval_list(&office.desk.worker, false, late).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|shown| (shown.record.id, shown.record.state.as_str())).collect();
    assert_eq!(listed, [(3, "given")]);
    refuse(&office.desk.worker, 3, &lin, late).await.unwrap();
    assert!(approval_list(&office.desk.worker, false, late).await.unwrap().is_empty());
    office.end().await;
}

async fn law_fourteen_sees_one_pair_of_eyes(database: Database) {
    let engine = database.engine;
    let mut office = Office::new(database).await;
    let _ = office.discard("sent twice").await;
    let wang = office.wang.clone();
    office.give(1, &wang, now()).await.unwrap();
    let ledger = office.desk.system().await;
    let result = ledger.books(now(), true, Some(14)).await.unwrap();
    assert!(result.hold() && result.books[0].cases == 2, "{:?}", result.books[0].offending);
    planted_offenders_are_found(&ledger, engine, Scene::TwoPersons, 321).await;
    ledger.close().await;
    office.end().await;
}
