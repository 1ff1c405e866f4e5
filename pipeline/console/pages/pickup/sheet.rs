//! The list of a point as a sheet to print: who comes signs it. The same document is a page of the console and a file
//! of the command line, in Chinese and in English at once, for it lies on a table in a village.

use askama::Template;
use cardline::actions::pickup::lists::cells::{ListLine, card_token};
use cardline::actions::pickup::lists::make::PickupList;
use jiff::civil::Date;

use super::qr;

/// How it looks, on the screen and on paper.
const STYLE: &str = include_str!("../../assets/sheet.css");

#[derive(Template)]
#[template(path = "pickup/sheet.html")]
struct Sheet<'l> {
    list: &'l PickupList,
    made_on: Date,
    /// Inside a file; a page of the console links it.
    style: &'static str,
    with_receipts: bool,
}

impl Sheet<'_> {
    fn code(&self, line: &ListLine) -> String {
        qr::svg(&card_token(&self.list.list, line.no)).unwrap_or_default()
    }
}

/// The sheet as a page of the console.
pub(super) fn page(list: &PickupList, made_on: Date, with_receipts: bool) -> Result<String, askama::Error> {
    Sheet { list, made_on, style: "", with_receipts }.render()
}

/// The sheet as a file that needs no other.
///
/// # Errors
/// Memory is short.
pub fn document(list: &PickupList, made_on: Date, with_receipts: bool) -> Result<String, std::fmt::Error> {
    Sheet { list, made_on, style: STYLE, with_receipts }.render().map_err(|_| std::fmt::Error)
}
