//! `import cards`: opening stock. A line that is wrong is named and left out; the others go on.

use std::path::Path;

use cardline::actions::imports::legacy_cards::{StockRow, stock_card};
use cardline::actions::imports::legacy_rows::{RefusedStock, StockCard};
use cardline::actions::imports::reference_file;
use cardline::limits::CHUNK_MESSAGES;
use cardline::step::{Work, Worker};
use cardline::store::Stamp;
use cardline_core::domain::spreadsheet;
use jiff::Timestamp;

use super::context::Context;
use super::exit::Exit;
use super::print;

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

impl Counts {
    /// Counts a line that was left out, and names the first of them.
    fn reject(&mut self, path: &Path, wrong: &str) {
        self.rejected += 1;
        if self.rejected <= WRONG_LINES_SHOWN {
            print::complain(&format!("{}, {wrong}", path.display()));
        } else if self.rejected == WRONG_LINES_SHOWN + 1 {
            print::complain("… further wrong lines are only counted");
        }
    }
}

/// What a line is read with.
struct List<'l> {
    text: &'l str,
    header: &'l csv::StringRecord,
    /// Columns whose long numbers a spreadsheet rounded.
    rounded: Vec<&'static str>,
}

impl List<'_> {
    /// The line a record begins on. Its position may lie before the end of the line before, and before blank lines.
    fn line(&self, position: &csv::Position) -> u64 {
        let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let before = self.text.as_bytes().get(from..).unwrap_or_default();
        let ends = before.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
        position.line() + ends.count() as u64
    }
}

/// Zeros that stand where a spreadsheet rounds before a column is believed to be rounded: by chance one list in a
/// million has as many, and no other digit.
const ROUNDED_ZEROS: usize = 6;

/// The columns in which every number longer than a spreadsheet keeps ends in zeros.
fn rounded(text: &str, header: &csv::StringRecord) -> Vec<&'static str> {
    let found = |column: &&'static str| {
        let place = header.iter().position(|name| name == *column)?;
        let records = csv::Reader::from_reader(text.as_bytes()).into_records();
        let mut zeros = 0;
        for record in records.flatten() {
            let cell = record.get(place).filter(|cell| spreadsheet::is_long(cell));
            zeros += cell.map_or(Some(0), spreadsheet::rounded_digits)?;
        }
        (zeros >= ROUNDED_ZEROS).then_some(*column)
    };
    ["id_number", "account", "pan"].iter().filter_map(found).collect()
}

/// Imports a file of old cards.
pub async fn run(context: &Context, path: &Path) -> anyhow::Result<Exit> {
    let text = text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let shown = path.display();
    let header = reader.headers().map_err(|_| anyhow::anyhow!("{shown}: line 1 is no header"))?.clone();
    if !is_header(&header) {
        anyhow::bail!("{shown}, line 1: expected the columns {}; the last may be left out", COLUMNS.join(","));
    }
    let now = context.now();
    let worker = context.named_worker(now).await?;
    let mut counts = Counts::default();
    let list = List { rounded: rounded(&text, &header), text: &text, header: &header };
    let mut records = reader.records();
    let work = Work::of_everybody("import", "cards", &context.actor);
    let progress = worker.ledger.progress_of(Work { worker: worker.name().into(), ..work });
    // The header, and one line a card; a line within quotes is counted, too.
    progress.phase("cards", Some(text.lines().count().saturating_sub(1)));
    loop {
        let cards = tokio::task::block_in_place(|| chunk(&worker, &list, &mut records, &mut counts, path));
        if cards.is_empty() {
            break;
        }
        let read = cards.len();
        settle(context, &worker, cards, now, &mut counts, path).await?;
        progress.advance(read);
    }
    progress.finish(&format!("{} new, {} known, {} rejected", counts.new, counts.known, counts.rejected)).await;
    let row = [counts.read, counts.new, counts.known, counts.rejected].map(|n| n.to_string()).to_vec();
    print::rows(context.output, &["read", "new", "known", "rejected"], &[row], &counts)?;
    Ok(if counts.rejected > 0 { Exit::Rejected } else { Exit::Ok })
}

