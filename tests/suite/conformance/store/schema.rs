//! Both engines have the same tables, columns, and indices, and opening twice changes nothing.

use std::collections::BTreeSet;

use cardline::args;
use cardline::store::{Ledger, LedgerError};

use crate::databases::{Database, Engine};

const SQLITE_COLUMNS: &str = "SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
    WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '_sqlx%'";
const POSTGRES_COLUMNS: &str = "SELECT CAST(table_name || '.' || column_name AS TEXT) FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'";
const SQLITE_INDICES: &str = "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'";
const POSTGRES_INDICES: &str = "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = 'public'
    AND indexname NOT LIKE '%\\_key' AND indexname NOT LIKE '%\\_pkey'";

async fn names(ledger: &Ledger, sqlite: &'static str, postgres: &'static str) -> BTreeSet<String> {
    let mut tx = ledger.read().await.unwrap();
    let sql = if tx.engine() == cardline::store::Engine::Postgres { postgres } else { sqlite };
    tx.rows::<(String,)>(sql, args![]).await.unwrap().into_iter().map(|row| row.0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_tables_and_columns() {
    let databases = [Database::new(Engine::Sqlite).await, Database::new(Engine::Postgres).await];
    let (mut columns, mut indices) = (Vec::new(), Vec::new());
    for database in &databases {
        let ledger = database.ledger().await;
        ledger.close().await;
        let again = database.ledger().await;
        assert_eq!(again.engine().name(), if database.engine == Engine::Sqlite { "sqlite" } else { "postgres" });
        columns.push(names(&again, SQLITE_COLUMNS, POSTGRES_COLUMNS).await);
        indices.push(names(&again, SQLITE_INDICES, POSTGRES_INDICES).await);
    }
    assert!(columns[0].len() > 200 && columns[0].contains("card.place"), "{}", columns[0].len());
    // For whom a transaction reads is a view of two settings there, and a temporary table on SQLite.
    columns[1].retain(|column| !column.starts_with("viewer."));
    assert_eq!(columns[0], columns[1]);
    // What the sealer finds by transaction exists on PostgreSQL alone.
    indices[1].remove("move_tx");
    assert_eq!(indices[0], indices[1]);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for address in ["", "cardline.db", "mysql://x/y"] {
        assert!(matches!(Ledger::open(address).await, Err(LedgerError::Address)));
    }
}
