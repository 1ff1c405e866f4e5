//! Files made of lines: a control line, then one line a row, each ended by a line feed.

use std::collections::BTreeMap;
use std::io::Write;

use super::column::Column;
use super::control;
use super::fault::{FaultCode, FileFault, RenderFault, RowFault};
use super::file::{FileSpec, Layout, Parsed, Rendered, written};
use super::limits::FAULTS_MOST_COUNT;
use super::{delimited, fixed};

/// Writes the control line and the rows.
pub(super) fn render(
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
pub(super) fn parse(spec: &FileSpec, bytes: &[u8]) -> Result<Parsed, Vec<FileFault>> {
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
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    let mut count = 0;
    for line in lines {
        count += 1;
        // Past the limit lines are only counted, so that the count is checked all the same.
        if faults.len() < FAULTS_MOST_COUNT {
            rows.extend(read(spec, &spec.columns, line, count + 1, &mut faults));
        }
    }
    let mut all = Vec::new();
    let control = read_control(spec, control_line, count, &mut all);
    all.append(&mut faults);
    if whole.is_none() {
        let message = "the last line has no line feed, the file is cut off: send it again whole";
        all.push(FileFault::line(count + 1, FaultCode::FileTruncated, message));
    }
    if all.is_empty() {
        return Ok(Parsed { control, rows });
    }
    if all.len() > FAULTS_MOST_COUNT {
        all.truncate(FAULTS_MOST_COUNT);
        let message = format!("only the first {FAULTS_MOST_COUNT} faults are listed");
        all.push(FileFault::whole(FaultCode::FileMoreFaults, message));
    }
    Err(all)
}

fn read_control(spec: &FileSpec, line: &[u8], rows: usize, faults: &mut Vec<FileFault>) -> BTreeMap<String, String> {
    let mut found = Vec::new();
    let Some(cells) = read(spec, &spec.control, line, 1, &mut found) else {
        // A control line that does not split is one fault whatever the way it does not.
        faults.extend(found.into_iter().map(|fault| FileFault {
            code: match fault.code {
                FaultCode::RowColumns | FaultCode::RowTrailer | FaultCode::RowLength => FaultCode::FileControl,
                code => code,
            },
            ..fault
        }));
        return BTreeMap::new();
    };
    faults.append(&mut found);
    faults.extend(control::faults(spec, &cells, rows));
    let fields = spec.control.iter().map(|column| column.field.clone());
    fields.zip(cells).collect()
}

/// The cells of one line, even where some have faults; `None` when it does not split.
fn read(
    spec: &FileSpec,
    columns: &[Column],
    line: &[u8],
    number: usize,
    faults: &mut Vec<FileFault>,
) -> Option<Vec<String>> {
    let split = if spec.layout == Layout::Fixed {
        fixed::split(spec, columns, line)
    } else {
        delimited::split(spec, columns, line)
    };
    match split {
        Ok(cells) => {
            let found = spec.cell_faults(columns, &cells);
            faults.extend(found.map(|fault| fault.at(number)));
            // A constant's cell may be empty only where we write it, never where we read it.
            let missing = columns
                .iter()
                .zip(&cells)
                .enumerate()
                .filter(|(_, (column, cell))| column.constant.is_some() && cell.is_empty());
            faults.extend(missing.map(|(index, (column, _))| FileFault {
                line: number,
                column: index + 1,
                field: column.field.clone(),
                code: FaultCode::FieldConstant,
                message: "must be the constant of the layout: check its version".into(),
            }));
            Some(cells)
        }
        Err(fault) => {
            faults.push(fault.at(number));
            None
        }
    }
}
