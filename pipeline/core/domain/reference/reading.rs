//! Reading the tables, row by row. Every wrong cell is found, not only the first.

use std::collections::HashMap;

use jiff::civil::Date;

use super::lookup::{Bank, Opening, Outlet, Point, PointKind, Reference, Studio};
use super::region::{RegionNow, first_day, followed, last_day};
use super::table::Table;
use crate::domain::limits::MAX_REFERENCE_FAULTS_COUNT;
use crate::domain::outlet_code;

/// Digits of the code of a point that name its street or town.
const STREET_DIGITS: usize = 9;
/// The longest code of a studio.
const STUDIO_CODE_SIGNS: usize = 12;
/// The longest address of a place.
const ADDRESS_SIGNS: usize = 120;
/// Signs in which opening hours are said.
const HOURS_SIGNS: usize = 60;
/// Cards that the shelves of one place may hold: more is a slip.
const CAPACITY_MAX: u32 = 1_000_000;

/// The CSV texts a [`Reference`] is read from.
#[derive(Clone, Copy)]
pub struct ReferenceText<'t> {
    /// Columns code, name, level, valid_from, valid_to, current; optionally successor.
    pub regions: &'t str,
    /// Columns code, name, region, kind; optionally closed_on, street, hours, capacity, phone, address.
    pub points: &'t str,
    /// Columns code, name_zh, prefixes, regions; optionally closed_on. Lists are separated by spaces.
    pub banks: &'t str,
    /// Columns code, bank, region, name; optionally closed_on, hours, capacity, phone.
    pub outlets: &'t str,
    /// Columns code, name, region, address; optionally closed_on, hours, phone.
    pub studios: &'t str,
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

/// What reading the tables led to.
#[derive(Default)]
pub struct Loading {
    pub reference: Reference,
    /// Cells that are not what their column says, in the order of the tables and lines; at most
    /// [`MAX_REFERENCE_FAULTS_COUNT`].
    pub faults: Vec<ReferenceFault>,
    /// Points and outlets left out because their region is gone and has no one successor, or because
    /// their bank is unknown or closed.
    pub stranded: Vec<ReferenceFault>,
    /// Points and outlets that were followed to the region which took over theirs: table and code.
    pub followed: Vec<(Table, String)>,
    /// What each region says of its successors, and the fault it would be if they were not known.
    successors: HashMap<String, (ReferenceFault, Vec<String>)>,
}

impl Reference {
    /// Reads and checks the texts, with every date in them taken as past.
    ///
    /// # Errors
    /// The first cell that is not what its column says: a code of another length, an outlet whose
    /// check digit is wrong or whose bank or region is unknown, a code listed twice.
    pub fn from_csv(text: &ReferenceText<'_>) -> Result<Reference, ReferenceFault> {
        Reference::on(Date::MAX, text)
    }

    /// As [`Reference::from_csv`], as it stands on a day. A point or outlet in a region that is gone
    /// and has no one successor is left out.
    pub fn on(day: Date, text: &ReferenceText<'_>) -> Result<Reference, ReferenceFault> {
        let loading = Reference::load(day, text);
        match loading.faults.into_iter().next() {
            Some(fault) => Err(fault),
            None => Ok(loading.reference),
        }
    }

    /// Reads the texts as they stand on a day, and reports everything that is wrong with them.
    pub fn load(day: Date, text: &ReferenceText<'_>) -> Loading {
        let mut loading = Loading::default();
        loading.table(Table::Regions, text.regions, |loading, row| loading.region(row, day));
        loading.follow();
        loading.table(Table::Points, text.points, |loading, row| loading.point(row, day));
        loading.table(Table::Banks, text.banks, |loading, row| loading.bank(row, day));
        loading.table(Table::Outlets, text.outlets, |loading, row| loading.outlet(row, day));
        loading.table(Table::Studios, text.studios, |loading, row| loading.studio(row, day));
        loading
    }
}

type Read<T = ()> = Result<T, ReferenceFault>;

