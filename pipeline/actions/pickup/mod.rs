//! What an administrator does to what lies at points: windows are moved as previewed, lists made and what comes back
//! recorded.

pub mod acts_of_point;
pub mod days;
pub mod lists;
pub mod places;
pub mod reassign;
pub mod refusal;
pub mod take_over;
pub mod windows;

use serde_json::Value;

use crate::crypto::objects::sha256;

/// The name of an operation by all that it is: 32 hex digits, which are no number of a person.
fn operation_name(of: &Value) -> String {
    let mut name = sha256(of.to_string().as_bytes());
    name.truncate(32);
    name
}
