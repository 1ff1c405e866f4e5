//! Rows as a workbook of Excel: every cell but a count is text, so that the spreadsheet makes no number and no day of
//! it, and so are the cells that are filled in later.

use rust_xlsxwriter::{DataValidation, Format, FormatBorder, Workbook, Worksheet, XlsxError};

/// The narrowest and the widest column, in signs.
const WIDTH_SIGNS: (usize, usize) = (10, 60);
/// A4 of the spreadsheet's papers.
const PAPER: u8 = 9;
/// The spreadsheet's own format of a cell that is text, whatever is typed into it.
const AS_TEXT: u8 = 49;

/// Columns that are not plain text.
#[derive(Clone, Copy, Default)]
pub struct Special<'c> {
    /// A column whose words are chosen from these.
    pub choice: Option<(&'c str, &'c [&'c str])>,
    /// Columns of counts, with which the spreadsheet reckons.
    pub counts: &'c [&'c str],
}

/// The rows under their columns, on one sheet. The columns stay in sight, and stand on every printed page.
///
/// # Errors
/// There are more rows than a sheet holds.
pub fn workbook(columns: &[&str], rows: &[Vec<String>], special: Special<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let head = Format::new().set_bold().set_num_format_index(AS_TEXT).set_border_bottom(FormatBorder::Thin);
    let text = Format::new().set_num_format_index(AS_TEXT);
    let count = Format::new();
    for (place, name) in (0u16..).zip(columns) {
        let cells = || rows.iter().filter_map(|row| row.get(usize::from(place)));
        let widest = cells().map(|cell| signs(cell)).chain([signs(name)]).max().unwrap_or_default() + 2;
        sheet.set_column_width(place, widest.clamp(WIDTH_SIGNS.0, WIDTH_SIGNS.1) as f64)?;
        let is_count = special.counts.contains(name);
        sheet.set_column_format(place, if is_count { &count } else { &text })?;
        sheet.write_string_with_format(0, place, *name, &head)?;
        for (line, cell) in (1u32..).zip(rows).filter_map(|(line, row)| Some((line, row.get(usize::from(place))?))) {
            match cell.parse::<i32>() {
                Ok(number) if is_count => sheet.write_number_with_format(line, place, number, &count)?,
                _ => sheet.write_string_with_format(line, place, cell, &text)?,
            };
        }
    }
    let last = rows.len() as u32;
    if let (Some((column, words)), 1..) = (special.choice, last) {
        let known = DataValidation::new().allow_list_strings(words)?;
        for (place, _) in (0u16..).zip(columns).filter(|(_, name)| **name == column) {
            sheet.add_data_validation(1, place, last, place, &known)?;
        }
    }
    printed(sheet, columns.len() as u16)?;
    book.save_to_buffer()
}

fn printed(sheet: &mut Worksheet, columns: u16) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    if columns > 0 {
        sheet.set_print_fit_to_pages(1, 0);
    }
    sheet.set_paper_size(PAPER).set_landscape();
    Ok(())
}

/// How wide a text is: signs of Chinese take two places.
fn signs(text: &str) -> usize {
    text.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum()
}
