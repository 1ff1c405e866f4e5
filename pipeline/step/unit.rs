//! What a step is run over, and what a look at it gives.

use crate::store::Lease;

/// Whether a unit found something to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ran {
    /// There was nothing to do.
    Idle,
    /// Another worker has it now.
    Busy,
    /// It was done by the time it was ours; there may be more behind it.
    Settled,
    Did,
}

/// What a look at a unit gave.
pub enum Claim<T> {
    Taken(T),
    /// There is nothing to do.
    Nothing,
    /// Another worker has it now.
    Busy,
    /// It was done by the time it was ours; there may be more behind it.
    Settled,
}

impl<T> Claim<T> {
    /// Taken with its lease, or busy where another worker has that.
    pub fn under(lease: Option<Lease>, taken: impl FnOnce(Lease) -> T) -> Claim<T> {
        lease.map_or(Claim::Busy, |lease| Claim::Taken(taken(lease)))
    }

    /// The same of another type, where nothing was taken.
    pub fn without<U>(self) -> Claim<U> {
        match self {
            Claim::Busy => Claim::Busy,
            Claim::Settled => Claim::Settled,
            Claim::Nothing | Claim::Taken(_) => Claim::Nothing,
        }
    }

    /// What was taken, if anything was.
    pub fn taken(self) -> Option<T> {
        match self {
            Claim::Taken(taken) => Some(taken),
            Claim::Nothing | Claim::Busy | Claim::Settled => None,
        }
    }
}

/// What was found, or nothing.
impl<T> From<Option<T>> for Claim<T> {
    fn from(found: Option<T>) -> Claim<T> {
        found.map_or(Claim::Nothing, Claim::Taken)
    }
}

/// Something that may fail without the rest: a partner's file, a stream of batches, a message.
pub trait Unit: Send + Sync {
    /// Whose it is; none where it concerns no single partner.
    fn partner(&self) -> Option<&str> {
        None
    }
    /// Its name in its step, such as a path or a stream; none for a step that has a single unit.
    fn name(&self) -> Option<String> {
        None
    }
    /// What its lease is about. Those that are alike are worked one after the other, in their order.
    fn turn(&self) -> Option<String> {
        self.name()
    }
}

/// The single unit of a step that cannot be divided.
pub struct Whole;

impl Unit for Whole {}
