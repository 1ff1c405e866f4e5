//! Canonical JSON of a text that has no spaces, no escapes and no numbers but whole ones: programs write nearly
//! every message so. What is written here the parser's way would write alike (a property test holds the two
//! together); what cannot be is left to it.

use super::{Member, Page};
use crate::domain::scan::Reader;
use crate::domain::text::Text;

/// Deeper texts are left to the parser, who counts.
const DEPTH_MAX: usize = 16;

/// As [`super::canonical`]; `None` says nothing against the text.
pub(super) fn canonical(json: &[u8], without: Option<&str>) -> Option<Vec<u8>> {
    let mut reader = Reader { rest: simdutf8::basic::from_utf8(json).ok()? };
    let mut page = Page::for_text(json);
    value(&mut reader, &mut page, without, 0)?;
    reader.rest.is_empty().then_some(page.text)
}

fn value<'t>(reader: &mut Reader<'t>, page: &mut Page<'t>, without: Option<&str>, depth: usize) -> Option<()> {
    match reader.rest.as_bytes().first()? {
        b'"' => {
            let string = reader.string()?;
            quoted(page, string);
        }
        b'{' if depth < DEPTH_MAX => object(reader, page, without, depth + 1)?,
        b'[' if depth < DEPTH_MAX => list(reader, page, depth + 1)?,
        b'0'..=b'9' => {
            let before = reader.rest;
            reader.number()?;
            page.text.extend_from_slice(&before.as_bytes()[..before.len() - reader.rest.len()]);
        }
        _ => {
            let word = ["true", "false", "null"].into_iter().find(|word| reader.sign(word).is_some())?;
            page.text.extend_from_slice(word.as_bytes());
        }
    }
    Some(())
}

fn quoted(page: &mut Page<'_>, string: &str) {
    page.text.push(b'"');
    page.text.extend_from_slice(string.as_bytes());
    page.text.push(b'"');
}

fn list<'t>(reader: &mut Reader<'t>, page: &mut Page<'t>, depth: usize) -> Option<()> {
    reader.sign("[")?;
    page.text.push(b'[');
    if reader.sign("]").is_none() {
        value(reader, page, None, depth)?;
        while reader.sign("]").is_none() {
            reader.sign(",")?;
            page.text.push(b',');
            value(reader, page, None, depth)?;
        }
    }
    page.text.push(b']');
    Some(())
}

fn object<'t>(reader: &mut Reader<'t>, page: &mut Page<'t>, without: Option<&str>, depth: usize) -> Option<()> {
    reader.sign("{")?;
    page.text.push(b'{');
    let (start, first) = (page.text.len(), page.members.len());
    if reader.sign("}").is_none() {
        member(reader, page, without, start, depth)?;
        while reader.sign("}").is_none() {
            reader.sign(",")?;
            member(reader, page, without, start, depth)?;
        }
    }
    page.sort(first, start);
    page.text.push(b'}');
    Some(())
}

fn member<'t>(
    reader: &mut Reader<'t>,
    page: &mut Page<'t>,
    without: Option<&str>,
    start: usize,
    depth: usize,
) -> Option<()> {
    let key = reader.string()?;
    reader.sign(":")?;
    let before = page.text.len();
    if without == Some(key) {
        value(reader, page, None, depth)?;
        page.text.truncate(before);
        return Some(());
    }
    if before > start {
        page.text.push(b',');
    }
    let begin = page.text.len();
    quoted(page, key);
    page.text.push(b':');
    value(reader, page, None, depth)?;
    page.members.push(Member { key: Text::from(key), place: begin..page.text.len() });
    Some(())
}
