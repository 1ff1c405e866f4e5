//! The classes of people, and how indices fall into them.
//!
//! Invariant: an index has one class and one rank in it, found by arithmetic, and back again. So a
//! number can be derived from the rank without knowing anyone else, and a caller can ask for the
//! n-th person of a class.

use jiff::civil::Date;
use rand::RngExt;

use crate::generate::streams::{Purpose, stream};

/// Who a synthetic person is, as far as the papers and the rules care.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// Nineteen or older with a resident ID.
    Adult,
    /// Under 15 with a household book and an agent.
    ChildWithBook,
    /// Under 15 with a resident ID and an agent.
    ChildWithId,
    /// Some weeks old.
    Newborn,
    /// Between 16 and 17, with a resident ID and an agent.
    Youth,
    /// Turned 16 in the last two months: the child's card is due for renewal.
    TurnedSixteen,
    HongKongOrMacao,
    Taiwan,
    /// A foreigner with a permanent residence card: three in four of the form of 2023, one of the form before.
    Foreigner,
    /// Past eighty and cannot come: an agent acts.
    Represented,
}

/// How many of `BLOCK` consecutive people are of each class.
pub type Shares = &'static [(Class, u8)];

/// People after whom the order of classes begins again.
pub(crate) const BLOCK: u64 = 200;

impl Class {
    /// Whether someone must act for the person, who is under eighteen.
    #[must_use]
    pub fn is_minor(self) -> bool {
        use Class::{ChildWithBook, ChildWithId, Newborn, TurnedSixteen, Youth};
        matches!(self, ChildWithBook | ChildWithId | Newborn | Youth | TurnedSixteen)
    }

    /// Whether an agent acts for the person.
    #[must_use]
    pub fn has_agent(self) -> bool {
        self.is_minor() || self == Self::Represented
    }

    /// The days on which a person of this class may be born: the first, and how many there are.
    ///
    /// Disjoint for all classes with a resident's number, with room for a year of applications
    /// after `first_day` before anyone outgrows the class.
    #[must_use]
    pub fn births(self, first_day: Date) -> (Date, u64) {
        let (oldest_days, youngest_days): (i64, i64) = match self {
            Self::Adult => (29_200, 6_940),
            Self::HongKongOrMacao | Self::Taiwan | Self::Foreigner => (25_000, 8_800),
            Self::TurnedSixteen => (5_902, 5_846),
            Self::Youth => (6_200, 5_903),
            Self::ChildWithBook => (4_000, 500),
            Self::ChildWithId => (5_470, 4_001),
            Self::Newborn => (70, 11),
            Self::Represented => (33_000, 29_201),
        };
        let first = first_day.saturating_sub(jiff::Span::new().days(oldest_days));
        (first, (oldest_days - youngest_days + 1).unsigned_abs())
    }
}

/// The order of classes within a block.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    slots: Vec<Class>,
}

impl Classes {
    /// Classes in the order of their shares.
    pub fn in_order(shares: Shares) -> Self {
        let slots = shares.iter().flat_map(|(class, share)| std::iter::repeat_n(*class, usize::from(*share)));
        Self { slots: slots.collect() }
    }

    /// Classes shuffled by the seed.
    pub fn shuffled(seed: u64, shares: Shares) -> Self {
        let Self { mut slots } = Self::in_order(shares);
        let mut rng = stream(seed, Purpose::Classes, 0);
        for last in (1..slots.len()).rev() {
            let other = rng.random_range(0..=u32::try_from(last).unwrap_or(u32::MAX));
            slots.swap(last, other as usize);
        }
        Self { slots }
    }

    /// The class of an index, and its rank in the class.
    pub fn of(&self, index: u64) -> (Class, u64) {
        let slot = usize::try_from(index % BLOCK).unwrap_or(0);
        let class = self.slots.get(slot).copied().unwrap_or(Class::Adult);
        let before = self.slots.iter().take(slot).filter(|other| **other == class).count() as u64;
        (class, index / BLOCK * self.share(class) + before)
    }

    /// The index of the person of this rank in the class.
    pub fn nth(&self, class: Class, rank: u64) -> u64 {
        let before = usize::try_from(rank % self.share(class)).unwrap_or(0);
        let slot =
            self.slots.iter().enumerate().filter(|(_, other)| **other == class).nth(before).map_or(0, |(slot, _)| slot);
        rank / self.share(class) * BLOCK + slot as u64
    }

    /// Whether anybody is of the class.
    pub fn has(&self, class: Class) -> bool {
        self.slots.contains(&class)
    }

    /// Slots of a class; one for a class that does not occur, so that it can be divided by.
    fn share(&self, class: Class) -> u64 {
        (self.slots.iter().filter(|other| **other == class).count() as u64).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_and_index_are_each_others_inverse() {
        let classes = Classes::shuffled(3, crate::generate::profile::MIXED.classes);
        for index in 0..2000 {
            let (class, rank) = classes.of(index);
            assert_eq!(classes.nth(class, rank), index);
        }
    }

    #[test]
    fn births_of_residents_do_not_overlap() {
        use Class::{Adult, ChildWithBook, ChildWithId, Newborn, Represented, TurnedSixteen, Youth};
        let day = jiff::civil::date(2026, 1, 5);
        let mut spans: Vec<_> = [Represented, Adult, Youth, TurnedSixteen, ChildWithId, ChildWithBook, Newborn]
            .map(|class| class.births(day))
            .to_vec();
        spans.sort();
        for pair in spans.windows(2) {
            let end = pair[0].0.saturating_add(jiff::Span::new().days(i64::try_from(pair[0].1).unwrap()));
            assert!(end <= pair[1].0);
        }
    }
}
