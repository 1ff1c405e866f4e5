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

/// The application, if the whole text is one as described above.
pub fn read(text: &str) -> Option<Application<'_>> {
    let mut reader = Reader { rest: text };
    let application = Application::read(&mut reader)?;
    reader.rest.is_empty().then_some(application)
}

struct Reader<'t> {
    rest: &'t str,
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

impl<'t> Reader<'t> {
    /// Passes over `sign`, which must come next.
    #[inline(always)]
    fn sign(&mut self, sign: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?;
        Some(())
    }

    /// Text between quotes that stands for itself.
    #[inline(always)]
    fn string(&mut self) -> Option<&'t str> {
        self.sign("\"")?;
        let (string, rest) = self.rest.split_at_checked(plain_len(self.rest.as_bytes()))?;
        self.rest = rest;
        self.sign("\"")?;
        Some(string)
    }

    /// A whole number without a sign; at most 9 digits, more are left to the parser.
    #[inline(always)]
    fn number(&mut self) -> Option<u32> {
        let (mut value, mut digits) = (0_u64, 0);
        for byte in self.rest.bytes().take(10).take_while(u8::is_ascii_digit) {
            value = u64::from(byte - b'0') + value * 10;
            digits += 1;
        }
        let (text, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        let whole =
            rest.starts_with([',', '}']) && (1..=9).contains(&digits) && (digits == 1 || !text.starts_with('0'));
        if whole { u32::try_from(value).ok() } else { None }
    }
}

const ONES: u64 = u64::MAX / 0xFF;

/// Bytes before the first quote, backslash or control character; eight are looked at in one step.
#[inline(always)]
fn plain_len(bytes: &[u8]) -> usize {
    let mut steps = bytes.chunks_exact(8);
    let mut len = 0;
    for step in &mut steps {
        let eight = u64::from_le_bytes(step.try_into().unwrap_or_default());
        let is = |byte: u8| (eight ^ (ONES * u64::from(byte))).wrapping_sub(ONES) & !(eight ^ (ONES * u64::from(byte)));
        // The lowest mark is exact; a byte above it may be marked by what it lends.
        let marked = (is(b'"') | is(b'\\') | eight.wrapping_sub(ONES * 0x20) & !eight) & (ONES << 7);
        if marked != 0 {
            return len + marked.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    let plain = |byte: &&u8| **byte != b'"' && **byte != b'\\' && **byte >= 0x20;
    len + steps.remainder().iter().take_while(plain).count()
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
