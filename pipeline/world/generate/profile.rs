//! What a stretch of applications is made of: who asks, for what, by which way, and when in the day.
//!
//! A profile is data. Shares are out of `BLOCK` people; every other figure is a weight or a percentage.

use cardline_core::domain::application::{Channel, Kind, PickupMethod};

use super::classes::{Class, Shares};

/// Part of a day in which applications are approved.
#[derive(Clone, Copy, Debug)]
pub struct Hours {
    pub from_minute: u32,
    pub to_minute: u32,
    /// Out of a hundred approvals of a day.
    pub percent: u32,
}

/// One sort of day, or of campaign.
#[derive(Debug)]
pub struct Profile {
    pub name: &'static str,
    /// What it is made of, for people.
    pub about: &'static str,
    pub classes: Shares,
    /// So many in a row belong together: one region, one village, one employer, one way. 1 = nobody does.
    pub group: u64,
    /// Out of a hundred, how many follow a card of the opening stock.
    pub following_percent: u32,
    /// Kinds of those who follow a card; who has just turned 16 renews.
    pub kinds: &'static [(Kind, u32)],
    pub urgent_percent: u32,
    /// Channels of adults.
    pub channels: &'static [(Channel, u32)],
    /// How adults collect; `Village` stands for the village or community of the home.
    pub pickups: &'static [(PickupMethod, u32)],
    pub hours: &'static [Hours],
    /// Working days of approval unless set otherwise.
    pub days: u16,
}

const fn hours(from_hour: u32, to_hour: u32, percent: u32) -> Hours {
    Hours { from_minute: from_hour * 60, to_minute: to_hour * 60, percent }
}

/// Everything there is, rare things more often than in life: for trying out.
pub const MIXED: Profile = Profile {
    name: "mixed",
    about: "everything there is, rare things more often than in life: every paper, kind, lane, channel, bank, way of \
            collecting and source of photos; three in ten follow a card; 5 days, 8 to 12 and 13 to 18 o'clock",
    classes: &[
        (Class::Adult, 158),
        (Class::ChildWithBook, 14),
        (Class::ChildWithId, 8),
        (Class::Newborn, 3),
        (Class::Youth, 3),
        (Class::TurnedSixteen, 3),
        (Class::HongKongOrMacao, 2),
        (Class::Taiwan, 2),
        (Class::Foreigner, 5),
        (Class::Represented, 2),
    ],
    group: 1,
    following_percent: 30,
    kinds: &[(Kind::Replacement, 50), (Kind::Exchange, 35), (Kind::BankChange, 15)],
    urgent_percent: 6,
    channels: &[
        (Channel::Counter, 2),
        (Channel::SelfService, 1),
        (Channel::Website, 1),
        (Channel::MiniProgramme, 2),
        (Channel::BankOnline, 1),
        (Channel::BankCounter, 1),
    ],
    pickups: &[
        (PickupMethod::Village, 48),
        (PickupMethod::ServiceCentre, 18),
        (PickupMethod::BankOutlet, 22),
        (PickupMethod::Employer, 6),
        (PickupMethod::Mail, 6),
    ],
    hours: &[hours(8, 12, 55), hours(13, 18, 45)],
    days: 5,
};

/// A city's ordinary day: most cards are replaced or exchanged, first cards are for children and
/// newcomers, and approvals follow the opening hours with a rush after nine.
pub const CITY_DAY: Profile = Profile {
    name: "city-day",
    about: "an ordinary day of a city: 55 in 100 follow a card (replacements and exchanges about alike, few changes of \
            bank), first cards for children, newborns and newcomers, 8 in 100 urgent; 1 day, a rush after nine",
    classes: &[
        (Class::Adult, 160),
        (Class::ChildWithBook, 16),
        (Class::ChildWithId, 8),
        (Class::Newborn, 6),
        (Class::Youth, 2),
        (Class::TurnedSixteen, 3),
        (Class::HongKongOrMacao, 1),
        (Class::Taiwan, 1),
        (Class::Foreigner, 1),
        (Class::Represented, 2),
    ],
    group: 1,
    following_percent: 55,
    kinds: &[(Kind::Replacement, 45), (Kind::Exchange, 47), (Kind::BankChange, 8)],
    urgent_percent: 8,
    channels: &[
        (Channel::Counter, 22),
        (Channel::SelfService, 8),
        (Channel::Website, 10),
        (Channel::MiniProgramme, 35),
        (Channel::BankOnline, 10),
        (Channel::BankCounter, 15),
    ],
    pickups: &[
        (PickupMethod::Village, 34),
        (PickupMethod::ServiceCentre, 20),
        (PickupMethod::BankOutlet, 32),
        (PickupMethod::Employer, 4),
        (PickupMethod::Mail, 10),
    ],
    hours: &[
        hours(8, 9, 8),
        hours(9, 11, 34),
        hours(11, 12, 14),
        hours(12, 14, 8),
        hours(14, 16, 24),
        hours(16, 18, 12),
    ],
    days: 1,
};

/// A campaign: schools, employers and villages by groups of forty, nearly all first cards and
/// exchanges of expired ones, the approvals of a day in two heaps.
pub const WAVE: Profile = Profile {
    name: "wave",
    about: "a campaign: groups of 40 of one school, employer or village, in one region and by one way; first cards, one \
            in ten exchanged; 2 days, approvals in two heaps, after nine and after four",
    classes: &[(Class::ChildWithId, 40), (Class::ChildWithBook, 40), (Class::Adult, 120)],
    group: 40,
    following_percent: 10,
    kinds: &[(Kind::Exchange, 1)],
    urgent_percent: 0,
    channels: &[(Channel::Counter, 3), (Channel::Website, 1)],
    pickups: &[(PickupMethod::Employer, 55), (PickupMethod::Village, 45)],
    hours: &[hours(9, 10, 60), hours(16, 17, 40)],
    days: 2,
};

/// All of them.
pub const PROFILES: &[&Profile] = &[&MIXED, &CITY_DAY, &WAVE];

impl Profile {
    /// The second of the day by which so many thousandths of a day's approvals are done.
    #[must_use]
    pub fn second_of_day(&self, thousandths: u32) -> u32 {
        let mut before = 0;
        for hours in self.hours {
            let share = hours.percent * 10;
            if thousandths < before + share {
                let seconds = (hours.to_minute - hours.from_minute) * 60;
                return hours.from_minute * 60 + seconds * (thousandths - before) / share;
            }
            before += share;
        }
        self.hours.last().map_or(0, |hours| hours.to_minute * 60 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::classes::BLOCK;

    #[test]
    fn shares_and_hours_are_whole() {
        for profile in PROFILES {
            let people: u64 = profile.classes.iter().map(|(_, share)| u64::from(*share)).sum();
            assert_eq!(people, BLOCK, "{}", profile.name);
            assert_eq!(profile.hours.iter().map(|hours| hours.percent).sum::<u32>(), 100, "{}", profile.name);
            assert_eq!(BLOCK % profile.group, 0, "{}", profile.name);
        }
    }

    #[test]
    fn a_day_goes_on_through_its_hours() {
        for profile in PROFILES {
            let seconds: Vec<u32> = (0..1000).map(|n| profile.second_of_day(n)).collect();
            assert!(seconds.is_sorted());
            let is_open = |second: &u32| {
                profile.hours.iter().any(|hours| (hours.from_minute * 60..hours.to_minute * 60).contains(second))
            };
            assert!(seconds.iter().all(is_open), "{}", profile.name);
        }
    }
}
