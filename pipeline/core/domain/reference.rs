//! What the rules need to know of the world: regions, points, banks, outlets. Loaded once, checked
//! while loading, never changed.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::outlet_code;
use super::policy::Policy;

/// What a pickup point is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointKind {
    Village,
    Community,
    ServiceCentre,
}

/// A pickup point that is no bank outlet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    pub kind: PointKind,
    /// Six-digit district the point lies in.
    pub region: String,
    pub name: String,
}

/// A partner bank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bank {
    pub name: String,
    /// Three-digit CNAPS classes its outlets begin with; a class alone names no bank.
    pub prefixes: Vec<String>,
    /// Six-digit regions it serves; empty = all.
    pub regions: Vec<String>,
}

impl Bank {
    /// Whether the bank is a partner of the region.
    pub fn serves(&self, region: &str) -> bool {
        self.regions.is_empty() || self.regions.iter().any(|served| served == region)
    }
}

/// An outlet of a partner bank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outlet {
    /// Our code of the bank.
    pub bank: String,
    pub region: String,
    pub name: String,
}

/// The CSV texts a [`Reference`] is read from.
#[derive(Clone, Copy)]
pub struct ReferenceText<'t> {
    /// Columns code, name, level, valid_from, valid_to, current.
    pub regions: &'t str,
    /// Columns code, name, region, kind.
    pub points: &'t str,
    /// Columns code, name_zh, prefixes, regions; lists are separated by spaces.
    pub banks: &'t str,
    /// Columns code, bank, region, name.
    pub outlets: &'t str,
}

/// A cell that is not what its column says. Lines count from 1 and include the header.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}.csv, line {line}, column {column}: expected {expected}")]
pub struct ReferenceFault {
    pub file: &'static str,
    pub line: u64,
    pub column: &'static str,
    pub expected: &'static str,
}

/// The facts the rules look up.
#[derive(Clone, Default)]
pub struct Reference {
    current_regions: HashMap<String, String>,
    historical_regions: HashSet<String>,
    points: HashMap<String, Point>,
    banks: HashMap<String, Bank>,
    outlets: HashMap<String, Outlet>,
}

/// The facts of one run: reference data, policy and the local date it is done on.
#[derive(Clone, Copy)]
pub struct Facts<'r> {
    pub reference: &'r Reference,
    pub policy: &'r Policy,
    /// Local date in Asia/Shanghai, handed in by whoever holds the clock.
    pub today: Date,
}

impl Reference {
    /// Reads and checks the four texts.
    ///
    /// # Errors
    /// The first cell that is not what its column says: a code of another length, an outlet whose
    /// check digit is wrong or whose bank or region is unknown, a code listed twice.
    pub fn from_csv(text: &ReferenceText<'_>) -> Result<Reference, ReferenceFault> {
        let mut reference = Reference::default();
        each_row("regions", REGIONS_COLUMNS, text.regions, |row| reference.read_region(row))?;
        each_row("points", POINTS_COLUMNS, text.points, |row| reference.read_point(row))?;
        each_row("banks", BANKS_COLUMNS, text.banks, |row| reference.read_bank(row))?;
        each_row("outlets", OUTLETS_COLUMNS, text.outlets, |row| reference.read_outlet(row))?;
        Ok(reference)
    }

    /// Whether the six digits are a code of today's GB/T 2260.
    pub fn is_current_region(&self, code: &str) -> bool {
        self.current_regions.contains_key(code)
    }

    /// The name of a current region.
    pub fn region_name(&self, code: &str) -> Option<&str> {
        self.current_regions.get(code).map(String::as_str)
    }

    /// Whether the six digits were ever a code of GB/T 2260; abolished ones stay in numbers.
    pub fn was_region(&self, code: &str) -> bool {
        self.historical_regions.contains(code)
    }

    /// The pickup point of a twelve-digit code.
    pub fn point(&self, code: &str) -> Option<&Point> {
        self.points.get(code)
    }

    /// The partner bank of our code.
    pub fn bank(&self, code: &str) -> Option<&Bank> {
        self.banks.get(code)
    }

    /// The outlet of a CNAPS code.
    pub fn outlet(&self, code: &str) -> Option<&Outlet> {
        self.outlets.get(code)
    }

    /// Every partner bank with our code, in no order.
    pub fn banks(&self) -> impl Iterator<Item = (&str, &Bank)> {
        self.banks.iter().map(|(code, bank)| (code.as_str(), bank))
    }

    /// Every outlet with its CNAPS code, in no order.
    pub fn outlets(&self) -> impl Iterator<Item = (&str, &Outlet)> {
        self.outlets.iter().map(|(code, outlet)| (code.as_str(), outlet))
    }

    /// Every pickup point with its code, in no order.
    pub fn points(&self) -> impl Iterator<Item = (&str, &Point)> {
        self.points.iter().map(|(code, point)| (code.as_str(), point))
    }

