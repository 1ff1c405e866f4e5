//! The headers of packets (RFC 9580, section 4.2).

use std::ops::Range;

use crate::error::{EnvelopeError, Part, malformed};

pub const SESSION_KEY: u8 = 1;
pub const SIGNATURE: u8 = 2;
pub const PASSWORD_KEY: u8 = 3;
pub const ONE_PASS: u8 = 4;
pub const COMPRESSED: u8 = 8;
pub const UNPROTECTED: u8 = 9;
pub const LITERAL: u8 = 11;
pub const PROTECTED: u8 = 18;

/// A packet inside some bytes.
pub struct Packet {
    pub tag: u8,
    pub body: Range<usize>,
    /// Where the packet after it begins.
    pub next: usize,
}

/// A length in a header.
enum Length {
    Whole(usize),
    Part(usize),
    Rest,
}

/// Reads the packet that begins with `within`. A body in parts is moved together in its place.
pub fn read(bytes: &mut [u8], within: Range<usize>) -> Result<Packet, EnvelopeError> {
    let tag_byte = *bytes[within.clone()].first().ok_or(wrong("it ends where a packet must begin"))?;
    let (tag, mut at, mut length) = match tag_byte >> 6 {
        0b11 => {
            let (length, used) = new_length(&bytes[within.start + 1..within.end]).ok_or(cut())?;
            (tag_byte & 63, within.start + 1 + used, length)
        }
        0b10 => {
            let (length, used) = old_length(tag_byte & 3, &bytes[within.start + 1..within.end]).ok_or(cut())?;
            (tag_byte >> 2 & 15, within.start + 1 + used, length)
        }
        _ => return Err(wrong("it has no packet where one must begin (is it armored text? send it binary)")),
    };
    let (start, mut end) = (at, at);
    loop {
        let (bytes_here, is_last) = match length {
            Length::Whole(bytes_here) => (bytes_here, true),
            Length::Part(bytes_here) => (bytes_here, false),
            Length::Rest => (within.end - at, true),
        };
        if !matches!(length, Length::Whole(_)) && !matches!(tag, COMPRESSED | LITERAL | PROTECTED) {
            return Err(wrong("a packet is in parts that must not be"));
        }
        if within.end - at < bytes_here {
            return Err(cut());
        }
        bytes.copy_within(at..at + bytes_here, end);
        (at, end) = (at + bytes_here, end + bytes_here);
        if is_last {
            return Ok(Packet { tag, body: start..end, next: at });
        }
        let (next, used) = new_length(&bytes[at..within.end]).ok_or(cut())?;
        (length, at) = (next, at + used);
    }
}

/// The header of a packet that we write: always the five-byte length, which fits every size.
pub fn header(tag: u8, length: usize) -> Result<[u8; 6], EnvelopeError> {
    let length = u32::try_from(length).map_err(|_| EnvelopeError::Unsealable { what: "a packet is too long" })?;
    let [a, b, c, d] = length.to_be_bytes();
    Ok([0xC0 | tag, 255, a, b, c, d])
}

/// A length in the format of today, and the bytes it takes (section 4.2.1).
fn new_length(bytes: &[u8]) -> Option<(Length, usize)> {
    Some(match *bytes {
        [first @ 0..192, ..] => (Length::Whole(first.into()), 1),
        [first @ 192..224, second, ..] => {
            (Length::Whole(((usize::from(first) - 192) << 8) + usize::from(second) + 192), 2)
        }
        [255, a, b, c, d, ..] => (Length::Whole(u32::from_be_bytes([a, b, c, d]) as usize), 5),
        [first @ 224..=254, ..] => (Length::Part(1 << (first & 31)), 1),
        _ => return None,
    })
}

/// A length in the legacy format, which gpg still writes (section 4.2.2).
fn old_length(kind: u8, bytes: &[u8]) -> Option<(Length, usize)> {
    Some(match (kind, bytes) {
        (0, [a, ..]) => (Length::Whole((*a).into()), 1),
        (1, [a, b, ..]) => (Length::Whole(u16::from_be_bytes([*a, *b]).into()), 2),
        (2, [a, b, c, d, ..]) => (Length::Whole(u32::from_be_bytes([*a, *b, *c, *d]) as usize), 4),
        (3, _) => (Length::Rest, 0),
        _ => return None,
    })
}

fn cut() -> EnvelopeError {
    wrong("it ends inside a packet")
}

pub fn wrong(what: &'static str) -> EnvelopeError {
    malformed(Part::Message, what)
}
