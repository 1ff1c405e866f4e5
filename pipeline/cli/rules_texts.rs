//! Codes of rules and reasons as arguments of commands.

use cardline::route::rules_in_words::rule_in_words;

/// A code of the catalogue, in capitals, for arguments that select by it.
pub fn known_code(code: &str) -> Result<String, String> {
    let wanted = code.to_ascii_uppercase();
    if rule_in_words(&wanted).is_some() {
        Ok(wanted)
    } else {
        Err("no such reason or rule; see `cardline rules list`".into())
    }
}
