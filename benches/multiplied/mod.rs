//! A small world made large by SQL: every card as often within its containers as there are cards wanted, and every
//! container some times.
//!
//! Copies have ids of their own, so that pages find everything of them; what is counted of a container and of history
//! is multiplied with its cards. Not kept: keyed digests of rows, the chain over history, what is encrypted, and tables
//! that nobody asks for. The laws hold in the world that is multiplied; of what they compare, the copies have a part only.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Between the ids of one copy and those of the next: more than a small world has of anything.
const APART: i64 = 100_000;

/// How rows of a table are copied: what differs from the row that is copied.
struct Table {
    name: &'static str,
    /// Whether there is a copy for each copy of a card, or for each copy of a container only.
    cards: bool,
    /// Which of the copies there are; all where it is empty.
    only: &'static str,
    /// Column and expression. `@card` and `@set` are what is added to an id, `@row` to a row's number, `@text` is
    /// what a name ends with, `@bytes` what a key ends with, and `@each` is how many cards become of one.
    columns: &'static [(&'static str, &'static str)],
    /// What is multiplied in the rows that are copied, too.
    counts: &'static [&'static str],
}

const TABLES: &[Table] = &[
    Table {
        name: "application",
        cards: true,
        only: "",
        columns: &[
            ("id", "id + @card"),
            ("application_id", "application_id || @text"),
            ("message", "message + @card"),
            ("chunk", "chunk + @set"),
            ("person", "person || @bytes"),
            ("previous", "previous + @card"),
            ("old_number", "old_number || @text"),
        ],
        counts: &[],
    },
    Table {
        name: "message",
        cards: true,
        only: "(j = 0 OR t.outcome IN ('accepted', 'rejected'))",
        columns: &[
            ("id", "id + @card"),
            ("chunk", "chunk + @set"),
            ("position", "position + @row"),
            ("event_id", "event_id || @text"),
            ("application_id", "application_id || @text"),
            ("digest", "digest || @bytes"),
            ("sealed", "CAST('' AS BYTEA)"),
        ],
        counts: &[],
    },
    Table {
        name: "account_waiting",
        cards: true,
        only: "",
        columns: &[("application", "application + @card"), ("application_id", "application_id || @text")],
        counts: &[],
    },
    Table {
        name: "account_row",
        cards: true,
        only: "",
        columns: &[("batch", "batch + @set"), ("row", "row + @row"), ("application", "application + @card")],
        counts: &[],
    },
    Table {
        name: "account",
        cards: true,
        only: "",
        columns: &[
            ("application", "application + @card"),
            ("answer", "answer + @set"),
            ("number_key", "number_key || @bytes"),
            ("pan_key", "pan_key || @bytes"),
            ("sealed", "CAST('' AS BYTEA)"),
        ],
        counts: &[],
    },
    Table {
        name: "production_row",
        cards: true,
        only: "",
        columns: &[
            ("batch", "batch + @set"),
            ("row", "row + @row"),
            ("application", "application + @card"),
            ("card_number", "card_number || @text"),
        ],
        counts: &[],
    },
    Table {
        name: "made",
        cards: true,
        only: "",
        columns: &[
            ("application", "application + @card"),
            ("box", "box + @set"),
            ("position", "position + @row"),
            ("identifier", "identifier || @text"),
        ],
        counts: &[],
    },
    Table {
        name: "spoilage",
        cards: true,
        only: "",
        columns: &[("application", "application + @card"), ("batch", "batch + @set"), ("report", "report + @set")],
        counts: &[],
    },
    Table {
        name: "recycling_row",
        cards: true,
        only: "",
        columns: &[("batch", "batch + @set"), ("row", "row + @row"), ("application", "application + @card")],
        counts: &[],
    },
    Table {
        name: "move",
        cards: true,
        only: "(j = 0 OR t.scope = 'application')",
        columns: &[
            ("seq", "seq + @card"),
            ("subject", "subject + CASE WHEN t.scope = 'application' THEN @card ELSE @set END"),
            ("chunk", "chunk + @set"),
            ("event_id", "event_id || @text"),
            ("count", "count * CASE WHEN t.scope = 'application' THEN 1 ELSE @each END"),
        ],
        counts: &[],
    },
    Table {
        name: "desk_case",
        cards: false,
        only: "",
        columns: &[("id", "id + @set"), ("application", "application + @card"), ("file", "file + @set")],
        counts: &[],
    },
    Table {
        name: "batch",
        cards: false,
        only: "",
        columns: &[("id", "id + @set"), ("number", "number || @text")],
        counts: &["cards", "answered", "good", "spoiled", "remakes", "pulled", "to_produce"],
    },
    Table {
        name: "file",
        cards: false,
        only: "",
        columns: &[
            ("id", "id + @set"),
            ("sequence", "sequence + @set"),
            ("name", "name || @text"),
            ("batch", "batch + @set"),
            ("request", "request + @set"),
        ],
        counts: &["rows"],
    },
    Table {
        name: "box",
        cards: false,
        only: "",
        columns: &[
            ("id", "id + @set"),
            ("batch", "batch + @set"),
            ("report", "report + @set"),
            ("number", "number || @text"),
            ("shipment", "shipment + @set"),
        ],
        counts: &["cards"],
    },
    Table {
        name: "shipment",
        cards: false,
        only: "",
        columns: &[
            ("id", "id + @set"),
            ("number", "number || @text"),
            ("manifest", "manifest + @set"),
            ("batch", "batch + @set"),
        ],
        counts: &["cards"],
    },
    Table {
        name: "chunk",
        cards: false,
        only: "",
        columns: &[("id", "id + @set")],
        counts: &["received", "accepted", "rejected"],
    },
];

