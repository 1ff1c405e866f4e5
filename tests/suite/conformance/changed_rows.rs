//! What somebody changes by SQL is named by a law of the books: every column of every table is changed, rows are
//! deleted and exchanged, one at a time. What no law names is listed here with the reason why it may be so; a new
//! column fails this test until a law names it or it is listed.

mod scene;
mod unnamed;

use std::collections::BTreeSet;

use cardline::args;
use cardline::books::LAWS;
use cardline::books::law::{Law, Look};
use cardline::books::run::check;
use cardline::books::touched::{Run, fill};
use cardline::store::row_macs::catalog::COVERED;
use cardline::store::{Ledger, LedgerError, Tx};
use cardline::time::instant;
use cardline_world::play::day;
use unnamed::{COLUMNS, DELETED, EMPTY, EXCHANGED};

use crate::conformance::arrivals::execute;
use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::Play;

on_both_engines!(what_is_changed_by_sql_is_named);

/// Cards and days of the play; it stops in the middle, when something stands in every waiting room.
const PLAY: (u64, u32, u32) = (60, 60, 52);

async fn what_is_changed_by_sql_is_named(database: Database) {
    let engine = database.engine;
    let (cards, days, until) = PLAY;
    let mut play = Play::new(database, 5, cards, days).await;
    let mut cancelled = false;
    for n in 0..until {
        if !cancelled {
            cancelled = scene::cancel_one(&play.worker, instant(day(n), 8, 0)).await;
        }
        play.day(n).await;
    }
    assert!(cancelled, "nothing ever waited for a batch");
    scene::somebody_waits(&play.worker, until - 1).await;
    scene::complete(&play.worker, instant(day(until - 1), 17, 0)).await;
    let mut attacker = Attacker::on(&play.worker.ledger, engine, until).await;
    assert_eq!(attacker.named(&[]).await, Some(false), "the laws hold before anything is changed");
    let columns = attacker.columns().await;
    let tables: BTreeSet<&str> = columns.iter().map(|column| column.table.as_str()).collect();

    let mut empty = BTreeSet::new();
    for table in &tables {
        if attacker.tx().number(leaked(format!("SELECT count(*) FROM {table}")), args![]).await.unwrap() == 0 {
            empty.insert((*table).to_owned());
        }
    }
    let mut wrong = differences("is empty", &empty, EMPTY);
    let mut unseen = BTreeSet::new();
    for column in columns.iter().filter(|column| !empty.contains(&column.table)) {
        if !attacker.column_is_named(column).await {
            unseen.insert(format!("{}.{}", column.table, column.name));
        }
    }
    wrong.extend(differences("changed", &unseen, COLUMNS));
    let mut unseen = BTreeSet::new();
    for table in &tables {
        if !attacker.deletion_is_named(table).await {
            unseen.insert((*table).to_owned());
        }
    }
    wrong.extend(differences("deleted", &unseen, DELETED));
    let mut unseen = BTreeSet::new();
    // Of some tables the play has no two rows that differ: their entries are neither asked for nor refused.
    let mut tried = Vec::new();
    for table in &tables {
        let named = match COVERED.iter().find(|covered| covered.table == *table) {
            Some(covered) => Some(attacker.exchange_is_named(table, covered.key).await),
            None => attacker.exchange_of_content_is_named(table, &columns).await,
        };
        if named == Some(false) {
            unseen.insert((*table).to_owned());
        }
        if named.is_some() {
            tried.extend(EXCHANGED.iter().filter(|(entry, _)| entry == table).copied());
        }
    }
    wrong.extend(differences("exchanged", &unseen, &tried));
    assert!(wrong.is_empty(), "{wrong:#?}");
    drop(attacker);
    play.end().await;
}

/// SQLite lets a text stand where a number was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_digest_is_named() {
    let play = Play::played(Database::new(Engine::Sqlite).await, 5, 40, 3).await;
    execute(&play.worker.ledger, "UPDATE batch SET mac = 'x' WHERE id = (SELECT max(id) FROM batch)").await;
    let report = play.worker.ledger.books(instant(day(3), 9, 0), true, Some(15)).await.unwrap();
    let law = &report.books[0];
    assert!(!law.holds && law.offending[0].ends_with("has no digest"), "{:?}", law.offending);
    play.end().await;
}

