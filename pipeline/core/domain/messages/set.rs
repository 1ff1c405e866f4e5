//! A set of the values of a message's enum, one bit each: what policies are made of, so that a rule
//! asks with one comparison and allocates nothing.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use super::application::{Channel, DocumentKind, IdType, Kind, PickupMethod};

/// An enum with fewer than 32 values.
pub trait Member: Copy {
    /// Its place among the values, from 0.
    fn place(self) -> u32;
}

macro_rules! members {
    ($($member:ident)*) => {
        $(impl Member for $member {
            fn place(self) -> u32 {
                self as u32
            }
        })*
    };
}

members!(Channel DocumentKind IdType Kind PickupMethod);

/// A set of values of one enum.
pub struct Set<M> {
    bits: u32,
    of: PhantomData<M>,
}

impl<M: Member> Set<M> {
    pub const EMPTY: Set<M> = Set { bits: 0, of: PhantomData };

    /// Every value there is.
    pub const ALL: Set<M> = Set { bits: u32::MAX, of: PhantomData };

    /// The set of these values.
    pub fn of(members: &[M]) -> Set<M> {
        members.iter().copied().collect()
    }

    pub fn has(self, member: M) -> bool {
        self.bits & (1 << member.place()) != 0
    }

    /// Whether the two share a value.
    pub fn meets(self, other: Set<M>) -> bool {
        self.bits & other.bits != 0
    }

    /// The values of either.
    pub fn with(self, other: Set<M>) -> Set<M> {
        Set { bits: self.bits | other.bits, of: PhantomData }
    }
}

impl<M: Member> FromIterator<M> for Set<M> {
    fn from_iter<I: IntoIterator<Item = M>>(members: I) -> Set<M> {
        let bits = members.into_iter().fold(0, |bits, member| bits | 1 << member.place());
        Set { bits, of: PhantomData }
    }
}

/// Read from a list of words, each as messages spell it.
impl<'de, M: Member + DeserializeOwned> Deserialize<'de> for Set<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Set<M>, D::Error> {
        Ok(Vec::<M>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl<M> Clone for Set<M> {
    fn clone(&self) -> Set<M> {
        *self
    }
}

impl<M> Copy for Set<M> {}

impl<M> PartialEq for Set<M> {
    fn eq(&self, other: &Set<M>) -> bool {
        self.bits == other.bits
    }
}

impl<M> Eq for Set<M> {}

impl<M> fmt::Debug for Set<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#b}", self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_it_was_made_of() {
        let set = Set::of(&[Channel::Website, Channel::JointBirth]);
        assert!(set.has(Channel::Website) && set.has(Channel::JointBirth) && !set.has(Channel::Counter));
        assert!(Set::ALL.has(DocumentKind::ResidencePermit) && !Set::EMPTY.has(DocumentKind::IdFront));
        assert!(set.meets(Set::of(&[Channel::Counter, Channel::Website])) && !set.meets(Set::of(&[Channel::Counter])));
        assert_eq!(set.with(Set::EMPTY), set);
    }
}
