//! Files to and from partners, every partner in one way.
//!
//! Out: the bytes are frozen and their digest and number committed before anything is sent
//! ([`publish`]). In: a file counts once its marker is there and agrees with it; it is parsed whole
//! ([`inbox`]) and nothing of it is applied when anything is wrong.

pub mod arriving;
pub mod clearing;
pub mod compare;
pub mod envelopes;
pub mod file_list;
pub mod files;
pub mod first_exchange;
pub mod inbox;
mod partners;
pub mod publish;
pub mod removal;
pub mod seen;
pub mod settled_notes;
pub mod strays;
pub mod transport;

pub use partners::{Partner, PartnerError, Partners, load as load_profiles};