/// The columns of a line, with or without the last.
fn is_header(header: &csv::StringRecord) -> bool {
    let (_, without_state) = COLUMNS.split_last().unwrap_or((&"", &[]));
    header.iter().eq(COLUMNS) || header.iter().eq(without_state.iter().copied())
}

/// One card of the file and its line.
type Lined = (u64, StockCard);

async fn settle(
    context: &Context,
    worker: &Worker,
    cards: Vec<Lined>,
    at: Timestamp,
    counts: &mut Counts,
    path: &Path,
) -> anyhow::Result<()> {
    let (lines, cards): (Vec<u64>, Vec<StockCard>) = cards.into_iter().unzip();
    let why = Stamp { at, actor: &context.actor, reason: "opening stock imported" };
    let imported = worker.ledger.import_stock(cards, why).await?;
    counts.new += u64::try_from(imported.new).unwrap_or(0);
    counts.known += u64::try_from(imported.known).unwrap_or(0);
    let line = |place: usize| lines.get(place).copied().unwrap_or_default();
    for RefusedStock { place, other, contradiction } in imported.refused {
        let other = other.map_or_else(String::new, |other| format!(" (line {})", line(other)));
        counts.reject(path, &format!("line {}, {contradiction}{other}", line(place)));
    }
    Ok(())
}

/// The cards of the next lines; empty at the end of the file.
fn chunk(
    worker: &Worker,
    list: &List<'_>,
    records: &mut csv::StringRecordsIter<'_, &[u8]>,
    counts: &mut Counts,
    path: &Path,
) -> Vec<Lined> {
    let mut cards = Vec::new();
    while cards.len() < CHUNK_MESSAGES
        && let Some(record) = records.next()
    {
        counts.read += 1;
        match card(worker, list, record) {
            Ok(card) => cards.push(card),
            Err(wrong) => counts.reject(path, &wrong),
        }
    }
    cards
}

/// The card of a line, or what is wrong with it: line and column, never a value.
fn card(worker: &Worker, list: &List<'_>, record: Result<csv::StringRecord, csv::Error>) -> Result<Lined, String> {
    let header = list.header;
    let record = record.map_err(|e| {
        let line = e.position().map_or(0, |position| list.line(position));
        format!("line {line}: expected {} columns", header.len())
    })?;
    let line = record.position().map_or(0, |position| list.line(position));
    let cell = |column: &str| header.iter().position(|name| name == column).and_then(|place| record.get(place));
    let row: StockRow = record.deserialize(Some(header)).map_err(|_| {
        let dated = cell("issued_on").is_some_and(|cell| cell.parse::<jiff::civil::Date>().is_ok());
        let stated = cell("state").is_none_or(|cell| matches!(cell, "active" | "lost"));
        let wrong = match (dated, stated) {
            (false, _) => "column issued_on: not a date such as 2019-05-01; have the column as text",
            (_, false) => "column state: neither active nor lost",
            _ => "column id_type: not a word of the schema",
        };
        format!("line {line}, {wrong}")
    })?;
    let is_rounded = |column: &&&str| cell(column).is_some_and(spreadsheet::is_long);
    if let Some(column) = list.rounded.iter().find(is_rounded) {
        let seen = "zeros behind the fifteenth digit on every line";
        return Err(format!("line {line}, column {column}: {seen}; {}", spreadsheet::CURE));
    }
    let card = stock_card(&worker.keys, &row).map_err(|wrong| format!("line {line}, {wrong}"))?;
    if worker.reference.bank(&row.bank).is_none() {
        return Err(format!("line {line}, column bank: no partner bank of that code"));
    }
    if !worker.reference.was_region(&row.region) {
        return Err(format!("line {line}, column region: no region of that code"));
    }
    Ok((line, card))
}

/// The file as text; what is no file, or not UTF-8, is an error that says so.
fn text(path: &Path) -> anyhow::Result<String> {
    let bytes = reference_file::bytes(path)?;
    let text = reference_file::text(&bytes).map_err(|fault| anyhow::anyhow!("{} {fault}", path.display()))?;
    Ok(text.to_owned())
}
