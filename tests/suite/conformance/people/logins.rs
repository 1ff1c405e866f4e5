//! Log-in under pressure, on both engines: guessing is slow, nobody is locked out, a session ends where its user ends.

use cardline::args;
use cardline::limits::LOGIN_TRIES;
use cardline::people::passwords::Password;
use cardline::people::sessions::{self, LoginError, LoginRefusal, Token};
use cardline::people::tries::{Place, Try};
use cardline::people::users::NewUser;
use cardline::store::row_macs::catalog;
use cardline::store::{Ledger, LedgerError, Principal, Stamp};
use cardline_core::domain::staff::{Role, Scope};
use jiff::{SignedDuration, Timestamp};

use super::users::{add, administered};
use crate::conformance::arrivals::{execute, now, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::broken;

on_both_engines!(
    a_right_password_many_times_at_once_is_never_refused,
    a_day_has_few_guesses,
    tries_from_elsewhere_lock_nobody_out_where_they_are_known,
    an_unlocked_user_waits_nowhere,
    a_name_that_nobody_has_waits_like_others,
    a_session_ends_with_what_its_user_was,
    who_logged_out_meanwhile_writes_nothing,
);

const PASSWORD: &str = "a quiet river in spring";

fn desk() -> Place {
    Place::of("1000@desk")
}

async fn with_password(ledger: &Ledger, name: &str) {
    let verifier = Password::typed(PASSWORD).verifier(name).unwrap();
    let new = NewUser { name: name.into(), role: Role::Administrator, scope: Scope::everything(), verifier };
    ledger.add_user(&new, Stamp { at: now(), actor: name, reason: "added" }).await.unwrap();
}

/// Takes every try there is within a day, each from the place of its number; how many those are.
async fn guesses_of_a_day(ledger: &Ledger, name: &str, place: impl Fn(i64) -> Place) -> i64 {
    let (mut at, mut guesses) = (now(), 0);
    let end = at + SignedDuration::from_hours(24);
    while at < end {
        match ledger.take_try(name, &place(guesses), at).await.unwrap() {
            Try::Taken(_) => guesses += 1,
            Try::Wait { until } => at = until,
        }
    }
    guesses
}

async fn waits(ledger: &Ledger, name: &str, place: &Place, at: Timestamp) -> bool {
    matches!(ledger.take_try(name, place, at).await.unwrap(), Try::Wait { .. })
}

async fn a_right_password_many_times_at_once_is_never_refused(database: Database) {
    let ledger = database.ledger().await;
    with_password(&ledger, "boss").await;
    let password = Password::typed(PASSWORD);
    let place = desk();
    let many = (0..3 * LOGIN_TRIES).map(|_| sessions::by_password(&ledger, "boss", &password, &place));
    for one in futures_util::future::join_all(many).await {
        assert_eq!(one.map(|boss| boss.name).map_err(|_| ()), Ok("boss".to_owned()));
    }
    // Six wrong ones at once, and the right one comes after them.
    let wrong = Password::typed("a loud river in spring");
    let many = (0..=LOGIN_TRIES).map(|_| sessions::by_password(&ledger, "boss", &wrong, &place));
    for one in futures_util::future::join_all(many).await {
        assert!(matches!(one, Err(LoginError::Refused(_))));
    }
    assert!(sessions::by_password(&ledger, "boss", &password, &place).await.is_ok());
    let none = number(&ledger, "SELECT count(*) FROM login WHERE tries > 0").await;
    assert_eq!(none, 0, "a right password leaves no wrong try");
    ledger.close().await;
}

async fn a_day_has_few_guesses(database: Database) {
    let ledger = administered(&database.ledger().await).await;
    add(&ledger, "lin", Role::Operator, "", "").await;
    add(&ledger, "wang", Role::Operator, "", "").await;
    add(&ledger, "zhao", Role::Operator, "", "").await;
    assert_eq!(guesses_of_a_day(&ledger, "lin", |_| desk()).await, 109, "from one place");
    assert_eq!(guesses_of_a_day(&ledger, "wang", |n| Place::of(&n.to_string())).await, 154, "from everywhere");
    ledger.know_place("zhao", &desk(), now()).await.unwrap();
    assert_eq!(guesses_of_a_day(&ledger, "zhao", |_| desk()).await, 1449, "where the user is known");
    ledger.close().await;
}

async fn tries_from_elsewhere_lock_nobody_out_where_they_are_known(database: Database) {
    let ledger = administered(&database.ledger().await).await;
    add(&ledger, "other", Role::Administrator, "", "").await;
    for name in ["boss", "other"] {
        ledger.know_place(name, &desk(), now()).await.unwrap();
        guesses_of_a_day(&ledger, name, |n| Place::of(&(n % 20).to_string())).await;
        let after = now() + SignedDuration::from_hours(24) - SignedDuration::from_secs(1);
        assert!(waits(&ledger, name, &Place::of("new"), after).await, "{name} waits elsewhere");
        assert!(!waits(&ledger, name, &desk(), after).await, "{name} does not wait at the desk");
    }
    ledger.close().await;
}

async fn an_unlocked_user_waits_nowhere(database: Database) {
    let system = database.ledger().await;
    let ledger = administered(&system).await;
    add(&ledger, "lin", Role::Operator, "", "").await;
    guesses_of_a_day(&ledger, "lin", |n| Place::of(&(n % 20).to_string())).await;
    let after = now() + SignedDuration::from_hours(24) - SignedDuration::from_secs(1);
    assert!(waits(&ledger, "lin", &desk(), after).await);
    assert!(ledger.users(after).await.unwrap().iter().any(|user| user.name == "lin" && user.waits));
    ledger.unlock_user("lin", Stamp { at: after, actor: "boss", reason: "unlocked" }).await.unwrap();
    assert!(!waits(&ledger, "lin", &desk(), after).await);
    let recorded = "SELECT count(*) FROM move WHERE life = 'user' AND reason = 'unlocked' AND actor = 'boss'";
    assert_eq!(number(&ledger, recorded).await, 1);
    let nobody = ledger.unlock_user("nobody", Stamp { at: after, actor: "boss", reason: "unlocked" }).await;
    assert!(matches!(nobody, Err(LedgerError::NoUser)));
    let report = system.books(after, true, None).await.unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
    ledger.close().await;
}

async fn a_name_that_nobody_has_waits_like_others(database: Database) {
    let ledger = administered(&database.ledger().await).await;
    assert_eq!(guesses_of_a_day(&ledger, "nobody", |_| desk()).await, 109);
    let later = now() + SignedDuration::from_hours(49);
    assert!(!waits(&ledger, "nobody", &desk(), later).await, "it is forgotten after a day");
    assert_eq!(number(&ledger, "SELECT max(tries) FROM login").await, 1);
    ledger.open_session(ledger.viewer().unwrap(), b"t", later + SignedDuration::from_hours(25)).await.unwrap();
    assert_eq!(number(&ledger, "SELECT count(*) FROM login").await, 0, "and leaves nothing behind");
    assert!(ledger.keeps_logins().await.unwrap());
    execute(&ledger, "DROP TABLE rows_covered").await;
    assert!(!ledger.keeps_logins().await.unwrap(), "a database of the version before");
    ledger.close().await;
}

/// Lin, in a session of her own that lasts.
async fn in_session(ledger: &Ledger, lin: &Principal) -> (Token, Principal) {
    let (token, clock) = (Token::random(), ledger.clock().await.unwrap());
    sessions::begin(ledger, lin, &token, clock).await.unwrap();
    match sessions::by_token(ledger, &token, None, clock).await {
        Ok(principal) => (token, principal),
        Err(error) => panic!("{error:?}"),
    }
}

async fn a_session_ends_with_what_its_user_was(database: Database) {
    let ledger = administered(&database.ledger().await).await;
    let boss = ledger.viewer().unwrap().clone();
    for (nth, change) in
        ["area = '1101'", "bank = 'ABC'", "role = 'auditor'", "verifier = 'another'"].iter().enumerate()
    {
        let name = format!("lin-{nth}");
        let lin = add(&ledger, &name, Role::Administrator, "", "").await;
        let (token, principal) = in_session(&ledger, &lin).await;
        let open_prompt = ledger.seen_by(principal);
        assert!(open_prompt.begin().await.is_ok(), "{change}");
        // As a command would write it: with the row's digest.
        let mut tx = ledger.begin().await.unwrap();
        tx.run(format!("UPDATE users SET {change} WHERE name = '{name}'").leak(), args![]).await.unwrap();
        tx.cover_one(&catalog::USERS, lin.user).await.unwrap();
        tx.commit().await.unwrap();
        let proved = sessions::by_token(&ledger, &token, None, ledger.clock().await.unwrap()).await;
        assert!(matches!(proved, Err(LoginError::Refused(LoginRefusal::SessionEnded))), "{change}: {proved:?}");
        let written = open_prompt.begin().await.err();
        assert!(matches!(&written, Some(LedgerError::SessionEnded { user }) if *user == name), "{change}: {written:?}");
    }
    assert!(ledger.seen_by(boss).begin().await.is_ok());
    ledger.close().await;
}

async fn who_logged_out_meanwhile_writes_nothing(database: Database) {
    let ledger = administered(&database.ledger().await).await;
    let other = add(&ledger, "other", Role::Administrator, "", "").await;
    let (token, principal) = in_session(&ledger, &other).await;
    let open_prompt = ledger.seen_by(principal);
    let why = Stamp { at: now(), actor: "other", reason: "left" };
    sessions::end(&ledger, &token).await.unwrap();
    let written = open_prompt.move_user("boss", "disabled", why).await;
    assert!(matches!(&written, Err(LedgerError::SessionEnded { user }) if user == "other"), "{written:?}");
    // A session that is over by the clock is no better.
    let (_, principal) = in_session(&ledger, &other).await;
    execute(&ledger, "UPDATE session SET until = 1").await;
    let written = ledger.seen_by(principal).move_user("boss", "disabled", why).await;
    assert!(matches!(&written, Err(LedgerError::SessionEnded { .. })), "{written:?}");
    ledger.close().await;
}
