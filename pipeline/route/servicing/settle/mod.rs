//! Events of a card's life settled in the ledger, set by set, each with its history. An event that cannot move
//! its card is kept, encrypted; it changes nothing.
//!
//! [`waves`] settles a chunk. [`receipts`] and [`cards`] settle events of a kind,
//! [`missing`] those of cards that are not in their box, [`mail`] those of cards sent by mail ([`lying`] finds both), [`counted`] judges a receipt's count, [`hand_over`] what was shown; [`heard`] which points tell of themselves; [`effects`] is the table of what
//! each kind does; [`retire`] ends the card that a new one replaces.

mod asked;
mod cards;
mod counted;
pub(crate) mod effects;
pub(crate) mod hand_over;
mod heard;
mod kept;
mod lying;
mod mail;
mod missing;
mod receipts;
mod retire;
pub(crate) mod waves;
