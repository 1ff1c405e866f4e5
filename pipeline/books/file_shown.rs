//! One file of a partner, as whoever exchanges it reads it: its life, what it says (masked), and what is wrong with it.

use std::collections::BTreeMap;
use std::io::Cursor;

use cardline_core::batch_kinds::BatchKind;
use cardline_core::file_formats::{FileFault, FileKind, FileSpec, Parsed, ReadRow, masked, masked_bytes, masked_table};
use serde::Serialize;

pub use super::file_bytes::Unseen;
use super::file_bytes::bytes_of;
use crate::batching::batch_rows::BatchRow;
use crate::exchange::files::FileRecord;
use crate::route::production::records::records;
use crate::step::{StageError, Worker};
use crate::store::LedgerError;
use crate::time::rfc3339_stored;
use crate::{args, row};

/// Bytes of the control line that are shown.
const CONTROL_BYTES: usize = 512;

/// One file with everything that is known of it.
#[derive(Serialize)]
pub struct FileShown {
    #[serde(flatten)]
    pub file: FileRecord,
    /// Number of the batch it asks about or answers.
    pub batch_number: Option<String>,
    pub moves: Vec<FileMove>,
    #[serde(skip)]
    pub content: Result<FileContent, Unseen>,
}

/// A move of a file's life.
#[derive(Serialize)]
pub struct FileMove {
    pub at: String,
    pub from: String,
    pub to: String,
    pub by: String,
    pub reason: String,
}

/// What a file says.
pub struct FileContent {
    pub control: Vec<(String, String)>,
    /// The partner's headings.
    pub headings: Vec<String>,
    /// The rows asked for, masked.
    pub rows: Vec<ShownRow>,
    /// How many rows there are.
    pub all: usize,
    pub faults: Vec<FileFault>,
    /// The control line as it stands in the file; it tells of no person.
    pub control_line: Vec<u8>,
}

/// One row of a file.
pub struct ShownRow {
    /// The line it stands in.
    pub line: usize,
    /// Its cells, masked.
    pub cells: Vec<String>,
    /// Its bytes; none for each that may not be looked at.
    pub bytes: Vec<Option<u8>>,
    /// Its number in the batch, and its card's, where the layout has them.
    number: Option<i64>,
    card_number: Option<String>,
    /// The card of that row of the batch, and what became of it; none where the row names another one or is in doubt.
    pub card: Option<BatchRow>,
}

row! {
    struct MoveRow { at: i64, from_state: String, to_state: String, actor: String, reason: String }
}

/// A file within the scope of who looks, and so many of its rows after one.
///
/// # Errors
/// The ledger cannot be read.
pub async fn show_file(worker: &Worker, id: i64, after: usize, rows: usize) -> Result<Option<FileShown>, StageError> {
    let scope = worker.ledger.viewer().map(|viewer| viewer.scope.clone()).unwrap_or_default();
    // A file may hold any region, so who sees only an area sees none.
    let Some(file) = worker.ledger.file_record(id).await?.filter(|file| scope.covers(&file.partner, "")) else {
        return Ok(None);
    };
    let moves = moves(worker, id).await?;
    let batch = match file.batch {
        Some(batch) => batch_of(worker, batch).await?,
        None => None,
    };
    let mut content = match bytes_of(worker, &file).await {
        Ok(bytes) => read(worker, &file, bytes, after, rows),
        Err(unseen) => Err(unseen),
    };
    if let (Ok(content), Some(batch)) = (&mut content, &batch) {
        find_cards(worker, batch, &mut content.rows).await?;
    }
    let batch_number = batch.map(|batch| batch.number);
    Ok(Some(FileShown { file, batch_number, moves, content }))
}

/// Everything that is wrong with a file, as a partner reads it: CSV with a byte order mark, so that a spreadsheet shows
/// it. None where its bytes are not at hand.
///
/// # Errors
/// The ledger cannot be read.
pub async fn error_report(worker: &Worker, id: i64) -> Result<Option<String>, StageError> {
    let Some(shown) = show_file(worker, id, 0, 0).await? else { return Ok(None) };
    let Ok(content) = shown.content else { return Ok(None) };
    let mut report = String::from("\u{feff}line,column,field,code,message\r\n");
    for fault in &content.faults {
        let message = fault.message.replace('"', "\"\"");
        let line = format!("{},{},{},{},\"{message}\"\r\n", fault.line, fault.column, fault.field, fault.code.code());
        report.push_str(&line);
    }
    Ok(Some(report))
}

