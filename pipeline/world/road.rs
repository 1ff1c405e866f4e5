//! The road from people and points to our topic: some events come twice, and some come days late. What is late
//! holds up whatever follows of the same card, so that the events of one card keep their order.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;

use super::desk::{Tally, count};
use super::people::Letter;
use super::rng::Rng;
use super::setting::Setting;

/// The longest an event is under way.
const LATE_DAYS_MAX: u64 = 9;

/// What is held up.
#[derive(Default)]
pub struct Road {
    /// By card: the day on which its letters come, and the letters.
    late: BTreeMap<String, (Date, Vec<Letter>)>,
}

impl Road {
    /// What comes today, of what was sent today and before; on a day without faults all of it.
    pub fn carry(
        &mut self,
        sent: Vec<Letter>,
        (today, faults): (Date, bool),
        setting: &Setting,
        rng: Rng,
        tally: &mut Tally,
    ) -> Vec<Letter> {
        let comes = |on: Date| on <= today || !faults;
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(|(_, (on, _))| comes(*on));
        self.late = later;
        let due: BTreeMap<String, (Date, Vec<Letter>)> = due;
        let mut come: Vec<Letter> = due.into_values().flat_map(|(_, letters)| letters).collect();
        for (key, payload) in sent {
            let about = String::from_utf8_lossy(&payload).into_owned();
            if let Some((_, held_up)) = self.late.get_mut(&key) {
                held_up.push((key, payload));
            } else if faults && rng.chance("comes late", &about, setting.late_of_ten_thousand) {
                count(tally, "events that came late");
                let on =
                    today.saturating_add(Span::new().days(rng.between("late by", &about, 1, LATE_DAYS_MAX) as i64));
                self.late.insert(key.clone(), (on, vec![(key, payload)]));
            } else {
                if rng.chance("comes twice", &about, setting.twice_of_ten_thousand) {
                    count(tally, "events that came twice");
                    come.push((key.clone(), payload.clone()));
                }
                come.push((key, payload));
            }
        }
        come
    }
}
