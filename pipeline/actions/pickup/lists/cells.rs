//! The lines of such a list as a file, written for a spreadsheet. How they are read when they come back: `reading.rs`.

use cardline_core::domain::visible::inert;
use rust_xlsxwriter::XlsxError;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::workbook::{Special, workbook};
use crate::hex::hex;

/// The columns of a list; the last four are for the point to fill in.
pub const COLUMNS: [&str; 12] = [
    "list",
    "no",
    "application_id",
    "holder",
    "number_ends",
    "box",
    "last_day",
    "control",
    "handed_over_on",
    "by",
    "shown",
    "remark",
];
/// Who took the card: our word, and that of the form.
pub(super) const BY: [(&str, &str); 3] = [("holder", "本人"), ("agent", "代办人"), ("guardian", "监护人")];

/// A card on a list. The name is masked but for its first sign, of the number the last four are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListLine {
    pub no: i64,
    pub application_id: String,
    pub holder: String,
    pub number_ends: String,
    #[serde(rename = "box")]
    pub box_number: String,
    pub last_day: String,
    pub control: String,
}

/// The control sum of a line: it shows a slip or a spreadsheet's change, and keeps no secret.
pub fn control(list: &str, no: i64, application_id: &str) -> String {
    format!("C{}", hex(&Sha256::digest(format!("{list}/{no}/{application_id}"))[..4]))
}

/// What a code on a sheet says of a card: its list and its line there, and nothing about whose it is.
pub fn card_token(list: &str, no: i64) -> String {
    format!("{list}-{no}")
}

/// The operation that made the list, and the line, of a code on a sheet.
pub fn listed(token: &str) -> Option<(&str, i64)> {
    let (list, no) = token.split_once('-')?;
    Some((operation_of(list)?, no.parse().ok()?))
}

/// The operation that made a list, by the list's name.
pub fn operation_of(list: &str) -> Option<&str> {
    let is_hex = |text: &&str| text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    list.strip_prefix('L').filter(is_hex)
}

/// The list as CSV, with the mark by which spreadsheets know UTF-8.
///
/// # Errors
/// Memory is short.
pub fn written(list: &str, lines: &[ListLine]) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    file.write_record(COLUMNS)?;
    for line in lines {
        file.write_record(row(list, line))?;
    }
    file.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// The list as a workbook; who took a card is chosen from the words of the form.
///
/// # Errors
/// Memory is short.
pub fn written_as_workbook(list: &str, lines: &[ListLine]) -> Result<Vec<u8>, XlsxError> {
    let rows: Vec<Vec<String>> = lines.iter().map(|line| row(list, line).to_vec()).collect();
    let words = BY.map(|(_, form)| form);
    workbook(&COLUMNS, &rows, Special { choice: Some(("by", &words)), ..Special::default() })
}

fn row(list: &str, line: &ListLine) -> [String; COLUMNS.len()] {
    let empty = String::new;
    [
        list.into(),
        line.no.to_string(),
        line.application_id.clone(),
        inert(&line.holder).into_owned(),
        line.number_ends.clone(),
        inert(&line.box_number).into_owned(),
        line.last_day.clone(),
        line.control.clone(),
        empty(),
        empty(),
        empty(),
        empty(),
    ]
}
