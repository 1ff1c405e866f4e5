//! The rows of a list that came back as a workbook of Excel.
//!
//! A workbook is a zip of XML that a stranger may have made: it is measured before it is opened, read cell by cell, and
//! ends where it has more than any list. A cell is taken only as the text it shows: what Excel holds as a number, a day
//! or a formula is another value than the one that was written, and is told with its row and column.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, copy, sink};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Dimensions, Reader as _, SheetType, Xlsx, XlsxError};

use super::rows::{Cell, FileRow};
use crate::actions::imports::reference_file::RowFault;
use crate::limits::{
    WORKBOOK_BYTES_MAX, WORKBOOK_CELL_BYTES_MAX, WORKBOOK_CELLS_MAX, WORKBOOK_PARTS_MAX, WORKBOOK_UNPACKED_BYTES_MAX,
};

/// A zip, even one without a part, and what Excel wraps an encrypted workbook in.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// Merged cells are marked up to this column; a list has twelve.
const COLUMNS_MAX: u32 = 63;
/// The largest whole number that is the same as a number of Excel and as text.
const WHOLE_MAX: f64 = 999_999_999.0;

/// Whether the bytes begin as a workbook does, of this or of an older kind.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(COMPOUND) || ZIP.iter().any(|mark| bytes.starts_with(mark))
}

/// The rows of its only sheet with cells.
///
/// # Errors
/// It is encrypted, of an older kind, cut off or far larger than a list, or several of its sheets have cells.
pub fn rows(bytes: &[u8]) -> Result<Vec<FileRow>, RowFault> {
    if bytes.starts_with(COMPOUND) {
        return Err(whole("is encrypted or a workbook of the kind before 2007; save it as .xlsx without a password"));
    }
    // The library walks what a stranger wrote; whatever it stumbles over, the file is what is wrong.
    let read = catch_unwind(AssertUnwindSafe(|| measured(bytes).and_then(|_| cells(bytes))));
    read.unwrap_or_else(|_| Err(unreadable()))
}

fn whole(message: impl Into<String>) -> RowFault {
    RowFault { line: 0, column: String::new(), message: message.into() }
}

fn unreadable() -> RowFault {
    whole("is a zip and no workbook of Excel that can be read, or one that was cut off; save it anew as .xlsx")
}

fn too_large() -> RowFault {
    whole("is larger than any list; export the list anew and fill in nothing beside it")
}

/// Unpacks every part once without keeping it: what a part says of its own size is not believed.
fn measured(bytes: &[u8]) -> Result<(), RowFault> {
    if bytes.len() as u64 > WORKBOOK_BYTES_MAX {
        return Err(too_large());
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    if archive.len() > WORKBOOK_PARTS_MAX {
        return Err(too_large());
    }
    let mut left = WORKBOOK_UNPACKED_BYTES_MAX;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| unreadable())?;
        left -= copy(&mut part.take(left), &mut sink()).map_err(|_| unreadable())?;
        if left == 0 {
            return Err(too_large());
        }
    }
    Ok(())
}

type Sheet = BTreeMap<u32, BTreeMap<u32, Cell>>;

fn cells(bytes: &[u8]) -> Result<Vec<FileRow>, RowFault> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let sheets: Vec<(usize, String)> = (1..)
        .zip(book.sheets_metadata())
        .filter(|(_, sheet)| sheet.typ == SheetType::WorkSheet)
        .map(|(no, sheet)| (no, sheet.name.clone()))
        .collect();
    let mut only: Option<Sheet> = None;
    for (no, name) in sheets {
        let mut sheet = sheet_cells(&mut book, &name)?;
        if sheet.is_empty() {
            continue;
        }
        if only.is_some() {
            return Err(whole(format!("has cells on sheet {no} too; keep one sheet, that of the list")));
        }
        let merged = book.merge_cells_by_sheet_name(&name).map_err(|_| unreadable())?;
        let mut marked = 0;
        for region in merged {
            marked += mark_merged(&mut sheet, &region);
            if marked > WORKBOOK_CELLS_MAX {
                return Err(too_large());
            }
        }
        only = Some(sheet);
    }
    let row = |(row, cells): (u32, BTreeMap<u32, Cell>)| {
        FileRow::new(row as usize + 1, cells.into_iter().map(|(place, cell)| (place as usize, cell)))
    };
    Ok(only.unwrap_or_default().into_iter().map(row).collect())
}

fn sheet_cells(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Sheet, RowFault> {
    let mut sheet = Sheet::new();
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A sheet that is a chart has no cells.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(sheet),
        Err(_) => return Err(unreadable()),
    };
    let mut count = 0;
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(|_| unreadable())? {
        let cell = if record.formula.is_some() {
            Err("is a formula; put its value there, as text")
        } else {
            said(&record.value)
        };
        if cell.as_ref().is_ok_and(String::is_empty) {
            continue;
        }
        count += 1;
        if count > WORKBOOK_CELLS_MAX {
            return Err(too_large());
        }
        let (row, column) = record.pos;
        if sheet.entry(row).or_default().insert(column, cell).is_some() {
            return Err(unreadable());
        }
    }
    Ok(sheet)
}

/// What a cell says, where it is text.
fn said(value: &DataRef<'_>) -> Cell {
    let text = |text: &str| match text.len() {
        0..=WORKBOOK_CELL_BYTES_MAX => Ok(text.to_owned()),
        _ => Err("is far longer than anything that stands there"),
    };
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::String(own) => text(own),
        DataRef::SharedString(shared) => text(shared),
        // A small whole number is the same as its text: a person may have numbered the lines anew.
        DataRef::Int(number) if (0..=WHOLE_MAX as i64).contains(number) => Ok(number.to_string()),
        DataRef::Float(number) if (0.0..=WHOLE_MAX).contains(number) && number.fract() == 0.0 => {
            Ok((*number as i64).to_string())
        }
        DataRef::Int(_) | DataRef::Float(_) => Err(
            "is a number of the spreadsheet, which keeps fifteen digits: export the list anew, with this column as text",
        ),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Err(
            "is a date cell, in which the spreadsheet may have turned day and month; write it as text, its year first, as 2026-02-10",
        ),
        DataRef::Bool(_) => Err("is true or false of the spreadsheet; write it as text"),
        DataRef::Error(_) => Err("is an error of the spreadsheet; write it as text"),
    }
}

/// Marks what is merged, and tells how many cells that are: of merged cells only the first is kept.
fn mark_merged(sheet: &mut Sheet, region: &Dimensions) -> usize {
    let (top, bottom) = (region.start.0, region.end.0.max(region.start.0));
    let (left, right) = (region.start.1, region.end.1.max(region.start.1).min(COLUMNS_MAX));
    let mut count = 0;
    for (_, cells) in sheet.range_mut(top..=bottom) {
        for place in left..=right {
            count += 1;
            cells.insert(place, Err("is merged with others, whose values are gone; undo that and fill them in again"));
        }
    }
    count
}
