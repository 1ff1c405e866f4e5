//! One string of a JSON text, in its canonical spelling: only what must be escaped is, and as `serde_json` does it.

use std::borrow::Cow;

use crate::domain::texts::scan::Reader;

/// Writes the string that comes next, and returns its bytes without escapes: UTF-8, and half a surrogate pair
/// where it stands alone as the three bytes it would have (WTF-8), which no other text has.
pub(super) fn copy<'t>(reader: &mut Reader<'t>, text: &mut Vec<u8>) -> Option<Cow<'t, [u8]>> {
    let rest = reader.rest;
    text.push(b'"');
    let bytes = match reader.string() {
        Some(plain) => {
            text.extend_from_slice(plain.as_bytes());
            Cow::Borrowed(plain.as_bytes())
        }
        None => {
            reader.rest = rest;
            let bytes = unescaped(reader)?;
            write(&bytes, text);
            Cow::Owned(bytes)
        }
    };
    text.push(b'"');
    Some(bytes)
}

fn unescaped(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    reader.sign("\"")?;
    let mut bytes = Vec::new();
    loop {
        bytes.extend_from_slice(reader.plain().as_bytes());
        if reader.sign("\"").is_some() {
            return Some(bytes);
        }
        // What is neither plain nor a quote is an escape, or a control character, which may not stand there.
        reader.sign("\\")?;
        let escape = *reader.rest.as_bytes().first()?;
        let simple = match escape {
            b'"' | b'\\' | b'/' => escape,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                push(&mut bytes, code_point(reader)?);
                continue;
            }
            _ => return None,
        };
        bytes.push(simple);
        reader.rest = reader.rest.get(1..)?;
    }
}

/// The code point of `uXXXX`, or of two of them that are a surrogate pair.
fn code_point(reader: &mut Reader<'_>) -> Option<u32> {
    let high = unit(reader)?;
    let before = reader.rest;
    if (0xD800..0xDC00).contains(&high)
        && reader.sign("\\").is_some()
        && let Some(low) = unit(reader).filter(|low| (0xDC00..0xE000).contains(low))
    {
        return Some(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
    }
    reader.rest = before;
    Some(high)
}

fn unit(reader: &mut Reader<'_>) -> Option<u32> {
    reader.sign("u")?;
    let (digits, rest) = reader.rest.split_at_checked(4)?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    reader.rest = rest;
    u32::from_str_radix(digits, 16).ok().filter(|_| hexadecimal)
}

fn push(bytes: &mut Vec<u8>, code_point: u32) {
    match char::from_u32(code_point) {
        Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        // The three bytes of a surrogate.
        None => bytes.extend([0xED, 0x80 | (code_point >> 6 & 0x3F) as u8, 0x80 | (code_point & 0x3F) as u8]),
    }
}

/// Writes the bytes of [`unescaped`] with the escapes that must be.
fn write(bytes: &[u8], text: &mut Vec<u8>) {
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'"' | b'\\', _) => text.extend([b'\\', *byte]),
            (0x08, _) => text.extend(b"\\b"),
            (0x0C, _) => text.extend(b"\\f"),
            (b'\n', _) => text.extend(b"\\n"),
            (b'\r', _) => text.extend(b"\\r"),
            (b'\t', _) => text.extend(b"\\t"),
            (..0x20, _) => text.extend(format!("\\u{byte:04x}").bytes()),
            (0xED, [second @ 0xA0..=0xBF, third, after @ ..]) => {
                let unit = 0xD000 | u32::from(second & 0x3F) << 6 | u32::from(third & 0x3F);
                text.extend(format!("\\u{unit:04x}").bytes());
                rest = after;
            }
            _ => text.push(*byte),
        }
    }
}
