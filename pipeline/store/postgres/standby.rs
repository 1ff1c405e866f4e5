//! Reading a standby, where nothing can be made, not even a temporary table: what would be staged goes with
//! every statement, as a query of its own in front of it.
//!
//! It costs more than a table, because each statement gathers again. Only who reads comes here.

use std::collections::BTreeMap;

use crate::hex::hex;
use crate::store::args::Arg;
use crate::store::bulk_row::BulkRow;

/// The tables of one transaction, as queries. A table that was filled again has a new version, because what
/// was made of the one before still reads that.
#[derive(Default)]
pub(crate) struct Given {
    queries: Vec<String>,
    versions: BTreeMap<&'static str, (usize, String)>,
}

impl Given {
    /// Replaces the content of a table.
    pub fn stage<R: BulkRow>(&mut self, rows: Vec<R>) {
        let kinds: Vec<&str> = R::COLUMNS.iter().map(|(_, column)| column.postgres()).collect();
        let nothing: Vec<String> = kinds.iter().map(|kind| format!("NULL::{kind}")).collect();
        let content = if rows.is_empty() {
            format!("SELECT {} WHERE FALSE", nothing.join(", "))
        } else {
            let row = |row: R| {
                let values = row.values().into_iter().zip(&kinds);
                let values = values.map(|(value, kind)| format!("{}::{kind}", literal(&value)));
                format!("({})", values.collect::<Vec<_>>().join(", "))
            };
            format!("VALUES {}", rows.into_iter().map(row).collect::<Vec<_>>().join(", "))
        };
        let columns: Vec<&str> = R::COLUMNS.iter().map(|(name, _)| *name).collect();
        self.add(R::TABLE, columns.join(", "), &content);
    }

    /// Takes an `INSERT INTO table SELECT …` for a staged table; `false` for any other statement.
    pub fn insert(&mut self, sql: &str, args: &[Arg]) -> bool {
        let Some((table, select)) = sql.trim_start().strip_prefix("INSERT INTO ").and_then(|rest| {
            let rest = rest.trim_start();
            rest.split_once(char::is_whitespace)
        }) else {
            return false;
        };
        let Some((name, (version, columns))) = self.versions.get_key_value(table) else { return false };
        let (name, before, columns) = (*name, format!("{name}_{version}"), columns.clone());
        let mut select = self.renamed(select);
        for (n, value) in args.iter().enumerate().rev() {
            select = select.replace(&format!("${}", n + 1), &literal(value));
        }
        self.add(name, columns, &format!("SELECT * FROM {before} UNION ALL ({select})"));
        true
    }

    fn add(&mut self, name: &'static str, columns: String, content: &str) {
        let version = self.versions.get(name).map_or(0, |(version, _)| version + 1);
        self.queries.push(format!("{name}_{version}({columns}) AS ({content})"));
        self.versions.insert(name, (version, columns));
    }

    /// A statement with the tables it may read.
    pub fn before(&self, sql: &str) -> String {
        if self.queries.is_empty() {
            return sql.into();
        }
        let (sql, queries) = (self.renamed(sql), self.queries.join(", "));
        let head = sql.trim_start();
        match (head.strip_prefix("WITH RECURSIVE "), head.strip_prefix("WITH ")) {
            (Some(rest), _) => format!("WITH RECURSIVE {queries}, {rest}"),
            (None, Some(rest)) => format!("WITH {queries}, {rest}"),
            (None, None) => format!("WITH {queries} {head}"),
        }
    }

    /// A text in which each staged table is named by its last version.
    fn renamed(&self, sql: &str) -> String {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (mut out, mut rest) = (String::with_capacity(sql.len()), sql);
        while let Some(start) = rest.find(is_name) {
            let (between, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|c| !is_name(c)).unwrap_or(from.len()));
            out.push_str(between);
            match self.versions.get(word) {
                Some((version, _)) => out.push_str(&format!("{word}_{version}")),
                None => out.push_str(word),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

fn literal(value: &Arg) -> String {
    match value {
        Arg::Int(None) | Arg::Text(None) | Arg::Bytes(None) | Arg::Flag(None) => "NULL".into(),
        Arg::Int(Some(number)) => format!("({number})"),
        Arg::Text(Some(text)) => format!("'{}'", text.replace('\'', "''").replace('\0', "")),
        Arg::Bytes(Some(bytes)) => format!("'\\x{}'", hex(bytes)),
        Arg::Flag(Some(flag)) => if *flag { "TRUE" } else { "FALSE" }.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk_row;

    bulk_row! { struct One<'a> in "one" { id: i64, word: &'a str } }

    #[test]
    fn staged_tables_go_in_front_of_a_statement_by_their_versions() {
        let mut given = Given::default();
        assert_eq!(given.before("SELECT 1"), "SELECT 1");
        given.stage(vec![One { id: 7, word: "it's" }]);
        assert!(given.insert("INSERT INTO one SELECT id, word FROM one WHERE id > $1", &[Arg::from(3_i64)]));
        assert!(!given.insert("INSERT INTO other SELECT 1", &[]));
        let first = "one_0(id, word) AS (VALUES ((7)::BIGINT, 'it''s'::TEXT))";
        let second = "one_1(id, word) AS (SELECT * FROM one_0 UNION ALL (SELECT id, word FROM one_0 WHERE id > (3)))";
        assert_eq!(given.before("SELECT o.id FROM one o"), format!("WITH {first}, {second} SELECT o.id FROM one_1 o"));
        assert!(
            given.before("WITH x AS (SELECT 1) SELECT * FROM one").ends_with("), x AS (SELECT 1) SELECT * FROM one_1")
        );
        given.stage(Vec::<One>::new());
        assert!(
            given
                .before("SELECT 1 FROM one")
                .contains("one_2(id, word) AS (SELECT NULL::BIGINT, NULL::TEXT WHERE FALSE)")
        );
    }
}
