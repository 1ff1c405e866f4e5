//! Lines of cells between delimiters.
//!
//! The `csv` crate is not used here, on purpose. It skips blank lines, takes CR, LF and CRLF alike
//! and does not tell a file cut off before its last line feed from a whole one: each of these is a
//! fault we must name with its line. And the charset is decoded line by line, so that one bad byte
//! is a fault of its cell and not of the file. What would be left for it is `split`.

use super::column::Column;
use super::file::FileSpec;
use crate::file_formats::fault::{FaultCode, RowFault};

/// The cells of one line. Decoding comes first: a Han character's second byte may be `|`.
///
/// What cannot be decoded is U+FFFD in its cell, which no check lets through, as long as the cells can still
/// be told apart. A bad byte may take the delimiter after it along as the second half of a character: then the
/// line is split before it is decoded.
pub(crate) fn split(spec: &FileSpec, columns: &[Column], line: &[u8]) -> Result<Vec<String>, RowFault> {
    let charset = spec.charset();
    let offset = match charset.decode(line) {
        Ok(text) => return cells(spec, columns, &text),
        Err(offset) => offset,
    };
    if let Ok(cells) = cells(spec, columns, &charset.decode_marking(line)) {
        return Ok(cells);
    }
    let delimiter = u8::try_from(spec.delimiter).unwrap_or_default();
    let body = if spec.trailing_delimiter { line.strip_suffix(&[delimiter]).unwrap_or(line) } else { line };
    let cells: Vec<String> = body.split(|byte| *byte == delimiter).map(|cell| charset.decode_marking(cell)).collect();
    if cells.len() == columns.len() {
        return Ok(cells);
    }
    let message = format!("byte {} of the line is not {}: send the file in that charset", offset + 1, charset.name());
    Err(RowFault { column: 0, field: String::new(), code: FaultCode::FileCharset, message })
}

fn cells(spec: &FileSpec, columns: &[Column], text: &str) -> Result<Vec<String>, RowFault> {
    let fault = |code, message: String| RowFault { column: 0, field: String::new(), code, message };
    let body = if spec.trailing_delimiter {
        text.strip_suffix(spec.delimiter).ok_or_else(|| {
            let message = "the line must end in the delimiter: send the file again whole";
            fault(FaultCode::RowTrailer, message.into())
        })?
    } else {
        text
    };
    let cells: Vec<String> = body.split(spec.delimiter).map(str::to_owned).collect();
    if cells.len() == columns.len() {
        return Ok(cells);
    }
    let message = format!("{} columns where {} are agreed: check the layout's version", cells.len(), columns.len());
    Err(fault(FaultCode::RowColumns, message))
}

/// One line as text, without its line feed.
pub(crate) fn join(spec: &FileSpec, cells: &[&str]) -> String {
    let mut line = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            line.push(spec.delimiter);
        }
        line.push_str(cell);
    }
    if spec.trailing_delimiter {
        line.push(spec.delimiter);
    }
    line
}
