//! PostgreSQL's own net under the scope: a role that owns nothing sees what its transaction names, whatever the
//! statement says; and every list is the same through it as for the owner.

use cardline::cases::case_list::CaseQuery;
use cardline::exchange::file_list::FileQuery;
use cardline::store::{Ledger, Opening, Principal};
use cardline_core::domain::staff::{Role, Scope};
use cardline_world::play::day;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::conformance::arrivals::{execute, number};
use crate::conformance::batching::batches::{PLAYED, played};
use crate::databases::{Database, Engine};

const ROLE: &str = "cardline_suite_page";

fn viewer(bank: &str, area: &str) -> Principal {
    let scope = Scope { bank: bank.into(), area: area.into() };
    Principal { user: 1, name: "lin".into(), role: Role::Operator, scope, standing: 0, session: None }
}

/// Every list that a page shows.
async fn lists(ledger: &Ledger) -> Value {
    let today = day(PLAYED);
    let files = FileQuery { limit: 10_000, ..FileQuery::default() };
    let cases = CaseQuery { all: true, limit: 10_000, ..CaseQuery::default() };
    let (found, all) = ledger.case_list(&cases).await.unwrap();
    let found: Vec<_> =
        found.iter().map(|case| (case.id, &case.kind, &case.bank, &case.region, &case.partner)).collect();
    json!({
        "batches": ledger.batches(None, None).await.unwrap(),
        "files": ledger.file_list(&files, today).await.unwrap(),
        "cases": (found, all),
        "approvals": ledger.approvals(true, cardline::time::instant(today, 8, 0)).await.unwrap(),
        "errands": ledger.errands().await.unwrap(),
        "progress": ledger.progress(jiff::Timestamp::UNIX_EPOCH).await.unwrap(),
        "held": ledger.cards_on_hold().await.unwrap(),
        "without photo": ledger.waiting_without_photo().await.unwrap(),
    })
}

async fn count(page: &mut PgConnection, settings: &str, sql: &str) -> i64 {
    let mut tx = page.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(settings.to_owned())).execute(&mut *tx).await.unwrap();
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut *tx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_owns_nothing_sees_its_own_only() {
    let play = played(Database::new(Engine::Postgres).await).await;
    let owner = play.worker.ledger.clone();
    for statement in [
        "INSERT INTO progress (work, subject, bank, area, actor, worker, phase, done, started_at, changed_at)
         VALUES ('cut', 'account/ABC', 'ABC', '', 'lin', 'w', 'records', 1, 1, 1), ('books', 'everything', '', '', 'lin', 'w', 'place', 1, 1, 1)",
        &format!("DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"),
        &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}"),
        &format!("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROLE}"),
    ] {
        execute(&owner, statement).await;
    }
    let url = {
        let (scheme, rest) = play.database().url.split_once("://").unwrap();
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        format!("{scheme}://{ROLE}@{place}")
    };
    let page = Ledger::opened(&url, Opening::Change).await.unwrap();

    // Through our own lists nothing changes: what the scope allows, the server shows.
    assert_eq!(lists(&page).await, lists(&owner).await);
    for (bank, area) in [("ABC", ""), ("CCB", ""), ("", "1101"), ("", "522634"), ("", "52"), ("ABC", "110101")] {
        let viewer = viewer(bank, area);
        let (seen, expected) = (lists(&page.seen_by(viewer.clone())).await, lists(&owner.seen_by(viewer)).await);
        assert_eq!(seen, expected, "{bank} {area}");
        assert!(!expected["batches"].as_array().unwrap().is_empty() || area == "52", "{bank} {area}: nothing was seen");
    }

    // Somebody with plain SQL sees what the transaction names, and without a name nothing.
    let mut plain = PgConnection::connect(&url).await.unwrap();
    let all = number(&owner, "SELECT count(*) FROM application").await;
    let own = number(&owner, "SELECT count(*) FROM application WHERE bank = 'ABC' AND region LIKE '1101%'").await;
    assert!(0 < own && own < all);
    let cards = "SELECT count(*) FROM application";
    let named =
        |bank: &str, area: &str| format!("SET LOCAL cardline.bank = '{bank}'; SET LOCAL cardline.area = '{area}'");
    for (settings, expected) in [
        ("SELECT 1".to_owned(), 0),
        (named("", ""), 0),
        (named("ABC", ""), 0),
        (named("ABC", "1101"), own),
        (named("ABC", "*"), number(&owner, "SELECT count(*) FROM application WHERE bank = 'ABC'").await),
        (named("*", "*"), all),
    ] {
        assert_eq!(count(&mut plain, &settings, cards).await, expected, "{settings}");
    }
    for table in ["account", "production_row", "made", "batch", "file", "desk_case", "approval", "progress", "card"] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(count(&mut plain, "SELECT 1", &sql).await, 0, "{table}");
        assert_eq!(count(&mut plain, &named("*", "*"), &sql).await, number(&owner, &sql).await, "{table}");
        assert_eq!(count(&mut plain, &named("NONE", "99"), &sql).await, 0, "{table}");
    }
    let foreign = "WITH changed AS (UPDATE application SET due_on = due_on WHERE bank <> 'ABC' RETURNING 1) SELECT count(*) FROM changed";
    assert_eq!(count(&mut plain, &named("ABC", "*"), foreign).await, 0, "nor does it change what it does not see");
    assert_eq!(count(&mut plain, &named("ABC", "*"), "SELECT count(*) FROM batch WHERE bank <> 'ABC'").await, 0);
    plain.close().await.unwrap();
    page.close().await;
    execute(&owner, &format!("DROP OWNED BY {ROLE}")).await;
    play.end().await;
}
