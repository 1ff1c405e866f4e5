//! Lines of cells between delimiters.
//!
//! The `csv` crate is not used here, on purpose. It skips blank lines, takes CR, LF and CRLF alike
//! and does not tell a file cut off before its last line feed from a whole one: each of these is a
//! fault we must name with its line. And the charset is decoded line by line, so that one bad byte
//! is a fault of its line and not of the file. What would be left for it is `split`.

use super::column::Column;
use super::fault::{FaultCode, RowFault};
use super::file::FileSpec;

/// The cells of one line. Decoding comes first: a Han character's second byte may be `|`.
pub(super) fn split(spec: &FileSpec, columns: &[Column], line: &[u8]) -> Result<Vec<String>, RowFault> {
    let fault = |code, message: String| RowFault { column: 0, field: String::new(), code, message };
    let text = spec.charset().decode(line).map_err(|offset| {
        let message =
            format!("byte {} of the line is not {}: send the file in that charset", offset + 1, spec.charset().name());
        fault(FaultCode::FileCharset, message)
    })?;
    let body = if spec.trailing_delimiter {
        text.strip_suffix(spec.delimiter).ok_or_else(|| {
            let message = "the line must end in the delimiter: send the file again whole";
            fault(FaultCode::RowTrailer, message.into())
        })?
    } else {
        &text
    };
    let cells: Vec<String> = body.split(spec.delimiter).map(str::to_owned).collect();
    if cells.len() == columns.len() {
        return Ok(cells);
    }
    let message = format!("{} columns where {} are agreed: check the layout's version", cells.len(), columns.len());
    Err(fault(FaultCode::RowColumns, message))
}

/// One line as text, without its line feed.
pub(super) fn join(spec: &FileSpec, cells: &[&str]) -> String {
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
