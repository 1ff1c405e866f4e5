//! Which messages of the quarantine a command is about.

use cardline::quarantine::quarantined::Selection;
use cardline::time;
use clap::Args;
use jiff::civil::Date;

use super::typed_values::day;

/// Which messages; every part narrows.
#[derive(Args, Default)]
pub struct Chosen {
    /// Outcome: rejected, conflicting, quarantined or waiting
    #[arg(long, value_name = "OUTCOME", value_parser = ["rejected", "conflicting", "quarantined", "waiting"])]
    outcome: Option<String>,
    /// Region, or the first digits of it
    #[arg(long, value_name = "CODE", value_parser = digits)]
    region: Option<String>,
    /// Came on or after this date
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<Date>,
}

impl Chosen {
    /// Whether nothing narrows.
    pub fn is_all(&self) -> bool {
        self.outcome.is_none() && self.region.is_none() && self.since.is_none()
    }

    /// The selection, with ids and the code of a reason or rule.
    pub fn selection(self, ids: Vec<i64>, code: Option<String>) -> Selection {
        Selection {
            ids,
            code: code.unwrap_or_default().to_ascii_uppercase(),
            outcome: self.outcome.unwrap_or_default(),
            region: self.region.unwrap_or_default(),
            since: self.since.map_or(0, |day| time::instant(day, 0, 0).as_microsecond()),
        }
    }
}

fn digits(text: &str) -> Result<String, String> {
    let is_code = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_code { Ok(text.to_owned()) } else { Err("1 to 6 digits of a region's code".into()) }
}
