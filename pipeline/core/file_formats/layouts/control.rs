//! The control line: what the file is, and how many rows it has.

use std::collections::BTreeMap;

use super::column::Column;
use super::file::{FileSpec, written};
use crate::file_formats::fault::{FaultCode, FileFault, RenderFault};

/// The cells of the control line; count, kind and partner are filled in.
pub(crate) fn cells(
    spec: &FileSpec,
    control: &BTreeMap<String, String>,
    rows: usize,
) -> Result<Vec<String>, RenderFault> {
    let cell = |column: &Column| {
        let given = control.get(&column.field).cloned().unwrap_or_default();
        if !written(column, &given).is_empty() {
            return written(column, &given).to_owned();
        }
        match column.field.as_str() {
            "count" => rows.to_string(),
            "kind" => spec.kind.name().to_owned(),
            "partner" => spec.partner.clone(),
            _ => given,
        }
    };
    let cells: Vec<String> = spec.control.iter().map(cell).collect();
    if count(spec, &cells).is_some_and(|count| count != rows) {
        return Err(RenderFault::Count { rows });
    }
    let first = spec.cell_faults(&spec.control, &cells).next();
    first.map_or(Ok(cells), |fault| Err(RenderFault::Control(fault)))
}

/// Where a received control line contradicts the profile or the rows that follow it.
pub(crate) fn faults(spec: &FileSpec, cells: &[String], rows: usize) -> Vec<FileFault> {
    let mut faults = Vec::new();
    for (index, (column, cell)) in spec.control.iter().zip(cells).enumerate() {
        let mut push = |code, message: String| {
            faults.push(FileFault { line: 1, column: index + 1, field: column.field.clone(), code, message });
        };
        match column.field.as_str() {
            "kind" if column.constant.is_none() && cell != spec.kind.name() => {
                push(FaultCode::FileKind, format!("the file must be of kind {}", spec.kind.name()))
            }
            "partner" if column.constant.is_none() && *cell != spec.partner => {
                push(FaultCode::FilePartner, format!("the file must be of partner {}", spec.partner))
            }
            "count" if cell.parse() != Ok(rows) => push(
                FaultCode::FileCount,
                format!("the file has {rows} rows, another count is stated: send it again whole"),
            ),
            _ => {}
        }
    }
    faults
}

/// The count the cells state, when they do.
fn count(spec: &FileSpec, cells: &[String]) -> Option<usize> {
    let place = spec.control.iter().position(|column| column.field == "count")?;
    cells.get(place)?.parse().ok()
}
