//! Databases of the server that are copied, asked and given back.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A copy of a database nobody is connected to; returns its address.
pub async fn copy_of(database: &str) -> String {
    let (server, from) = database.rsplit_once('/').expect("address");
    let name = format!("{from}_{}", rand::random::<u32>());
    run(&format!("{server}/postgres"), &format!("CREATE DATABASE {name} TEMPLATE {from}")).await;
    format!("{server}/{name}")
}

/// Gives the disk of a database back.
pub async fn drop_database(database: &str) {
    let (server, name) = database.rsplit_once('/').expect("address");
    run(&format!("{server}/postgres"), &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// Runs statements.
pub async fn run(database: &str, sql: &str) {
    let mut connection = PgConnection::connect(database).await.expect("PostgreSQL");
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await {
        panic!("{error}\n{sql}");
    }
}

/// The one text that a statement gives.
pub async fn text(database: &str, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(database).await.expect("PostgreSQL");
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect(sql)
}