impl Loading {
    fn table(&mut self, table: Table, text: &str, mut read: impl FnMut(&mut Loading, &Row<'_>) -> Option<()>) {
        // The optional columns may be missing in the header, and in single rows.
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let (least, most) = (table.columns().len(), table.columns().len() + table.optional().len());
        let header = reader.headers().map(|header| {
            let known = table.columns().iter().chain(table.optional());
            header.len() >= least && header.len() <= most && header.iter().zip(known).all(|(one, other)| one == *other)
        });
        let whole = |line, expected| ReferenceFault { file: table.name(), line, column: "every", expected };
        if !header.unwrap_or(false) {
            return self.fault(whole(1, "the columns the file is described with, in that order"));
        }
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut cells = csv::StringRecord::new();
        loop {
            let line = reader.position().line();
            match reader.read_record(&mut cells) {
                Ok(false) => return,
                Err(_) => return self.fault(whole(line, "UTF-8")),
                Ok(true) => {}
            }
            let row = Row { table, line: cells.position().map_or(line, csv::Position::line), cells: &cells };
            if cells.len() < least || cells.len() > most {
                self.fault(whole(row.line, "as many columns as the header"));
                continue;
            }
            // A region has several rows when its name changed or its code was used again.
            if table != Table::Regions && seen.insert(row.text(0).to_owned(), row.line).is_some() {
                self.fault(row.fault("code", "a code listed once"));
            }
            read(self, &row);
        }
    }

    /// What a cell says; a wrong one is reported, and the cells after it are read all the same.
    fn cell<T>(&mut self, read: Read<T>) -> Option<T> {
        read.map_err(|fault| self.fault(fault)).ok()
    }

    fn fault(&mut self, fault: ReferenceFault) {
        if self.faults.len() < MAX_REFERENCE_FAULTS_COUNT {
            self.faults.push(fault);
        }
    }

    fn region(&mut self, row: &Row<'_>, day: Date) -> Option<()> {
        let code = self.cell(row.digits(0, "code", 6, "six digits"));
        let dated = "a year or a date such as 2026-07-01, or nothing";
        let from = self.cell(first_day(row.text(3)).ok_or(row.fault("valid_from", dated)));
        let to = self.cell(last_day(row.text(4)).ok_or(row.fault("valid_to", dated)));
        let listed = self.cell(match row.text(5) {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(row.fault("current", "true or false")),
        });
        let successors: Vec<String> = row.text(6).split_whitespace().map(str::to_owned).collect();
        let fault = row.fault("successor", "six-digit codes of other regions, separated by spaces");
        if !successors.iter().all(|next| is_digits(next, 6) && next != row.text(0)) {
            self.fault(fault);
            return None;
        }
        let code = code?;
        self.reference.historical_regions.insert(code.to_owned());
        if !successors.is_empty() {
            let fault = row.fault("successor", "codes that have a line of their own");
            self.successors.insert(code.to_owned(), (fault, successors));
        }
        // A code has several lines when its name changed or it was used again; one of them counts.
        let in_force = listed? && from? <= day && day <= to?;
        if in_force && self.reference.current_regions.insert(code.to_owned(), row.text(1).to_owned()).is_some() {
            self.fault(row.fault("code", "one line in force for each code"));
        }
        Some(())
    }

    /// Successors are followed once all regions are read.
    fn follow(&mut self) {
        let (mut named, mut faults) = (HashMap::new(), Vec::new());
        for (old, (fault, successors)) in std::mem::take(&mut self.successors) {
            if successors.iter().all(|next| self.reference.was_region(next)) {
                named.insert(old, successors);
            } else {
                faults.push(fault);
            }
        }
        faults.sort_by_key(|fault| fault.line);
        faults.into_iter().for_each(|fault| self.fault(fault));
        let in_force = |code: &str| self.reference.current_regions.contains_key(code);
        let found = followed(&named, in_force);
        self.reference.successors = found;
    }

    fn point(&mut self, row: &Row<'_>, day: Date) -> Option<()> {
        let code = self.cell(row.digits(0, "code", 12, "twelve digits"));
        let kind = self.cell(match row.text(3) {
            "village" => Ok(PointKind::Village),
            "community" => Ok(PointKind::Community),
            "service_centre" => Ok(PointKind::ServiceCentre),
            "employer" => Ok(PointKind::Employer),
            "post" => Ok(PointKind::Post),
            _ => Err(row.fault("kind", "village, community, service_centre, employer or post")),
        });
        let open = self.cell(row.is_open(4, day));
        let opening = self.opening(row);
        let region = self.region_of(row, row.text(0), open.unwrap_or(false));
        let street = row.optional("street");
        let point = Point { name: row.text(1).to_owned(), region: region?, kind: kind?, opening: opening? };
        let code = code?;
        if let (false, Some(nine)) = (street.is_empty(), code.get(..STREET_DIGITS)) {
            // Imported lines stand behind those that are built in.
            self.reference.streets.insert(nine.to_owned(), street.to_owned());
        }
        self.reference.points.insert(code.to_owned(), point);
        Some(())
    }

    fn bank(&mut self, row: &Row<'_>, day: Date) -> Option<()> {
        let code = row.text(0);
        let is_code = code.len() <= 12
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let expected = "an upper-case letter, and up to eleven more or digits";
        let code = self.cell(is_code.then_some(code).ok_or(row.fault("code", expected)));
        let prefixes: Vec<String> = row.text(2).split_whitespace().map(str::to_owned).collect();
        let are_classes = !prefixes.is_empty() && prefixes.iter().all(|prefix| is_digits(prefix, 3));
        let expected = row.fault("prefixes", "three-digit classes separated by spaces");
        let prefixes = self.cell(are_classes.then_some(prefixes).ok_or(expected));
        let named: Vec<&str> = row.text(3).split_whitespace().collect();
        if named.iter().any(|region| !self.reference.was_region(region)) {
            self.fault(row.fault("regions", "current six-digit regions separated by spaces"));
        }
        // A region that is gone stays in the list: an empty list would mean every region.
        let regions = named.iter().map(|region| self.reference.followed(region).to_owned()).collect();
        let open = self.cell(row.is_open(4, day))?;
        let bank = Bank { name: row.text(1).to_owned(), prefixes: prefixes?, regions };
        if open {
            self.reference.banks.insert(code?.to_owned(), bank);
        }
        Some(())
    }

    fn outlet(&mut self, row: &Row<'_>, day: Date) -> Option<()> {
        let code = row.text(0);
        let is_code = outlet_code::is_valid(code);
        if !is_code {
            self.fault(row.fault("code", "twelve digits with the right check digit"));
        }
        let open = self.cell(row.is_open(4, day));
        let bank = row.text(1);
        let Some(known) = self.reference.bank(bank) else {
            if open? {
                // An outlet is closed with its bank.
                self.stranded.push(row.fault("bank", "a code of banks.csv whose bank is not closed"));
            }
            return None;
        };
        if is_code && !known.prefixes.iter().any(|prefix| code.starts_with(prefix.as_str())) {
            self.fault(row.fault("code", "a class of its bank as the first three digits"));
        }
        let opening = self.opening(row);
        let region = self.region_of(row, code, open.unwrap_or(false))?;
        let outlet = Outlet { bank: bank.to_owned(), region, name: row.text(3).to_owned(), opening: opening? };
        self.reference.outlets.insert(code.to_owned(), outlet);
        Some(())
    }

    fn studio(&mut self, row: &Row<'_>, day: Date) -> Option<()> {
        let code = row.text(0);
        let is_code = (1..=STUDIO_CODE_SIGNS).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let code =
            self.cell(is_code.then_some(code).ok_or(row.fault("code", "upper-case letters and digits, up to twelve")));
        let open = self.cell(row.is_open(4, day));
        let opening = self.opening(row);
        let region = self.region_of(row, row.text(0), open.unwrap_or(false));
        let studio = Studio { name: row.text(1).to_owned(), region: region?, opening: opening? };
        self.reference.studios.insert(code?.to_owned(), studio);
        Some(())
    }

    /// What is known of when a place is open, what it holds, how it is called and where it is.
    fn opening(&mut self, row: &Row<'_>) -> Option<Opening> {
        let hours = self.short(row, ("hours", HOURS_SIGNS), "up to sixty signs");
        let capacity = self.cell(match row.optional("capacity") {
            "" => Ok(None),
            text => match text.parse::<u32>() {
                Ok(cards @ 1..=CAPACITY_MAX) => Ok(Some(cards)),
                _ => Err(row.fault("capacity", "cards its shelves hold, from 1 to 1000000, or nothing")),
            },
        });
        let phone = row.optional("phone");
        let expected = "digits with hyphens or spaces between, of an office and not of a mobile telephone, or nothing";
        let phone = self.cell(is_office_phone(phone).then_some(phone).ok_or(row.fault("phone", expected)));
        let address = self.short(row, ("address", ADDRESS_SIGNS), "up to 120 signs");
        Some(Opening { hours: hours?, capacity: capacity?, phone: phone?.to_owned(), address: address? })
    }

    /// A text of at most so many signs.
    fn short(
        &mut self,
        row: &Row<'_>,
        (column, most): (&'static str, usize),
        expected: &'static str,
    ) -> Option<String> {
        let text = row.optional(column);
        let is_short = text.chars().count() <= most;
        self.cell(is_short.then(|| text.to_owned()).ok_or(row.fault(column, expected)))
    }

    /// The region in force of a point, an outlet or a studio that is open; `None` when either is gone.
    fn region_of(&mut self, row: &Row<'_>, code: &str, open: bool) -> Option<String> {
        match self.reference.region_now(row.text(2)) {
            RegionNow::Unknown => self.cell(Err(row.fault("region", "a current six-digit region"))),
            _ if !open => None,
            RegionNow::InForce(now) => Some(now.to_owned()),
            RegionNow::Followed(now) => {
                let now = now.to_owned();
                self.followed.push((row.table, code.to_owned()));
                Some(now)
            }
            RegionNow::Split | RegionNow::Gone => {
                self.stranded.push(row.fault("region", "a six-digit region in force, or one with a single successor"));
                None
            }
        }
    }
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A mobile telephone is a person's, and a person's number stands in no list.
fn is_office_phone(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_mobile = |digits: &str| {
        let own = digits.trim_start_matches('0');
        let own = own.strip_prefix("86").unwrap_or(own);
        own.len() >= 11 && own.starts_with('1')
    };
    let has_mobile = is_mobile(&digits) || text.split(['-', ' ']).any(is_mobile);
    let is_spelled = text.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '-' | ' '));
    text.is_empty() || is_spelled && (5..=20).contains(&digits.len()) && text.len() <= 24 && !has_mobile
}

/// One row of a table, with what an error needs to name.
struct Row<'t> {
    table: Table,
    line: u64,
    cells: &'t csv::StringRecord,
}

impl Row<'_> {
    fn text(&self, place: usize) -> &str {
        self.cells.get(place).unwrap_or_default()
    }

    /// A cell of a column that a file may lack.
    fn optional(&self, column: &str) -> &str {
        self.table.place(column).map_or("", |place| self.text(place))
    }

    fn digits(
        &self,
        place: usize,
        column: &'static str,
        length: usize,
        expected: &'static str,
    ) -> Result<&str, ReferenceFault> {
        if is_digits(self.text(place), length) { Ok(self.text(place)) } else { Err(self.fault(column, expected)) }
    }

    /// Whether the day lies before the one named in the column `closed_on`.
    fn is_open(&self, place: usize, day: Date) -> Result<bool, ReferenceFault> {
        match self.text(place) {
            "" => Ok(true),
            text => match text.parse::<Date>() {
                Ok(closed_on) => Ok(day < closed_on),
                Err(_) => Err(self.fault("closed_on", "a date such as 2026-07-01, or nothing")),
            },
        }
    }

    fn fault(&self, column: &'static str, expected: &'static str) -> ReferenceFault {
        ReferenceFault { file: self.table.name(), line: self.line, column, expected }
    }
}
