//! Files made of lines: a control line, then one line a row, each ended by a line feed.
//!
//! A byte order mark in front is skipped. A file whose first line ends in CRLF where LF is agreed has that one
//! fault and no other.

use std::collections::BTreeMap;
use std::io::Write;

use super::column::Column;
use super::file::{FileSpec, Layout, LineEnd, Rendered, written};
use super::parsed::Parsed;
use super::{control, delimited, fixed};
use crate::file_formats::charset::without_mark;
use crate::file_formats::fault::{FaultCode, FileFault, RenderFault, RowFault};
use crate::file_formats::limits::FAULTS_MOST_COUNT;

/// Writes the control line and the rows.
pub(crate) fn render(
    spec: &FileSpec,
    control: &BTreeMap<String, String>,
    rows: &[Vec<String>],
    out: &mut dyn Write,
) -> Result<Rendered, RenderFault> {
    let cells = control::cells(spec, control, rows.len())?;
    let mut line = Vec::new();
    join(spec, &spec.control, &cells, &mut line).map_err(RenderFault::Control)?;
    out.write_all(&line)?;
    let mut bytes = line.len();
    for (index, row) in rows.iter().enumerate() {
        let at = |fault| RenderFault::Row { row: index + 1, fault };
        spec.check_row(row).map_err(at)?;
        line.clear();
        join(spec, &spec.columns, row, &mut line).map_err(at)?;
        out.write_all(&line)?;
        bytes += line.len();
    }
    Ok(Rendered { rows: rows.len(), bytes: u64::try_from(bytes).unwrap_or(u64::MAX) })
}

fn join(spec: &FileSpec, columns: &[Column], cells: &[String], line: &mut Vec<u8>) -> Result<(), RowFault> {
    let pairs = columns.iter().zip(cells);
    let cells: Vec<&str> = pairs.map(|(column, cell)| written(column, cell)).collect();
    if spec.layout == Layout::Fixed {
        fixed::join(spec, columns, &cells, line)?;
    } else {
        let text = delimited::join(spec, &cells);
        let bytes = spec.charset().encode(&text).map_err(|_| RowFault {
            column: 0,
            field: String::new(),
            code: FaultCode::FieldCharset,
            message: "cannot be written in the charset".into(),
        })?;
        line.extend_from_slice(&bytes);
    }
    line.push(b'\n');
    Ok(())
}

/// Reads every line, and collects every fault.
pub(crate) fn parse(spec: &FileSpec, bytes: &[u8]) -> Result<Parsed, Vec<FileFault>> {
    let bytes = without_mark(bytes);
    if bytes.is_empty() {
        let message = "the file is empty: send it again whole";
        return Err(vec![FileFault::whole(FaultCode::FileEmpty, message)]);
    }
    if let Some((code, message)) = spec.charset().contradicted_by(bytes) {
        return Err(vec![FileFault::whole(code, message)]);
    }
    let whole = bytes.strip_suffix(b"\n");
    // A line feed is never part of a longer sequence, so it alone may be looked for in raw bytes.
    let mut lines = whole.unwrap_or(bytes).split(|byte| *byte == b'\n');
    let control_line = lines.next().unwrap_or_default();
    if spec.line_end == LineEnd::Lf && control_line.ends_with(b"\r") {
        return Err(vec![line_end().at(1)]);
    }
    let mut parsed = Parsed::default();
    let mut faults = Vec::new();
    let mut count = 0;
    for line in lines {
        count += 1;
        // Past the limit lines are only counted, so that the count is checked all the same.
        if faults.len() >= FAULTS_MOST_COUNT {
            continue;
        }
        match split(spec, &spec.columns, line) {
            Ok(cells) => {
                let found: Vec<RowFault> = read_faults(spec, &spec.columns, &cells).collect();
                parsed.add(count + 1, cells, found.into_iter());
            }
            Err(fault) => faults.push(fault.at(count + 1)),
        }
    }
    let mut all = Vec::new();
    parsed.control = read_control(spec, control_line, count, &mut all);
    all.append(&mut faults);
    if whole.is_none() {
        let message = "the last line has no line feed, the file is cut off: send it again whole";
        all.push(FileFault::line(count + 1, FaultCode::FileTruncated, message));
    }
    if all.is_empty() {
        return Ok(parsed);
    }
    // Whoever mends the frame mends the cells with it.
    all.extend(parsed.row_faults().iter().filter(|fault| fault.line > 0).cloned());
    all.sort_by_key(|fault| fault.line);
    if all.len() > FAULTS_MOST_COUNT {
        all.truncate(FAULTS_MOST_COUNT);
        all.push(FileFault::more());
    }
    Err(all)
}

fn read_control(spec: &FileSpec, line: &[u8], rows: usize, faults: &mut Vec<FileFault>) -> BTreeMap<String, String> {
    let cells = match split(spec, &spec.control, line) {
        Ok(cells) => cells,
        Err(fault) => {
            // A control line that does not split is one fault whatever the way it does not.
            let code = match fault.code {
                FaultCode::RowColumns | FaultCode::RowTrailer | FaultCode::RowLength => FaultCode::FileControl,
                code => code,
            };
            faults.push(RowFault { code, ..fault }.at(1));
            return BTreeMap::new();
        }
    };
    faults.extend(read_faults(spec, &spec.control, &cells).map(|fault| fault.at(1)));
    faults.extend(control::faults(spec, &cells, rows));
    let fields = spec.control.iter().map(|column| column.field.clone());
    fields.zip(cells).collect()
}

/// The cells of one line, or why they cannot be told apart.
pub(super) fn split(spec: &FileSpec, columns: &[Column], line: &[u8]) -> Result<Vec<String>, RowFault> {
    let line = match line.strip_suffix(b"\r") {
        Some(_) if spec.line_end == LineEnd::Lf => return Err(line_end()),
        Some(line) => line,
        None => line,
    };
    if spec.layout == Layout::Fixed { fixed::split(spec, columns, line) } else { delimited::split(spec, columns, line) }
}

/// What is wrong with the cells of a line that was read.
fn read_faults<'a>(
    spec: &'a FileSpec,
    columns: &'a [Column],
    cells: &'a [String],
) -> impl Iterator<Item = RowFault> + 'a {
    let pairs = columns.iter().zip(cells).enumerate();
    let only_read = pairs.filter_map(|(index, (column, cell))| column.check_read(index + 1, cell).err());
    spec.cell_faults(columns, cells).chain(only_read)
}

fn line_end() -> RowFault {
    let message = "lines end in CRLF where LF is agreed: send LF, or agree on `line_end = \"any\"` in the profile";
    RowFault { column: 0, field: String::new(), code: FaultCode::FileLineEnd, message: message.into() }
}
