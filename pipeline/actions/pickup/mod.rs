//! What an administrator does to what lies at points: windows are moved as previewed, lists made and what comes back
//! recorded.

pub mod about;
pub mod acts_of_point;
pub mod days;
pub mod lists;
pub mod places;
pub mod reassign;
pub mod refusal;
pub mod take_over;
pub mod windows;

use serde_json::Value;

use crate::actions::outcome::Instruction;
use crate::crypto::objects::sha256;
use crate::step::{Work, Worker};

/// The name of an operation by all that it is: 32 hex digits, which are no number of a person.
fn operation_name(of: &Value) -> String {
    let mut name = sha256(of.to_string().as_bytes());
    name.truncate(32);
    name
}

/// Whether who acts needs a second person for what takes two: a guest of a demo has none, nor has a ledger without users.
fn has_second(worker: &Worker) -> bool {
    worker.ledger.viewer().is_some_and(|viewer| !viewer.is_guest())
}

/// An act on a place under way, for those who see what its actor sees.
fn act_under_way(worker: &Worker, act: &'static str, place: &str, by: Instruction<'_>) -> Work {
    let of_viewer = worker.ledger.viewer().map(|viewer| (viewer.scope.bank.clone(), viewer.scope.area.clone()));
    let (bank, area) = of_viewer.unwrap_or_default();
    Work { kind: act, subject: place.into(), bank, area, actor: by.actor.into(), worker: String::new() }
}