/// What no law named and is not listed, and what is listed although a law names it.
fn differences(what: &str, unseen: &BTreeSet<String>, listed: &[(&str, &str)]) -> Vec<String> {
    let is_listed = |name: &str| {
        listed.iter().any(|(entry, _)| {
            *entry == name || entry.strip_suffix(".*").is_some_and(|t| name.starts_with(&format!("{t}.")))
        })
    };
    let new = unseen.iter().filter(|name| !is_listed(name)).map(|name| format!("{name} {what}: no law names it"));
    let is_unseen = |entry: &str| match entry.strip_suffix(".*") {
        Some(table) => unseen.iter().any(|name| name.starts_with(&format!("{table}."))),
        None => unseen.contains(entry),
    };
    let old = listed
        .iter()
        .filter(|(entry, _)| !is_unseen(entry))
        .map(|(entry, _)| format!("{entry} {what}: listed, but named"));
    new.chain(old).collect()
}

fn leaked(sql: String) -> &'static str {
    sql.leak()
}

struct Column {
    table: String,
    name: String,
    kind: String,
    /// Whether it is of the primary key.
    names_row: bool,
}

/// Somebody with SQL, whose changes are all taken back.
struct Attacker {
    tx: Option<Tx>,
    engine: Engine,
    today: jiff::civil::Date,
    /// Tables whose rows have an id.
    numbered: BTreeSet<String>,
}

/// What their tables are not: temporary tables, what the schema keeps about itself.
const OURS: &str = "m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '_sqlx%'";

impl Attacker {
    async fn on(ledger: &Ledger, engine: Engine, until: u32) -> Attacker {
        let today = cardline::time::local_date(instant(day(until - 1), 18, 0));
        Attacker { tx: Some(ledger.begin().await.unwrap()), engine, today, numbered: BTreeSet::new() }
    }

    async fn columns(&mut self) -> Vec<Column> {
        let sql = match self.engine {
            Engine::Sqlite => format!(
                "SELECT m.name, p.name, p.type, CAST(p.pk > 0 AS INTEGER) FROM sqlite_master m JOIN pragma_table_info(m.name) p
                 WHERE m.type = 'table' AND {OURS} ORDER BY 1, 2"
            ),
            Engine::Postgres => "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT), CAST(EXISTS (
                    SELECT 1 FROM information_schema.key_column_usage k JOIN information_schema.table_constraints r USING (table_schema, constraint_name)
                    WHERE r.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema AND k.table_name = c.table_name
                      AND k.column_name = c.column_name) AS INTEGER)::BIGINT
                 FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
                 WHERE table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE '\\_sqlx%'
                   AND c.column_name <> 'tx' ORDER BY 1, 2"
                .into(),
        };
        let rows = self.tx().rows::<(String, String, String, i64)>(leaked(sql), args![]).await.unwrap();
        self.numbered = rows.iter().filter(|(_, name, ..)| name == "id").map(|(table, ..)| table.clone()).collect();
        let columns = rows.into_iter().map(|(table, name, kind, key)| Column {
            table,
            name,
            kind: kind.to_uppercase(),
            names_row: key == 1,
        });
        columns.filter(|column| !(column.table == "move" && column.name == "tx")).collect()
    }

    /// Changes something, has the laws look, and takes it back. `None`: the database refused it, or nothing changed.
    async fn named(&mut self, changes: &[String]) -> Option<bool> {
        self.tx().run("SAVEPOINT attack", args![]).await.unwrap();
        let mut changed = changes.is_empty();
        for sql in changes {
            match self.tx().run(leaked(sql.clone()), args![]).await {
                // What comes before the last makes room for it.
                Ok(rows) => changed = rows > 0,
                Err(_) => {
                    changed = false;
                    break;
                }
            }
        }
        let named = if changed { Some(self.laws_name_it().await) } else { None };
        self.tx().run("ROLLBACK TO attack", args![]).await.unwrap();
        named
    }

    async fn laws_name_it(&mut self) -> bool {
        let mut look = Look::new(self.tx.take().unwrap(), None);
        let named = name(&mut look, self.today).await;
        self.tx = Some(look.tx);
        // What cannot even be read is seen.
        named.unwrap_or(true)
    }

    fn tx(&mut self) -> &mut Tx {
        self.tx.as_mut().unwrap()
    }

    fn row(&self, table: &str, condition: &str) -> String {
        let place = match self.engine {
            _ if self.numbered.contains(table) => "id",
            Engine::Sqlite => "rowid",
            Engine::Postgres => "ctid",
        };
        format!("{place} = (SELECT max({place}) FROM {table} WHERE {condition})")
    }

    /// Changes one value. Where the database refuses what was thought of, another row's value is tried.
    async fn column_is_named(&mut self, column: &Column) -> bool {
        let Column { table, name, kind, .. } = column;
        let other = match kind.as_str() {
            "BIGINT" | "INTEGER" => format!("COALESCE({name}, 0) + 1"),
            "BOOLEAN" => format!("NOT COALESCE({name}, FALSE)"),
            "BLOB" => format!("CAST(COALESCE({name}, x'') || x'00' AS BLOB)"),
            "BYTEA" => format!("COALESCE({name}, ''::bytea) || '\\x00'::bytea"),
            _ => format!("CASE WHEN {name} LIKE '____-__-__' THEN '2031-03-04' ELSE COALESCE({name}, '') || 'x' END"),
        };
        let counts =
            if matches!(kind.as_str(), "BIGINT" | "INTEGER") { format!("AND {name} <> 0") } else { String::new() };
        let row = self.row(table, &format!("{name} IS NOT NULL {counts}"));
        let another = format!("(SELECT o.{name} FROM {table} o WHERE o.{name} <> {table}.{name} LIMIT 1)");
        let tries = [
            format!("UPDATE {table} SET {name} = {other} WHERE {row}"),
            format!("UPDATE {table} SET {name} = {another} WHERE {row}"),
            format!("UPDATE {table} SET {name} = {other} WHERE {}", self.row(table, "1 = 1")),
        ];
        for sql in tries {
            if let Some(named) = self.named(&[sql]).await {
                return named;
            }
        }
        true
    }

    async fn deletion_is_named(&mut self, table: &str) -> bool {
        let sql = format!("DELETE FROM {table} WHERE {}", self.row(table, "1 = 1"));
        self.named(&[sql]).await.unwrap_or(true)
    }

    fn place(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite => "rowid",
            Engine::Postgres => "ctid",
        }
    }

    /// Two rows get each other's content, and keep their names; what must be unique stays where it is if need be.
    /// `None`: there are no two rows that differ.
    async fn exchange_of_content_is_named(&mut self, table: &str, columns: &[Column]) -> Option<bool> {
        let place = self.place();
        let content: Vec<&str> =
            columns.iter().filter(|c| c.table == table && !c.names_row).map(|c| c.name.as_str()).collect();
        let mut alone = Vec::new();
        for column in &content {
            if let Some(named) = self.named(&exchange(table, place, &[column])).await {
                alone.push((*column, named));
            }
        }
        let movable: Vec<&str> = alone.iter().map(|(column, _)| *column).collect();
        match self.named(&exchange(table, place, &movable)).await {
            Some(named) => Some(named),
            None => alone.into_iter().map(|(_, named)| named).reduce(|all, named| all && named),
        }
    }

    /// Two rows get each other's names.
    async fn exchange_is_named(&mut self, table: &str, key: &[&str]) -> bool {
        let last = key.last().unwrap();
        let group = if key.len() > 1 { key[0] } else { "1" };
        let sql = format!(
            "SELECT min({last}), max({last}), CAST({group} AS BIGINT) FROM {table} GROUP BY CAST({group} AS BIGINT) HAVING count(*) > 1 LIMIT 1"
        );
        let Some((a, b, group_value)) = self.tx().row::<(i64, i64, i64)>(leaked(sql), args![]).await.unwrap() else {
            return true;
        };
        let within = format!("CAST({group} AS BIGINT) = {group_value}");
        let moves = [(a, -7), (b, a), (-7, b)];
        let changes =
            moves.map(|(from, to)| format!("UPDATE {table} SET {last} = {to} WHERE {last} = {from} AND {within}"));
        self.named(&changes).await.unwrap_or(true)
    }
}

