//! The rows of a list that came back as CSV, in UTF-8 or as spreadsheets in China save it, with commas, semicolons or
//! tabs between its cells.

use cardline_core::domain::gb18030;

use super::rows::FileRow;
use crate::actions::imports::reference_file::{RowFault, text};

/// What spreadsheets write between cells.
const BETWEEN: [char; 3] = ['\t', ';', ','];

/// The sign between the cells: of the three the one that is most often in the first line, which has names of columns
/// only.
fn between(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    BETWEEN.into_iter().max_by_key(|sign| first.matches(*sign).count()).map_or(b',', |sign| sign as u8)
}

/// The rows of the file, its header first.
///
/// # Errors
/// The file is no text, or a quotation mark is not closed.
pub fn rows(bytes: &[u8]) -> Result<Vec<FileRow>, RowFault> {
    let fault = |line, message: &str| RowFault { line, column: String::new(), message: message.into() };
    let decoded = match text(bytes) {
        Ok(text) => text.to_owned(),
        // A spreadsheet in China saves CSV so.
        Err(wrong) => gb18030::decode(bytes).map_err(|_| wrong)?,
    };
    // The reader counts a line that ends in two signs with the one before it.
    let decoded = decoded.replace("\r\n", "\n").replace('\r', "\n");
    let mut file = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(between(&decoded))
        .from_reader(decoded.as_bytes());
    let (mut rows, mut width) = (Vec::new(), None);
    for record in file.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, |at| at.line() as usize);
            fault(line, "cannot be read as CSV: a quotation mark is not closed")
        })?;
        let line = record.position().map_or(0, |at| at.line() as usize);
        // A quotation mark that is not closed takes all that follows into its cell.
        if record.iter().any(|cell| cell.contains('\n')) {
            return Err(fault(line, "a quotation mark in this line is not closed, or a cell has several lines"));
        }
        let mut row = FileRow::new(line, record.iter().map(|cell| Ok(cell.into())).enumerate());
        row.is_longer = record.len() > *width.get_or_insert(record.len());
        rows.push(row);
    }
    Ok(rows)
}
