//! How an act of a person ended, whether a page or a program asked for it.

use cardline::actions::outcome::Outcome;
use cardline::people::errands::ErrandRecord;
use hyper::StatusCode;
use serde_json::json;

use crate::answer::{Answer, Refusal};

/// How it ended.
pub enum Carried {
    Done,
    /// It was so before; nothing changed now.
    Before,
    /// It waits for a second person, under this number.
    Asked(i64),
    /// A worker does it.
    Handed(Box<ErrandRecord>),
}

impl From<Outcome> for Carried {
    fn from(outcome: Outcome) -> Carried {
        match outcome {
            Outcome::Done(_) => Carried::Done,
            Outcome::Before(_) => Carried::Before,
        }
    }
}

impl Carried {
    /// As the next page's URL says it.
    pub fn word(&self) -> &'static str {
        match self {
            Carried::Done => "done",
            Carried::Before => "before",
            Carried::Asked(_) | Carried::Handed(_) => "asked",
        }
    }

    /// As a program is told.
    pub fn answer(&self) -> Result<Answer, Refusal> {
        match self {
            Carried::Done => Answer::json(&json!({ "done": true })),
            Carried::Before => Answer::json(&json!({ "done": true, "before": true })),
            Carried::Asked(approval) => {
                Answer::json_with(StatusCode::ACCEPTED, &json!({ "done": false, "approval": approval }))
            }
            Carried::Handed(errand) => {
                Answer::json_with(StatusCode::ACCEPTED, &json!({ "done": false, "errand": errand }))
            }
        }
    }
}
