//! One of a partner's files: its layout, and what a row of it must meet.

use std::sync::Arc;

use serde::Deserialize;

use super::codes::Codes;
use super::column::Column;
use super::kind::{Direction, FileKind};
use crate::file_formats::charset::Charset;
use crate::file_formats::fault::{FaultCode, RowFault};

/// How rows become bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Cells between delimiters, a control line first.
    Delimited,
    /// Cells padded to byte widths, a header line first.
    Fixed,
    /// The shipping manifest.
    Xml,
    /// A tar made elsewhere; the layout is that of the delimited `cards.dat` within.
    Package,
}

/// How lines may end. We write LF.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnd {
    /// LF; CRLF is a fault.
    #[default]
    Lf,
    /// LF or CRLF.
    Any,
}

/// One file of a profile. Made only by loading a profile, so it is known to be sound.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    pub kind: FileKind,
    pub direction: Direction,
    #[serde(rename = "name")]
    pub name_template: String,
    pub layout: Layout,
    #[serde(default = "vertical_bar")]
    pub delimiter: char,
    #[serde(default)]
    pub trailing_delimiter: bool,
    /// How lines may end in what we read.
    #[serde(default)]
    pub line_end: LineEnd,
    /// Suffix of the marker file, for example `.ok`.
    #[serde(default)]
    pub marker: Option<String>,
    /// The charset, where it differs from the profile's.
    #[serde(default, rename = "charset")]
    pub(crate) own_charset: Option<Charset>,
    #[serde(default)]
    pub control: Vec<Column>,
    pub columns: Vec<Column>,
    #[serde(skip)]
    pub(crate) partner: String,
    #[serde(skip)]
    pub(crate) profile_charset: Charset,
    #[serde(skip)]
    pub(crate) codes: Arc<Codes>,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rendered {
    pub rows: usize,
    pub bytes: u64,
}

const fn vertical_bar() -> char {
    '|'
}

impl FileSpec {
    /// The charset of the file.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.own_charset.unwrap_or(self.profile_charset)
    }

    /// The partner's code.
    #[must_use]
    pub fn partner(&self) -> &str {
        &self.partner
    }

    /// The code tables of the partner.
    #[must_use]
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The place of our field in a row, from 0.
    #[must_use]
    pub fn column(&self, field: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.field == field)
    }

    /// The delimiter, for layouts that have one.
    #[must_use]
    pub fn delimiter(&self) -> Option<char> {
        matches!(self.layout, Layout::Delimited | Layout::Package).then_some(self.delimiter)
    }

    /// Checks a row before it enters a batch, so that one bad row never costs a file.
    ///
    /// # Errors
    /// The first fault: the row goes to a person.
    pub fn check_row(&self, row: &[String]) -> Result<(), RowFault> {
        if row.len() != self.columns.len() {
            let message = format!("{} cells where the layout has {} columns", row.len(), self.columns.len());
            return Err(RowFault { column: 0, field: String::new(), code: FaultCode::RowColumns, message });
        }
        match self.cell_faults(&self.columns, row).next() {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// Every fault of the cells of one line.
    pub(crate) fn cell_faults<'a>(
        &'a self,
        columns: &'a [Column],
        cells: &'a [String],
    ) -> impl Iterator<Item = RowFault> + 'a {
        let cells = columns.iter().zip(cells).enumerate();
        cells.filter_map(move |(index, (column, cell))| {
            let number = index + 1;
            let cell = written(column, cell);
            let checked = column.check(number, cell, self.charset(), self.delimiter());
            checked.err().or_else(|| self.code_fault(number, column, cell))
        })
    }

    fn code_fault(&self, number: usize, column: &Column, cell: &str) -> Option<RowFault> {
        let table = column.codes.as_deref()?;
        if cell.is_empty() || self.codes.ours(table, cell).is_some() {
            return None;
        }
        Some(RowFault {
            column: number,
            field: column.field.clone(),
            code: FaultCode::FieldCode,
            message: format!("a code the profile's table {table} does not know: agree on it first"),
        })
    }
}

/// The cell as it is written: a constant stands in for an empty one.
pub(crate) fn written<'a>(column: &'a Column, cell: &'a str) -> &'a str {
    match &column.constant {
        Some(constant) if cell.is_empty() => constant,
        _ => cell,
    }
}
