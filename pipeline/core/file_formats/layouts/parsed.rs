//! A file as it was read: its frame is sound, and every row says which of its cells are not.
//!
//! The frame is what says that the file is whole and where each cell lies: control line, count, delimiters,
//! lengths, line ends. Where it is wrong nothing can be believed. A value that is wrong in its own column
//! costs its row and no other.

use std::collections::BTreeMap;
use std::ops::Range;

use super::codes::Answer;
use super::file::FileSpec;
use crate::file_formats::fault::{FaultCode, FileFault, RowFault};
use crate::file_formats::limits::FAULTS_MOST_COUNT;

/// A parsed file. Personal data: neither `Debug` nor `Display`.
#[derive(Default)]
pub struct Parsed {
    /// The control line by field. `count` has been checked.
    pub control: BTreeMap<String, String>,
    /// The rows, in the layout's columns and the partner's codes.
    pub rows: Vec<Vec<String>>,
    /// The line of each row.
    lines: Vec<usize>,
    /// What is wrong with single cells, in the order of the lines; bounded.
    faults: Vec<FileFault>,
    /// The cells with a fault, by the row's index: one bit a column, the first for the row as a whole.
    wrong: BTreeMap<usize, u64>,
}

/// One row, with what is known of its cells.
#[derive(Clone, Copy)]
pub struct ReadRow<'p> {
    /// The line it stands in.
    pub line: usize,
    spec: &'p FileSpec,
    cells: &'p [String],
    wrong: u64,
}

impl Parsed {
    /// Adds a row that stands in a line, with what is wrong with its cells.
    pub(crate) fn add(&mut self, line: usize, cells: Vec<String>, faults: impl Iterator<Item = RowFault>) {
        let index = self.rows.len();
        for fault in faults {
            *self.wrong.entry(index).or_default() |= bit(fault.column);
            self.list(fault.at(line));
        }
        self.rows.push(cells);
        self.lines.push(line);
    }

    /// Rows that cannot be believed for a reason that lies in no cell of theirs.
    pub(crate) fn doubt(&mut self, rows: Range<usize>) {
        for index in rows {
            *self.wrong.entry(index).or_default() |= bit(0);
        }
    }

    /// Adds a fault to the list, which is bounded.
    pub(crate) fn list(&mut self, fault: FileFault) {
        if self.faults.len() < FAULTS_MOST_COUNT {
            self.faults.push(fault);
        } else if self.faults.len() == FAULTS_MOST_COUNT {
            self.faults.push(FileFault::more());
        }
    }

    /// The rows, each with its line.
    pub fn read<'p>(&'p self, spec: &'p FileSpec) -> impl Iterator<Item = ReadRow<'p>> {
        self.rows.iter().zip(&self.lines).enumerate().map(move |(index, (cells, line))| ReadRow {
            line: *line,
            spec,
            cells,
            wrong: self.wrong.get(&index).copied().unwrap_or_default(),
        })
    }

    /// What is wrong with single cells; such rows go to a person.
    #[must_use]
    pub fn row_faults(&self) -> &[FileFault] {
        &self.faults
    }

    /// The file, where no cell has a fault.
    ///
    /// # Errors
    /// What is wrong with single cells.
    pub fn sound(self) -> Result<Self, Vec<FileFault>> {
        if self.faults.is_empty() { Ok(self) } else { Err(self.faults) }
    }
}

impl ReadRow<'_> {
    /// Our value of a field; `None` where the layout lacks it or its cell has a fault.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<String> {
        if self.is_wrong(field) { None } else { self.spec.value(self.cells, field) }
    }

    /// Whether the layout has the field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.spec.column(field).is_some()
    }

    /// Whether the cell of a field has a fault.
    #[must_use]
    pub fn is_wrong(&self, field: &str) -> bool {
        self.spec.column(field).is_some_and(|place| self.wrong & bit(place + 1) != 0)
    }

    /// Whether anything of the row has a fault.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.wrong != 0
    }

    /// Whether the cell of a field is there and empty.
    #[must_use]
    pub fn is_empty(&self, field: &str) -> bool {
        self.spec.column(field).and_then(|place| self.cells.get(place)).is_some_and(String::is_empty)
    }

    /// What the row's answer code means; `None` where the profile does not know it.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        if self.is_wrong("code") { None } else { self.spec.answer(self.cells) }
    }

    /// A fault of this row that only who knows what was asked can find.
    #[must_use]
    pub fn fault(&self, field: &str, message: &str) -> FileFault {
        FileFault {
            line: self.line,
            column: self.spec.column(field).map_or(0, |place| place + 1),
            field: field.into(),
            code: FaultCode::FieldMatch,
            message: message.into(),
        }
    }
}

/// The bit of a column, 1-based; a layout beyond 63 columns has those share the last.
fn bit(column: usize) -> u64 {
    1 << column.min(63)
}
