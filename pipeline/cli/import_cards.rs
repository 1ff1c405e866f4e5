//! `import cards`: opening stock. A line that is wrong is named and left out; the others go on.

use std::collections::HashSet;
use std::path::Path;

use jiff::Timestamp;

use super::context::{Context, instant};
use super::import::text;
use super::outcome::Outcome;
use super::print;
use crate::ledger::{StockCard, Why};
use crate::limits::CHUNK_MESSAGES;
use crate::stages::Station;
use crate::stages::stock::{StockRow, stock_card};

/// Wrong lines named one by one; beyond that they are only counted.
const WRONG_LINES_SHOWN: u64 = 20;

const COLUMNS: [&str; 11] = StockRow::COLUMNS;

/// How the lines of a file divided.
#[derive(Default, serde::Serialize)]
struct Counts {
    read: u64,
    new: u64,
    known: u64,
    rejected: u64,
}

/// Imports a file of old cards.
pub async fn run(context: &Context, path: &Path) -> anyhow::Result<Outcome> {
    let text = text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let shown = path.display();
    let header = reader.headers().map_err(|_| anyhow::anyhow!("{shown}: line 1 is no header"))?.clone();
    if !is_header(&header) {
        anyhow::bail!("{shown}, line 1: expected the columns {}; the last may be left out", COLUMNS.join(","));
    }
    let now = instant(None);
    let station = context.worker(now).await?;
    let mut counts = Counts::default();
    let mut records = reader.records();
    loop {
        let cards = tokio::task::block_in_place(|| chunk(&station, &header, &mut records, &mut counts, path))?;
        if cards.is_empty() {
            break;
        }
        settle(context, &station, cards, now, &mut counts).await?;
    }
    let row = [counts.read, counts.new, counts.known, counts.rejected].map(|n| n.to_string()).to_vec();
    print::rows(context.output, &["read", "new", "known", "rejected"], &[row], &counts)?;
    Ok(if counts.rejected > 0 { Outcome::Rejected } else { Outcome::Ok })
}

/// The columns of a line, with or without the last.
fn is_header(header: &csv::StringRecord) -> bool {
    let (_, without_state) = COLUMNS.split_last().unwrap_or((&"", &[]));
    header.iter().eq(COLUMNS) || header.iter().eq(without_state.iter().copied())
}

async fn settle(
    context: &Context,
    station: &Station,
    cards: Vec<StockCard>,
    at: Timestamp,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let all = cards.len() as u64;
    let why = Why { at, actor: &context.actor, reason: "opening stock imported" };
    let new = u64::try_from(station.ledger.import_stock(cards, why).await?).unwrap_or(0);
    counts.new += new;
    counts.known += all - new.min(all);
    Ok(())
}

/// The cards of the next lines, each number, person and account once; empty at the end of the file.
fn chunk(
    station: &Station,
    header: &csv::StringRecord,
    records: &mut csv::StringRecordsIter<'_, &[u8]>,
    counts: &mut Counts,
    path: &Path,
) -> anyhow::Result<Vec<StockCard>> {
    let mut cards = Vec::new();
    let mut seen = HashSet::new();
    while cards.len() < CHUNK_MESSAGES
        && let Some(record) = records.next()
    {
        counts.read += 1;
        match card(station, header, record) {
            Ok(card) => {
                let keys = [
                    card.card_number.clone().into_bytes(),
                    card.person.clone(),
                    card.number_key.clone(),
                    card.pan_key.clone(),
                ];
                if keys.iter().any(|key| seen.contains(key)) {
                    counts.known += 1;
                } else {
                    seen.extend(keys);
                    cards.push(card);
                }
            }
            Err(wrong) => {
                counts.rejected += 1;
                if counts.rejected <= WRONG_LINES_SHOWN {
                    print::complain(&format!("{}, {wrong}", path.display()));
                } else if counts.rejected == WRONG_LINES_SHOWN + 1 {
                    print::complain("… further wrong lines are only counted");
                }
            }
        }
    }
    Ok(cards)
}

/// The card of a line, or what is wrong with it: line and column, never a value.
fn card(
    station: &Station,
    header: &csv::StringRecord,
    record: Result<csv::StringRecord, csv::Error>,
) -> Result<StockCard, String> {
    let record = record.map_err(|e| {
        let line = e.position().map_or(0, csv::Position::line);
        format!("line {line}: expected {} columns", header.len())
    })?;
    let line = record.position().map_or(0, csv::Position::line);
    let row: StockRow = record.deserialize(Some(header)).map_err(|_| {
        let dated = record.get(9).is_some_and(|cell| cell.parse::<jiff::civil::Date>().is_ok());
        let stated = record.get(10).is_none_or(|cell| matches!(cell, "active" | "lost"));
        let wrong = match (dated, stated) {
            (false, _) => "column issued_on: not a date",
            (_, false) => "column state: neither active nor lost",
            _ => "column id_type: not a word of the schema",
        };
        format!("line {line}, {wrong}")
    })?;
    if station.reference.bank(&row.bank).is_none() {
        return Err(format!("line {line}, column bank: no partner bank of that code"));
    }
    if !station.reference.was_region(&row.region) {
        return Err(format!("line {line}, column region: no region of that code"));
    }
    stock_card(&station.keys, &row).map_err(|wrong| format!("line {line}, {wrong}"))
}
