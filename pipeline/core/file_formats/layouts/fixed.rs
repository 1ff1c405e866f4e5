//! Lines of cells padded to widths in bytes: left-aligned with spaces, or digits with zeros.
//!
//! Widths count bytes of the charset, so a cell is cut out of the raw line and then decoded. A
//! cell is never cut short to fit, so no character is ever split.

use super::column::Column;
use super::file::FileSpec;
use crate::file_formats::fault::{FaultCode, RowFault};

/// The cells of one line.
pub(crate) fn split(spec: &FileSpec, columns: &[Column], line: &[u8]) -> Result<Vec<String>, RowFault> {
    let length: usize = columns.iter().filter_map(|column| column.width).sum();
    if line.len() != length {
        return Err(RowFault {
            column: 0,
            field: String::new(),
            code: FaultCode::RowLength,
            message: format!("{} bytes where {length} are agreed: check the layout's version", line.len()),
        });
    }
    let mut rest = line;
    let mut cells = Vec::with_capacity(columns.len());
    for column in columns {
        let (cell, more) = rest.split_at(column.width.unwrap_or_default().min(rest.len()));
        rest = more;
        // What cannot be decoded is U+FFFD in its cell, which no check lets through.
        let text = spec.charset().decode(cell).unwrap_or_else(|_| spec.charset().decode_marking(cell));
        cells.push(unpad(column, &text).to_owned());
    }
    Ok(cells)
}

/// Adds one line, without its line feed.
pub(crate) fn join(spec: &FileSpec, columns: &[Column], cells: &[&str], line: &mut Vec<u8>) -> Result<(), RowFault> {
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let fault = |code, message: &str| RowFault {
            column: index + 1,
            field: column.field.clone(),
            code,
            message: message.into(),
        };
        let bytes = spec
            .charset()
            .encode(cell)
            .map_err(|_| fault(FaultCode::FieldCharset, "cannot be written in the charset"))?;
        let padding = column
            .width
            .and_then(|width| width.checked_sub(bytes.len()))
            .ok_or_else(|| fault(FaultCode::FieldLength, "is longer than its width"))?;
        let zeros = column.zero_padded && !bytes.is_empty();
        if zeros {
            line.extend(std::iter::repeat_n(b'0', padding));
        }
        line.extend_from_slice(&bytes);
        if !zeros {
            line.extend(std::iter::repeat_n(b' ', padding));
        }
    }
    Ok(())
}

fn unpad<'a>(column: &Column, text: &'a str) -> &'a str {
    let trimmed = text.trim_end_matches(' ');
    if !column.zero_padded || trimmed.is_empty() {
        return trimmed;
    }
    match trimmed.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    }
}
