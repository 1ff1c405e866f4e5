//! The conservation laws: each one names the rows that break it; none means it holds.
//!
//! The same code runs in tests, in `cardline books` and at the end of the demo. By default a run
//! looks at what changed since the run before; `whole` looks at everything. Every statement reads
//! the temporary tables `touched_*`, so that both kinds of run share one text.

pub mod balance;
pub mod replay;
pub mod run;
pub mod secret;
pub mod statements;
pub mod touched;
pub mod trace;

pub use run::{BooksReport, LawResult};
pub(crate) use touched::TRACED;

/// One law of the catalogue (numbers as agreed for the whole house).
pub struct Law {
    pub no: i64,
    pub name: &'static str,
    /// What it says, in one sentence.
    pub says: &'static str,
    /// How many things it looked at; a law without cases shows nothing.
    pub cases: &'static str,
    /// Statements that return one text column: the offending things.
    pub offending: &'static [&'static str],
}

pub use statements::LAWS;

#[cfg(test)]
mod tests {
    use cardline_core::domain::staff::Act;

    use super::*;

    #[test]
    fn laws_are_numbered_in_order_without_a_hole() {
        let numbers: Vec<i64> = LAWS.iter().map(|law| law.no).collect();
        assert_eq!(numbers, (1..=14).collect::<Vec<i64>>());
        assert!(LAWS.iter().all(|law| !law.name.is_empty() && !law.says.is_empty() && !law.cases.is_empty()));
    }

    #[test]
    fn the_law_of_four_eyes_knows_who_may_give_what() {
        let pairs = Act::ALL.into_iter().flat_map(|act| act.approvers().iter().map(move |role| (act, *role)));
        let mut said = statements::MAY_GIVE.to_owned();
        for (act, role) in pairs {
            let pair = format!("('{}', '{}')", act.code(), role.code());
            assert!(said.contains(&pair), "{pair}");
            said = said.replacen(&pair, "", 1);
        }
        assert!(!said.contains("('"), "the law allows more: {said}");
    }
}