async fn moves(worker: &Worker, id: i64) -> Result<Vec<FileMove>, LedgerError> {
    let mut tx = worker.ledger.read().await?;
    let rows = tx
        .rows::<MoveRow>(
            "SELECT at, from_state, to_state, actor, reason FROM move WHERE scope = 'file' AND subject = $1 ORDER BY seq",
            args![id],
        )
        .await?;
    let shown = |row: MoveRow| {
        let (from, to, by) = (row.from_state, row.to_state, row.actor);
        FileMove { at: rfc3339_stored(row.at), from, to, by, reason: row.reason }
    };
    Ok(rows.into_iter().map(shown).collect())
}

row! {
    struct FilesBatch { id: i64, number: String, kind: String }
}

async fn batch_of(worker: &Worker, batch: i64) -> Result<Option<FilesBatch>, LedgerError> {
    let mut tx = worker.ledger.read().await?;
    tx.row("SELECT id, number, kind FROM batch WHERE id = $1", args![batch]).await
}

/// Finds the card of each row by its number in the batch.
async fn find_cards(worker: &Worker, batch: &FilesBatch, rows: &mut [ShownRow]) -> Result<(), LedgerError> {
    let numbers: Vec<i64> = rows.iter().filter_map(|row| row.number).collect();
    let Some(kind) = BatchKind::named(&batch.kind).filter(|_| !numbers.is_empty()) else { return Ok(()) };
    let found = worker.ledger.batch_rows_of(batch.id, kind, numbers).await?;
    let cards: BTreeMap<i64, BatchRow> = found.into_iter().map(|card| (card.row, card)).collect();
    for row in rows {
        let named = |card: &&BatchRow| row.card_number.is_none() || row.card_number == card.card_number;
        row.card = row.number.and_then(|number| cards.get(&number)).filter(named).cloned();
    }
    Ok(())
}

fn read(worker: &Worker, file: &FileRecord, bytes: Vec<u8>, after: usize, most: usize) -> Result<FileContent, Unseen> {
    let spec = FileKind::named(&file.kind)
        .and_then(|kind| worker.partners.get(&file.partner)?.profile.file(kind))
        .ok_or(Unseen::NotThere)?;
    let records = records(spec, Cursor::new(bytes)).map_err(|_| Unseen::Changed)?;
    let end = records.iter().position(|byte| *byte == b'\n').unwrap_or(records.len()).min(CONTROL_BYTES);
    let control_line = records.get(..end).unwrap_or_default().to_vec();
    Ok(match spec.parse(&records) {
        Ok(parsed) => {
            let rows = shown_rows(spec, &parsed, &records, after, most);
            parsed_content(spec, &parsed, control_line, rows)
        }
        Err(faults) => {
            FileContent { control: Vec::new(), headings: Vec::new(), rows: Vec::new(), all: 0, faults, control_line }
        }
    })
}

fn parsed_content(spec: &FileSpec, parsed: &Parsed, control_line: Vec<u8>, rows: Vec<ShownRow>) -> FileContent {
    let control = parsed.control.iter().filter(|(_, value)| !value.is_empty());
    FileContent {
        control: control.map(|(field, value)| (field.clone(), masked(spec.kind, field, value))).collect(),
        headings: spec.columns.iter().map(|column| column.heading().to_owned()).collect(),
        all: parsed.rows.len(),
        rows,
        faults: parsed.row_faults().to_vec(),
        control_line,
    }
}

fn shown_rows(spec: &FileSpec, parsed: &Parsed, records: &[u8], after: usize, most: usize) -> Vec<ShownRow> {
    let lines: Vec<&[u8]> = records.split(|byte| *byte == b'\n').collect();
    let shown = |(row, cells): (ReadRow<'_>, Vec<String>)| ShownRow {
        line: row.line,
        cells,
        bytes: masked_bytes(spec, lines.get(row.line.saturating_sub(1)).copied().unwrap_or_default()),
        number: row.value("row").filter(|_| !row.is_in_doubt()).and_then(|number| number.parse().ok()),
        card_number: row.value("card_number"),
        card: None,
    };
    parsed.read(spec).zip(masked_table(spec, parsed).rows).skip(after).take(most).map(shown).collect()
}