/// So many copies of each container, and so many of each card within each; in all tables, or in these only.
pub async fn multiply(database: &str, only: Option<&[&str]>, sets: i64, each: i64) {
    let is_copied = |name: &str| only.is_none_or(|names| names.contains(&name));
    let mut connection = PgConnection::connect(database).await.expect("PostgreSQL");
    run(&mut connection, "SET synchronous_commit = off").await;
    run(&mut connection, "SET maintenance_work_mem = '512MB'").await;
    for table in TABLES.iter().filter(|table| is_copied(table.name)) {
        // An index is made anew: quicker than a row at a time.
        let sql = "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' AND i.tablename = $1
                AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)";
        let indices: Vec<(String, String)> =
            sqlx::query_as(sql).bind(table.name).fetch_all(&mut connection).await.expect("indices");
        for (name, _) in &indices {
            run(&mut connection, &format!("DROP INDEX {name}")).await;
        }
        let sql = table.copied(&columns(&mut connection, table.name).await, sets, each);
        run(&mut connection, &sql).await;
        for count in table.counts {
            let name = table.name;
            run(&mut connection, &format!("UPDATE {name} SET {count} = {count} * {each} WHERE id < {APART}")).await;
        }
        for (_, made) in &indices {
            run(&mut connection, made).await;
        }
    }
    if is_copied("move") {
        let moved = format!("UPDATE move SET count = count * {each} WHERE scope <> 'application' AND seq < {APART}");
        run(&mut connection, &moved).await;
    }
    run(&mut connection, &format!("UPDATE tally SET count = count * {}", sets * each)).await;
    run(&mut connection, "VACUUM ANALYZE").await;
    run(&mut connection, "CHECKPOINT").await;
}

impl Table {
    fn copied(&self, columns: &[String], sets: i64, each: i64) -> String {
        let value = |column: &String| {
            let told = self.columns.iter().find(|(name, _)| name == column).map(|(_, value)| *value);
            match told {
                Some(value) => format!("t.{value}"),
                None if self.counts.contains(&column.as_str()) => format!("t.{column} * @each"),
                None => format!("t.{column}"),
            }
        };
        let values = columns.iter().map(value).collect::<Vec<_>>().join(", ").replace("t.CAST", "CAST");
        let only = if self.only.is_empty() { "true" } else { self.only };
        let last = if self.cards { each - 1 } else { 0 };
        format!(
            "INSERT INTO {} ({}) SELECT {values} FROM generate_series(CAST(0 AS BIGINT), {}) k
             CROSS JOIN generate_series(CAST(0 AS BIGINT), {last}) j CROSS JOIN {} t WHERE k + j > 0 AND {only}",
            self.name,
            columns.join(", "),
            sets - 1,
            self.name,
        )
        .replace("@card", &format!("((k * {each} + j) * {APART})"))
        .replace("@set", &format!("(k * {APART})"))
        .replace("@row", &format!("(j * {APART})"))
        .replace("@text", &format!("('.' || (k * {each} + j))"))
        .replace("@bytes", &format!("int8send(k * {each} + j)"))
        .replace("@each", &each.to_string())
    }
}

async fn columns(connection: &mut PgConnection, table: &str) -> Vec<String> {
    let sql = "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position";
    let rows: Vec<(String,)> = sqlx::query_as(sql).bind(table).fetch_all(connection).await.expect("columns");
    rows.into_iter().map(|(name,)| name).collect()
}

async fn run(connection: &mut PgConnection, sql: &str) {
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await {
        panic!("{error}\n{sql}");
    }
}
