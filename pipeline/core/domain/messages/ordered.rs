//! A quick look at a message: an application whose members stand as `application` lists them, without
//! spaces, escapes or members we do not know, is read as it stands.
//!
//! Programs write their members in one order, so nearly every message is read here. Any other is not
//! refused but left to the parser, which alone says what is wrong: what is read here, it reads alike
//! (a property test holds the two together).

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use super::application::*;
use crate::domain::text::Text;
use crate::domain::texts::scan::Reader;

/// The application, if the whole text is one as described above.
pub fn read(text: &str) -> Option<Application<'_>> {
    let mut reader = Reader { rest: text };
    let application = Application::read(&mut reader)?;
    reader.rest.is_empty().then_some(application)
}

/// What can be read from the front of what is left; `None`: the parser shall look.
trait InOrder<'t>: Sized {
    fn read(reader: &mut Reader<'t>) -> Option<Self>;

    /// The value behind `key`.
    #[inline(always)]
    fn member(reader: &mut Reader<'t>, key: &str) -> Option<Self> {
        reader.sign(key)?;
        Self::read(reader)
    }
}

impl<'t> InOrder<'t> for Text<'t> {
    #[inline(always)]
    fn read(reader: &mut Reader<'t>) -> Option<Self> {
        reader.string().map(Text::from)
    }
}

impl<'t> InOrder<'t> for u32 {
    #[inline(always)]
    fn read(reader: &mut Reader<'t>) -> Option<Self> {
        reader.number()
    }
}

impl<'t> InOrder<'t> for u64 {
    #[inline(always)]
    fn read(reader: &mut Reader<'t>) -> Option<Self> {
        reader.number().map(u64::from)
    }
}

impl<'t> InOrder<'t> for bool {
    #[inline(always)]
    fn read(reader: &mut Reader<'t>) -> Option<Self> {
        if reader.sign("true").is_some() { Some(true) } else { reader.sign("false").map(|()| false) }
    }
}

impl<'t, T: InOrder<'t>> InOrder<'t> for Option<T> {
    #[inline(always)]
    fn read(reader: &mut Reader<'t>) -> Option<Self> {
        if reader.sign("null").is_some() { Some(None) } else { T::read(reader).map(Some) }
    }

    /// May be left out.
    #[inline(always)]
    fn member(reader: &mut Reader<'t>, key: &str) -> Option<Self> {
        if reader.sign(key).is_some() { Self::read(reader) } else { Some(None) }
    }
}

impl<'t, T: InOrder<'t>> InOrder<'t> for Vec<T> {
    #[inline(always)]
    fn read(reader: &mut Reader<'t>) -> Option<Self> {
        reader.sign("[")?;
        let mut list = Vec::new();
        while reader.sign("]").is_none() {
            if !list.is_empty() {
                reader.sign(",")?;
            }
            list.push(T::read(reader)?);
        }
        Some(list)
    }
}

/// Words, spelled as serde spells them.
macro_rules! words {
    ($($kind:ident),*) => {
        $(impl<'t> InOrder<'t> for $kind {
            #[inline(always)]
            fn read(reader: &mut Reader<'t>) -> Option<Self> {
                let word: StrDeserializer<'_, Error> = reader.string()?.into_deserializer();
                Self::deserialize(word).ok()
            }
        })*
    };
}

/// Objects with their members in order. One that lacks a member here does not compile; one in another
/// order than programs write is read slowly.
macro_rules! objects {
    ($($kind:ident { $first:ident $($member:ident)* })*) => {
        $(impl<'t> InOrder<'t> for $kind<'t> {
            #[inline]
            fn read(reader: &mut Reader<'t>) -> Option<Self> {
                let object = $kind {
                    $first: InOrder::member(reader, concat!("{\"", stringify!($first), "\":"))?,
                    $($member: InOrder::member(reader, concat!(",\"", stringify!($member), "\":"))?,)*
                };
                reader.sign("}")?;
                Some(object)
            }
        })*
    };
}

words!(Kind, Priority, Channel, IdType, Relation, DocumentKind, PhotoSource, PickupMethod, PreviousReason);

objects! {
    Application {
        schema event_id application_id revision kind priority channel region approved_at holder agent documents photo
        bank opening_outlet pickup previous_card consent
    }
    Holder {
        name id_type id_number id_valid_from id_valid_to sex ethnicity nationality birth_date occupation mobile phone
        address employer
    }
    Address { region detail }
    Employer { code name }
    Agent {
        name id_type id_number sex id_valid_from id_valid_to relation mobile household_head same_booklet
    }
    Document { kind object sha256 }
    Photo { source object sha256 bytes width height }
    Pickup { method point name phone postcode address }
    PreviousCard { card_number bank reason }
    Consent { statement accepted_at }
}