/// Exchanges columns of the first and the last row of a table, where these differ.
fn exchange(table: &str, place: &str, columns: &[&str]) -> Vec<String> {
    if columns.is_empty() {
        return vec![format!("DELETE FROM {table} WHERE 1 = 0")];
    }
    let set: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = (SELECT o.{column} FROM two o WHERE o.place <> {table}.{place})"))
        .collect();
    let differ: Vec<String> = columns.iter().map(|column| format!("a.{column} IS DISTINCT FROM b.{column}")).collect();
    vec![
        format!(
            "CREATE TEMPORARY TABLE two AS SELECT {place} AS place, t.* FROM {table} t
             WHERE {place} IN ((SELECT min({place}) FROM {table}), (SELECT max({place}) FROM {table}))"
        ),
        format!(
            "UPDATE {table} SET {} WHERE {place} IN (SELECT place FROM two)
             AND EXISTS (SELECT 1 FROM two a, two b WHERE a.place <> b.place AND ({}))",
            set.join(", "),
            differ.join(" OR ")
        ),
    ]
}

/// Whether any law says that something is wrong.
async fn name(look: &mut Look, today: jiff::civil::Date) -> Result<bool, LedgerError> {
    fill(&mut look.tx, Run { since: None, to: i64::MAX, today }).await?;
    // Those that name most come first.
    let (first, others): (Vec<&Law>, Vec<&Law>) = LAWS.iter().partition(|law| law.number >= 15);
    for law in first.into_iter().chain(others) {
        if !check(look, law).await?.holds {
            return Ok(true);
        }
    }
    Ok(false)
}
