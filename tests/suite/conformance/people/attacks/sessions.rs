//! Sessions and users that somebody wrote or changed by SQL: nobody acts under them, and nobody looks.

use cardline::people::passwords::Password;
use cardline::people::sessions::{self, LoginError, LoginRefusal, Token};
use cardline::people::tries::Place;
use cardline::people::users::NewUser;
use cardline::store::{Ledger, LedgerError, Principal, Stamp};
use cardline_core::domain::staff::{Role, Scope};

use crate::conformance::arrivals::{execute, now, number};
use crate::conformance::people::users::administered;
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    a_session_written_by_sql_is_nobodys,
    a_user_written_by_sql_is_nobody,
    a_user_changed_by_sql_is_disabled_and_never_enabled,
    users_deleted_by_sql_leave_the_gate_shut,
);

const PASSWORD: &str = "a quiet river in spring";

/// Lin, an operator with a session and with SQL on the database, who wants to be the administrator.
struct Attack {
    system: Ledger,
    boss: Ledger,
    lin: Principal,
    token: Token,
}

impl Attack {
    async fn on(database: &Database) -> Attack {
        let system = database.ledger().await;
        let boss = administered(&system).await;
        let verifier = Password::typed(PASSWORD).verifier("lin").unwrap();
        let scope = Scope { bank: String::new(), area: "1101".into() };
        let new = NewUser { name: "lin".into(), role: Role::Operator, scope, verifier };
        boss.add_user(&new, Stamp { at: now(), actor: "boss", reason: "added" }).await.unwrap();
        let token = Token::random();
        let lin = system.enabled_user("lin").await.unwrap().unwrap();
        for (user, token) in [(&lin, &token), (boss.viewer().unwrap(), &Token::random())] {
            sessions::begin(&system, user, token, system.clock().await.unwrap()).await.unwrap();
        }
        execute(&system, "CREATE TABLE kept AS SELECT s.*, u.name FROM session s JOIN users u ON u.id = s.user_id")
            .await;
        execute(&system, "CREATE TABLE kept_users AS SELECT * FROM users").await;
        Attack { system, boss, lin, token }
    }

    /// Who acts with Lin's token.
    async fn who(&self) -> Result<String, LoginError> {
        let clock = self.system.clock().await.unwrap();
        sessions::by_token(&self.system, &self.token, None, clock).await.map(|principal| principal.name)
    }

    async fn by_password(&self, name: &str) -> Result<Principal, LoginError> {
        sessions::by_password(&self.system, name, &Password::typed(PASSWORD), &Place::of("desk")).await
    }

    async fn put_back(&self) {
        execute(&self.system, "DELETE FROM session").await;
        let sql = "INSERT INTO session (token, user_id, until, opened_for) SELECT token, user_id, until, opened_for FROM kept";
        execute(&self.system, sql).await;
        for column in ["name", "role", "bank", "area", "state", "verifier", "mac"] {
            let of = format!("(SELECT k.{column} FROM kept_users k WHERE k.id = users.id)");
            execute(&self.system, &format!("UPDATE users SET {column} = {of}")).await;
        }
        assert_eq!(self.who().await.unwrap(), "lin", "all was put back");
    }
}

async fn a_session_written_by_sql_is_nobodys(database: Database) {
    let attack = Attack::on(&database).await;
    let acting = Principal { session: Some(token_of(&attack).await), ..attack.lin.clone() };
    let acting = attack.system.seen_by(acting);
    assert!(acting.begin().await.is_ok());
    let of_boss = |column: &str| format!("{column} = (SELECT k.{column} FROM kept k WHERE k.name = 'boss')");
    let mine = "token = (SELECT k.token FROM kept k WHERE k.name = 'lin')";
    let [user, until, opened_for] = ["user_id", "until", "opened_for"].map(of_boss);
    for change in [
        format!("UPDATE session SET {user} WHERE {mine}"),
        format!("UPDATE session SET {user}, opened_for = NULL WHERE {mine}"),
        format!("UPDATE session SET {user}, {opened_for} WHERE {mine}"),
        // Exchanged: whatever stands in the other's row.
        format!("UPDATE session SET {user}, {until}, {opened_for} WHERE {mine}"),
        format!("UPDATE session SET until = until + 1 WHERE {mine}"),
    ] {
        assert_eq!(execute(&attack.system, &change).await, 1, "{change}");
        assert_ended(&attack, &change).await;
        // Nor does a prompt that was open meanwhile write anything.
        assert!(matches!(acting.begin().await.err(), Some(LedgerError::SessionEnded { .. })), "{change}");
        attack.put_back().await;
    }
    // Added, beside the other's own: with nothing, and with what that one bears.
    for bears in ["NULL", "b.opened_for"] {
        execute(&attack.system, &format!("DELETE FROM session WHERE {mine}")).await;
        let added = format!(
            "INSERT INTO session (token, user_id, until, opened_for) SELECT l.token, b.user_id, b.until, {bears}
             FROM kept l, kept b WHERE l.name = 'lin' AND b.name = 'boss'"
        );
        execute(&attack.system, &added).await;
        assert_ended(&attack, bears).await;
        attack.put_back().await;
    }
    attack.system.close().await;
}

