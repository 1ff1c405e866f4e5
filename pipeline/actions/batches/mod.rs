//! What an operator does to batches and the streams they are cut from.
//!
//! One function an action; each carries it out at once, for whoever is allowed to. Invariants: every action is
//! recorded with who, when and why in the transaction of its effect; the same action again has no second
//! effect; a refusal changes nothing; nobody reaches beyond their scope. Not here: which role may do it
//! (`people/permits.rs`), a second person's approval, and the words of a refusal.

pub mod cancel;
pub mod cut;
pub mod hold;
pub mod plan;
pub(crate) mod record;
pub mod refusal;
pub mod rows;
pub mod second_person;
pub mod shown;
pub mod split;
pub mod targets;
pub mod urgent;
