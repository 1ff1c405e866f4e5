//! Regions, points, banks and outlets, looked up by their codes.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use jiff::civil::Date;

use super::super::policy::Policy;
use super::region::RegionNow;
use super::table::Table;

/// What a pickup point is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointKind {
    Village,
    Community,
    ServiceCentre,
    /// A unit that hands out the cards of its people.
    Employer,
    /// A post centre from which cards are sent by mail.
    Post,
}

/// What whoever goes to a place wants to know, as far as it is known.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Opening {
    /// In words.
    pub hours: String,
    /// Cards its shelves hold.
    pub capacity: Option<u32>,
    /// Telephone of the office, never of a person.
    pub phone: String,
    /// Where it is, in words.
    pub address: String,
}

/// A photo studio whose receipt number stands in the place of a photo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Studio {
    pub name: String,
    pub region: String,
    pub opening: Opening,
}

/// A pickup point that is no bank outlet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    pub kind: PointKind,
    /// Six-digit district the point lies in.
    pub region: String,
    pub name: String,
    pub opening: Opening,
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
    pub opening: Opening,
}

/// Entries by their code. A quick hash: what stands in the tables is ours, and a sender only asks.
pub(super) type Entries<T> = HashMap<String, T, FixedState>;

/// The facts the rules look up.
#[derive(Clone, Default)]
pub struct Reference {
    pub(super) current_regions: Entries<String>,
    pub(super) historical_regions: HashSet<String, FixedState>,
    /// Of a region not in force, the regions in force that its successors lead to.
    pub(super) successors: HashMap<String, Vec<String>>,
    /// Names of streets and towns by the nine digits that the codes of their points begin with.
    pub(super) streets: Entries<String>,
    pub(super) points: Entries<Point>,
    pub(super) banks: Entries<Bank>,
    pub(super) outlets: Entries<Outlet>,
    pub(super) studios: Entries<Studio>,
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
    /// What became of a six-digit code until the day.
    pub fn region_now(&self, code: &str) -> RegionNow<'_> {
        if let Some((code, _)) = self.current_regions.get_key_value(code) {
            return RegionNow::InForce(code);
        }
        match self.successors.get(code).map(Vec::as_slice) {
            Some([one]) => RegionNow::Followed(one),
            Some([]) | None if self.was_region(code) => RegionNow::Gone,
            Some([]) | None => RegionNow::Unknown,
            Some(_) => RegionNow::Split,
        }
    }

    /// The region in force that a code names or leads to; a code without one stays as it is.
    pub fn followed<'c>(&'c self, code: &'c str) -> &'c str {
        self.region_now(code).in_force().unwrap_or(code)
    }

    /// Every abolished region with the one region that took it over, in no order.
    pub fn followed_regions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.successors.iter().filter_map(|(old, new)| match new.as_slice() {
            [one] => Some((old.as_str(), one.as_str())),
            _ => None,
        })
    }

    /// Table and code of what is here and not in a later state: points, banks and outlets that closed,
    /// and regions that no single one took over. Sorted by table and code.
    pub fn ended_in(&self, later: &Reference) -> Vec<(Table, String)> {
        let gone = |code: &str| !matches!(later.region_now(code), RegionNow::InForce(_) | RegionNow::Followed(_));
        let mut ended: Vec<(Table, String)> = Vec::new();
        let mut end = |table, code: &String| ended.push((table, code.clone()));
        self.current_regions.keys().filter(|code| gone(code)).for_each(|code| end(Table::Regions, code));
        self.points.keys().filter(|c| !later.points.contains_key(*c)).for_each(|code| end(Table::Points, code));
        self.banks.keys().filter(|c| !later.banks.contains_key(*c)).for_each(|code| end(Table::Banks, code));
        self.outlets.keys().filter(|c| !later.outlets.contains_key(*c)).for_each(|code| end(Table::Outlets, code));
        ended.sort_unstable();
        ended
    }

    /// Whether the six digits are a code of the day's GB/T 2260.
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

    /// Name and district of what a card is collected at, by its code: a pickup point, or an outlet.
    pub fn collected_at(&self, code: &str) -> Option<(&str, &str)> {
        let point = self.point(code).map(|point| (point.name.as_str(), point.region.as_str()));
        point.or_else(|| self.outlet(code).map(|outlet| (outlet.name.as_str(), outlet.region.as_str())))
    }

    /// Opening hours, shelves and telephone of what a card is collected at.
    pub fn opening(&self, code: &str) -> Option<&Opening> {
        let point = self.point(code).map(|point| &point.opening);
        point.or_else(|| self.outlet(code).map(|outlet| &outlet.opening))
    }

    /// The name of a street or town, where a list of points told it.
    pub fn street_name(&self, nine_digits: &str) -> Option<&str> {
        self.streets.get(nine_digits).map(String::as_str)
    }

    /// The authorised studio of a code.
    pub fn studio(&self, code: &str) -> Option<&Studio> {
        self.studios.get(code)
    }

    /// The authorised studios of a district, in the order of their codes.
    pub fn studios_of(&self, region: &str) -> Vec<(&str, &Studio)> {
        let there = self.studios.iter().filter(|(_, studio)| studio.region == region);
        let mut studios: Vec<_> = there.map(|(code, studio)| (code.as_str(), studio)).collect();
        studios.sort_unstable_by_key(|(code, _)| *code);
        studios
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
}