    fn read_region(&mut self, row: &Row<'_>) -> Result<(), ReferenceFault> {
        let code = row.digits(0, "code", 6, "six digits")?;
        // A code has several rows when its name changed or it was used again.
        match row.text(5) {
            "true" => {
                let name = row.text(1).to_owned();
                self.current_regions.insert(code.to_owned(), name);
            }
            "false" => {}
            _ => return Err(row.fault("current", "true or false")),
        }
        self.historical_regions.insert(code.to_owned());
        Ok(())
    }

    fn read_point(&mut self, row: &Row<'_>) -> Result<(), ReferenceFault> {
        let code = row.digits(0, "code", 12, "twelve digits")?;
        let point = Point {
            name: row.text(1).to_owned(),
            region: self.known_region(row, 2)?,
            kind: match row.text(3) {
                "village" => PointKind::Village,
                "community" => PointKind::Community,
                "service_centre" => PointKind::ServiceCentre,
                _ => return Err(row.fault("kind", "village, community or service_centre")),
            },
        };
        once(self.points.insert(code.to_owned(), point), row)
    }

    fn read_bank(&mut self, row: &Row<'_>) -> Result<(), ReferenceFault> {
        let code = row.text(0);
        if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(row.fault("code", "upper-case letters"));
        }
        let list = |place| row.text(place).split_whitespace().map(str::to_owned).collect();
        let bank = Bank { name: row.text(1).to_owned(), prefixes: list(2), regions: list(3) };
        let is_class = |prefix: &String| prefix.len() == 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
        if bank.prefixes.is_empty() || !bank.prefixes.iter().all(is_class) {
            return Err(row.fault("prefixes", "three-digit classes separated by spaces"));
        }
        if !bank.regions.iter().all(|region| self.is_current_region(region)) {
            return Err(row.fault("regions", "current six-digit regions separated by spaces"));
        }
        once(self.banks.insert(code.to_owned(), bank), row)
    }

    fn read_outlet(&mut self, row: &Row<'_>) -> Result<(), ReferenceFault> {
        let code = row.text(0);
        if !outlet_code::is_valid(code) {
            return Err(row.fault("code", "twelve digits with the right check digit"));
        }
        let bank = row.text(1);
        let known = self.banks.get(bank).ok_or(row.fault("bank", "a code of banks.csv"))?;
        if !known.prefixes.iter().any(|prefix| code.starts_with(prefix.as_str())) {
            return Err(row.fault("code", "a class of its bank as the first three digits"));
        }
        let outlet = Outlet { bank: bank.to_owned(), region: self.known_region(row, 2)?, name: row.text(3).to_owned() };
        once(self.outlets.insert(code.to_owned(), outlet), row)
    }

    fn known_region(&self, row: &Row<'_>, place: usize) -> Result<String, ReferenceFault> {
        let region = row.text(place);
        if self.is_current_region(region) {
            Ok(region.to_owned())
        } else {
            Err(row.fault("region", "a current six-digit region"))
        }
    }
}

const REGIONS_COLUMNS: &[&str] = &["code", "name", "level", "valid_from", "valid_to", "current"];

const POINTS_COLUMNS: &[&str] = &["code", "name", "region", "kind"];

const BANKS_COLUMNS: &[&str] = &["code", "name_zh", "prefixes", "regions"];

const OUTLETS_COLUMNS: &[&str] = &["code", "bank", "region", "name"];

/// One row of a file, with what an error needs to name.
struct Row<'t> {
    file: &'static str,
    line: u64,
    cells: &'t csv::StringRecord,
}

impl Row<'_> {
    fn text(&self, place: usize) -> &str {
        self.cells.get(place).unwrap_or_default()
    }

    fn digits(
        &self,
        place: usize,
        column: &'static str,
        length: usize,
        expected: &'static str,
    ) -> Result<&str, ReferenceFault> {
        let text = self.text(place);
        if text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(text)
        } else {
            Err(self.fault(column, expected))
        }
    }

    fn fault(&self, column: &'static str, expected: &'static str) -> ReferenceFault {
        ReferenceFault { file: self.file, line: self.line, column, expected }
    }
}

fn each_row(
    file: &'static str,
    columns: &[&str],
    text: &str,
    mut read: impl FnMut(&Row<'_>) -> Result<(), ReferenceFault>,
) -> Result<(), ReferenceFault> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let ragged = |fault: csv::Error| ReferenceFault {
        file,
        line: fault.position().map_or(1, csv::Position::line),
        column: "every",
        expected: "as many columns as the header",
    };
    if reader.headers().map_err(ragged)?.iter().ne(columns.iter().copied()) {
        return Err(ReferenceFault {
            file,
            line: 1,
            column: "every",
            expected: "the columns the file is described with, in that order",
        });
    }
    let mut cells = csv::StringRecord::new();
    loop {
        let more = reader.read_record(&mut cells).map_err(ragged)?;
        if !more {
            return Ok(());
        }
        let line = cells.position().map_or(1, csv::Position::line);
        read(&Row { file, line, cells: &cells })?;
    }
}

fn once<T>(before: Option<T>, row: &Row<'_>) -> Result<(), ReferenceFault> {
    match before {
        None => Ok(()),
        Some(_) => Err(row.fault("code", "a code listed once")),
    }
}

#[cfg(test)]
mod tests;