async fn token_of(attack: &Attack) -> Vec<u8> {
    let clock = attack.system.clock().await.unwrap();
    sessions::by_token(&attack.system, &attack.token, None, clock).await.unwrap().session.unwrap()
}

async fn assert_ended(attack: &Attack, what: &str) {
    let told = attack.who().await;
    assert!(matches!(told, Err(LoginError::Refused(LoginRefusal::SessionEnded))), "{what}: {told:?}");
}

async fn a_user_written_by_sql_is_nobody(database: Database) {
    let attack = Attack::on(&database).await;
    let acting = attack.system.seen_by(attack.lin.clone());
    for change in [
        "UPDATE users SET role = 'administrator', area = '' WHERE name = 'lin'",
        "UPDATE users SET area = '' WHERE name = 'lin'",
        "UPDATE users SET mac = (SELECT k.mac FROM kept_users k WHERE k.name = 'boss') WHERE name = 'lin'",
        "UPDATE users SET mac = NULL WHERE name = 'lin'",
        "UPDATE users SET name = 'bosun' WHERE name = 'lin'",
    ] {
        assert!(execute(&attack.system, change).await > 0, "{change}");
        let told = attack.who().await;
        let refused = matches!(
            told,
            Err(LoginError::Failed(LedgerError::ChangedRow { table: "users", .. })
                | LoginError::Refused(LoginRefusal::SessionEnded))
        );
        assert!(refused, "{change}: {told:?}");
        assert!(matches!(acting.begin().await.err(), Some(LedgerError::ChangedRow { .. })), "{change}");
        if !change.contains("bosun") {
            let told = attack.by_password("lin").await;
            assert!(matches!(told, Err(LoginError::Failed(LedgerError::ChangedRow { .. }))), "{change}: {told:?}");
            assert!(attack.system.enabled_user("lin").await.is_err(), "{change}: nothing is carried out for them");
        }
        attack.put_back().await;
    }
    // A password of one's own in another's row.
    execute(&attack.system, "UPDATE users SET verifier = (SELECT k.verifier FROM kept_users k WHERE k.name = 'lin')")
        .await;
    let told = attack.by_password("boss").await;
    assert!(matches!(told, Err(LoginError::Failed(LedgerError::ChangedRow { .. }))), "{told:?}");
    attack.put_back().await;
    // A user of one's own.
    let added = "INSERT INTO users (name, role, bank, area, state, verifier, set_by, set_at, made_by, mac)
        SELECT 'third', 'administrator', '', '', state, verifier, set_by, set_at, made_by, mac FROM kept_users WHERE name = 'lin'";
    execute(&attack.system, added).await;
    let told = attack.by_password("third").await;
    assert!(matches!(told, Err(LoginError::Failed(LedgerError::ChangedRow { .. }))), "{told:?}");
    attack.system.close().await;
}

async fn a_user_changed_by_sql_is_disabled_and_never_enabled(database: Database) {
    let attack = Attack::on(&database).await;
    let stamp = Stamp { at: now(), actor: "boss", reason: "left" };
    attack.boss.move_user("lin", "disabled", stamp).await.unwrap();
    execute(&attack.system, "UPDATE users SET state = 'enabled' WHERE name = 'lin'").await;
    let told = attack.by_password("lin").await;
    assert!(matches!(told, Err(LoginError::Failed(LedgerError::ChangedRow { .. }))), "{told:?}");
    attack.boss.move_user("lin", "disabled", stamp).await.unwrap();
    // As it stands now it is as it was written when Lin left: nothing is left of the change.
    attack.boss.move_user("lin", "enabled", stamp).await.unwrap();
    execute(&attack.system, "UPDATE users SET area = '' WHERE name = 'lin'").await;
    attack.boss.move_user("lin", "disabled", stamp).await.unwrap();
    let enabled = attack.boss.move_user("lin", "enabled", stamp).await;
    assert!(matches!(enabled, Err(LedgerError::ChangedRow { table: "users", .. })), "{enabled:?}");
    attack.system.close().await;
}

async fn users_deleted_by_sql_leave_the_gate_shut(database: Database) {
    let attack = Attack::on(&database).await;
    execute(&attack.system, "DELETE FROM users").await;
    assert_eq!(number(&attack.system, "SELECT count(*) FROM users").await, 0);
    assert!(sessions::are_needed(&attack.system).await.unwrap(), "no name acts alone, as before there were users");
    assert!(attack.boss.begin().await.is_err());
    attack.system.close().await;
}
