//! What an act on a place that needs a second person does, in numbers, as it was when it was asked for. It is kept with
//! the request, so that who gives it sees more than the name of an operation.

use std::fmt::{self, Display, Formatter};

use cardline_core::domain::visible::grouped;
use serde::{Deserialize, Serialize};

/// What it does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlaceAct {
    /// The digits of an area, or the code of a point.
    pub place: String,
    /// Empty where it is no point any more.
    pub name: String,
    #[serde(flatten)]
    pub change: Change,
    /// Points whose cards it touches.
    pub points: i64,
    pub shipments: i64,
    pub cards: i64,
    pub people: i64,
}

/// What it changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Change {
    /// Windows end on another day; their last days until then, the earliest and the latest.
    LastDay { from_earliest: String, from_latest: String, becomes: String },
    /// All that is at the place goes on to another point.
    Point { to: String, to_name: String },
}

impl Display for PlaceAct {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", named(&self.place, &self.name))?;
        match &self.change {
            Change::LastDay { from_earliest, from_latest, becomes } if from_earliest == from_latest => {
                write!(f, "last day {from_earliest} becomes {becomes}")?;
            }
            Change::LastDay { from_earliest, from_latest, becomes } => {
                write!(f, "last days {from_earliest} to {from_latest} become {becomes}")?;
            }
            Change::Point { to, to_name } => write!(f, "all goes on to {}", named(to, to_name))?,
        }
        let [points, shipments, cards, people] = [self.points, self.shipments, self.cards, self.people].map(grouped);
        write!(f, "; {points} points, {shipments} shipments, {cards} cards of {people} people")
    }
}

fn named(code: &str, name: &str) -> String {
    if name.is_empty() { code.into() } else { format!("{code} {name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::about::About;

    #[test]
    fn it_is_kept_and_told() {
        let of = |change| PlaceAct {
            place: "110101".into(),
            name: "Dongcheng".into(),
            change,
            points: 2,
            shipments: 3,
            cards: 1_200,
            people: 1_199,
        };
        let days = |from_latest: &str| Change::LastDay {
            from_earliest: "2026-03-10".into(),
            from_latest: from_latest.into(),
            becomes: "2026-03-06".into(),
        };
        let on = Change::Point { to: "110101001002".into(), to_name: String::new() };
        for (change, told) in [
            (days("2026-03-10"), "last day 2026-03-10 becomes 2026-03-06"),
            (days("2026-03-12"), "last days 2026-03-10 to 2026-03-12 become 2026-03-06"),
            (on, "all goes on to 110101001002"),
        ] {
            let about = of(change);
            let whole = format!("110101 Dongcheng: {told}; 2 points, 3 shipments, 1,200 cards of 1,199 people");
            assert_eq!(about.to_string(), whole);
            assert_eq!(About::of(&json!({ "about": about })), Some(About::Place(about)));
        }
        assert_eq!(About::of(&json!({ "reason": "r" })), None);
    }
}
