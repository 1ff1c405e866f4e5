//! Identity numbers for synthetic people: sequence 901 to 995, and no two people share one.
//!
//! A number is (county or country, birth date, sequence); the rank of a person in the class is spread over
//! all of these by a permutation, so that different ranks give different numbers by construction.
//! Holders take sequences 901-985, agents 986-995: an agent is never a holder.

use cardline_core::domain::identity_number::check_character;
use jiff::Span;
use jiff::civil::Date;
use rand::RngExt;

use super::classes::Class;
use crate::generate::streams::{Purpose, Rng, stream};

/// Sequences of holders: first, and how many.
const HOLDERS: (u64, u64) = (901, 85);
/// Sequences of agents.
const AGENTS: std::ops::RangeInclusive<u64> = 986..=995;

/// The changing parts of a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parts {
    /// Which of the places handed in.
    pub place: usize,
    pub birth_date: Date,
    pub sequence: u64,
}

impl Parts {
    /// An odd sequence is a man's.
    pub fn is_male(self) -> bool {
        !self.sequence.is_multiple_of(2)
    }

    /// The 18 characters behind a prefix of six.
    pub fn number(self, prefix: &str) -> String {
        let mut number = format!("{prefix}{}{:03}", self.birth_date.strftime("%Y%m%d"), self.sequence);
        let check = <&[u8; 17]>::try_from(number.as_bytes()).ok().and_then(check_character);
        // Without a check character the number is left short, and every rule will say so.
        number.extend(check.map(char::from));
        number
    }

    /// The form for foreigners before 2023: country, four digits of the place, YYMMDD, two digits.
    /// Its own check is not published; the last two digits tell people apart.
    pub fn old_foreign(self, country: &str, province: &str) -> String {
        format!("{country}{province}00{}{:02}", self.birth_date.strftime("%y%m%d"), self.sequence - HOLDERS.0)
    }
}

/// The numbers of one class over a list of places.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    first_birth: Date,
    days: u64,
    size: u64,
    factor: u64,
    shift: u64,
}

impl Numbering {
    /// `stream_number` tells lists of places of one class apart.
    pub fn new(seed: u64, stream_number: u64, class: Class, first_day: Date, places: usize) -> Self {
        let (first_birth, days) = class.births(first_day);
        let size = (places.max(1) as u64) * days * HOLDERS.1;
        let mut rng = stream(seed, Purpose::Permutation, stream_number * 16 + class as u64);
        let shift = rng.random_range(0..size);
        let mut factor = rng.random_range(size / 3..size);
        while greatest_common_divisor(factor, size) != 1 {
            factor += 1;
        }
        Self { first_birth, days, size, factor, shift }
    }

    /// How many ranks have parts of their own.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The parts of the person of this rank, unique until ranks reach places × days × 85.
    pub fn parts(&self, rank: u64) -> Parts {
        // Multiplying by a number without a common factor permutes 0..size.
        let size = u128::from(self.size);
        let position = (u128::from(rank) % size * u128::from(self.factor) + u128::from(self.shift)) % size;
        let position = u64::try_from(position).unwrap_or(0);
        let (sequence, rest) = (position % HOLDERS.1, position / HOLDERS.1);
        let (day, place) = (rest % self.days, rest / self.days);
        Parts {
            place: usize::try_from(place).unwrap_or(0),
            birth_date: self.first_birth.saturating_add(Span::new().days(i64::try_from(day).unwrap_or(0))),
            sequence: HOLDERS.0 + sequence,
        }
    }
}

/// The parts of an agent some decades older than the holder, or younger when the years are negative.
pub(crate) fn agent(rng: &mut Rng, holder_birth: Date, older_years: std::ops::Range<i64>, male: bool) -> Parts {
    // Two steps: a span has one sign for all its units.
    let birth_date = holder_birth
        .saturating_sub(Span::new().years(rng.random_range(older_years)))
        .saturating_sub(Span::new().days(rng.random_range(0..365i64)));
    let sequence = rng.random_range(AGENTS);
    let sequence = if sequence.is_multiple_of(2) == male { sequence ^ 1 } else { sequence };
    Parts { place: 0, birth_date, sequence }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_ranks_share_their_parts() {
        let day = jiff::civil::date(2026, 1, 5);
        // Newborns have the fewest days: try every rank there is.
        let (_, days) = Class::Newborn.births(day);
        let numbering = Numbering::new(9, 0, Class::Newborn, day, 2);
        let seen: BTreeSet<_> = (0..days * 2 * 85)
            .map(|rank| numbering.parts(rank))
            .map(|parts| (parts.place, parts.birth_date, parts.sequence))
            .collect();
        assert_eq!(seen.len() as u64, days * 2 * 85);
        assert!(seen.iter().all(|(place, _, sequence)| *place < 2 && (901..=985).contains(sequence)));
    }

    #[test]
    fn agents_keep_to_their_sequences_and_sex() {
        let mut rng = stream(1, Purpose::Agent, 1);
        for n in 0..500 {
            let parts = agent(&mut rng, jiff::civil::date(2018, 2, 28), 22..40, n % 2 == 0);
            assert!((986..=995).contains(&parts.sequence));
            assert_eq!(parts.is_male(), n % 2 == 0);
        }
    }
}
