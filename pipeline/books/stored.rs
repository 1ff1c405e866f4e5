//! Every row of the ledger, or every touched one, read once for the two laws that look at rows themselves: whether a
//! text looks personal, and whether a covered row is as it was written. Laws 12 and 15 report what it finds.

use std::collections::BTreeMap;

use super::seen::{Seen, is_looked_at, rows_of};
use crate::store::row_macs::catalog::{COVERED, Covered};
use crate::store::row_macs::{Field, RowKey, StoredMac};
use crate::store::{LedgerError, Tx};

/// What the rows say, for each of the two laws.
#[derive(Default)]
pub struct Stored {
    /// Law 12: columns with values that look personal.
    pub personal: Vec<String>,
    /// Law 15: rows that are not as they were written.
    pub changed: Vec<String>,
    /// Rows of covered tables that were read: others have rows of workers and of looks, which come and go.
    pub rows: i64,
    /// Rows that were compared with their digest.
    pub compared: i64,
}

/// Text columns, by their tables.
type TextColumns = BTreeMap<String, Vec<String>>;

/// Reads all rows, or those touched.
pub async fn read_stored(tx: &mut Tx, whole: bool) -> Result<Stored, LedgerError> {
    let key = tx.row_key();
    let mut texts = TextColumns::new();
    for (table, column) in tx.text_columns().await?.into_iter().filter(|(table, column)| is_looked_at(table, column)) {
        texts.entry(table).or_default().push(column);
    }
    let mut stored = Stored::default();
    for covered in COVERED {
        let texts = texts.remove(covered.table).unwrap_or_default();
        read_covered(tx, covered, key.as_ref(), whole, &texts, &mut stored).await?;
    }
    for (table, texts) in texts {
        let columns: Vec<_> = texts.iter().map(String::as_str).collect();
        let mut seen = seen(&table, &texts);
        let see = |fields: &[Field<'_>]| seen.iter_mut().zip(fields).for_each(|(seen, field)| seen.see(field));
        tx.each_stored(&columns, &rows_of(&table, whole), see).await?;
        stored.personal.extend(seen.iter().filter_map(Seen::found));
    }
    stored.personal.sort_unstable();
    Ok(stored)
}

fn seen(table: &str, texts: &[String]) -> Vec<Seen> {
    texts.iter().map(|column| Seen::at(format!("{table}.{column}"))).collect()
}

/// Reads all rows of a covered table, or those touched, with these of their texts.
pub async fn read_covered(
    tx: &mut Tx,
    covered: &Covered,
    key: Option<&RowKey>,
    whole: bool,
    texts: &[String],
    stored: &mut Stored,
) -> Result<(), LedgerError> {
    let mut columns = covered.stored();
    let of_digest = columns.len();
    let mut places = Vec::new();
    for text in texts {
        let place = columns.iter().position(|column| column == text);
        places.push(place.unwrap_or(columns.len()));
        if place.is_none() {
            columns.push(text);
        }
    }
    let (mut seen, mut changed) = (seen(covered.table, texts), Vec::new());
    let look = |fields: &[Field<'_>]| {
        stored.rows += 1;
        if let (Some(key), Some(fields)) = (key, fields.get(..of_digest)) {
            stored.compared += 1;
            changed.extend(Some(covered.compared(key, fields)).filter(|row| row.stored != Some(row.reckoned)));
        }
        for (seen, field) in seen.iter_mut().zip(&places).filter_map(|(seen, at)| Some((seen, fields.get(*at)?))) {
            seen.see(field);
        }
    };
    tx.each_stored(&columns, &covered.rows(whole), look).await?;
    changed.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    stored.changed.extend(changed.iter().map(|row| told(covered, row)));
    stored.personal.extend(seen.iter().filter_map(Seen::found));
    Ok(())
}

fn told(covered: &Covered, row: &StoredMac) -> String {
    let key: Vec<_> = row.key.iter().map(i64::to_string).collect();
    let wrong = if row.stored.is_none() { "has no digest" } else { "is not as it was written" };
    format!("{} {}: {wrong}", covered.table, key.join("/"))
}
