//! Messages that are wrong as messages, for the simulation: repeats, conflicts, and what cannot be read.
//!
//! None of these is a matter for a rule; what becomes of each is said in `contract/messages.md`.

use serde_json::Value;

use super::applications::Generated;

/// What goes wrong with a message on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mishap {
    /// The same bytes again: no effect, counted.
    Repeat,
    /// The same `event_id`, `application_id` and revision with other content: a person decides.
    Conflict,
    /// Cut off in the middle: not JSON.
    NotJson,
    /// A schema nobody has agreed on: quarantined.
    WrongSchema,
}

/// All of them, in the order of `Mishap`.
pub const MISHAPS: [Mishap; 4] = [Mishap::Repeat, Mishap::Conflict, Mishap::NotJson, Mishap::WrongSchema];

/// The message a mishap makes of a good one; to be sent after it for `Repeat` and `Conflict`, instead of it otherwise.
#[must_use]
pub fn mishap(generated: &Generated, mishap: Mishap) -> String {
    match mishap {
        Mishap::Repeat => generated.json.clone(),
        Mishap::Conflict => edited(&generated.json, |message| {
            if let Some(detail) = message.pointer_mut("/holder/address/detail") {
                *detail = "另一处1号".into();
            }
        }),
        Mishap::NotJson => {
            let middle = generated.json.floor_char_boundary(generated.json.len() / 2);
            generated.json.get(..middle).unwrap_or_default().to_owned()
        }
        Mishap::WrongSchema => edited(&generated.json, |message| {
            if let Some(schema) = message.get_mut("schema") {
                *schema = "card.application.v0".into();
            }
        }),
    }
}

/// The message with one edit; unchanged when it was no JSON to begin with.
fn edited(json: &str, edit: impl FnOnce(&mut Value)) -> String {
    serde_json::from_str::<Value>(json).map_or_else(
        |_| json.to_owned(),
        |mut message| {
            edit(&mut message);
            message.to_string()
        },
    )
}
