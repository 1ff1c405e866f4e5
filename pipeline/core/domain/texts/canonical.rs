//! Canonical JSON: keys of every object in order of code points, the last of a repeated key, no white space,
//! escapes as `serde_json` writes them, numbers as they stand. Written while it is read, without a tree.
//!
//! A number is never made a value: two long serial numbers that differ in one digit are two texts, and one that
//! no machine can hold is a text, too. Half a surrogate pair stays the escape it came as.

use std::borrow::Cow;
use std::ops::Range;

use super::scan::Reader;

mod string;

/// Deeper texts are none: every level is a call.
const DEPTH_MAX: usize = 127;

/// The canonical text of a JSON text; the member `without` of the outermost object is left out.
/// `None` when it is no JSON.
pub fn canonical(json: &[u8], without: Option<&str>) -> Option<Vec<u8>> {
    let mut reader = Reader { rest: simdutf8::basic::from_utf8(json).ok()? };
    let mut page = Page { text: Vec::with_capacity(json.len()), members: Vec::new(), spare: Vec::new() };
    value(&mut reader, &mut page, without, DEPTH_MAX)?;
    reader.space();
    reader.rest.is_empty().then_some(page.text)
}

/// What was written, and what is needed to put objects in order.
struct Page<'t> {
    text: Vec<u8>,
    /// Members of the objects being read, those of the innermost last.
    members: Vec<Member<'t>>,
    /// Where an object is put in order.
    spare: Vec<u8>,
}

/// One member: its key, and where `"key":value` stands in the text.
struct Member<'t> {
    key: Cow<'t, [u8]>,
    place: Range<usize>,
}

impl Page<'_> {
    /// Puts the members from `first` on in order, in place of how they were read.
    fn sort(&mut self, first: usize, start: usize) {
        let members = &mut self.members[first..];
        if !members.is_sorted_by(|one, next| one.key < next.key) {
            // Stable, so the last of a repeated key stays the last of its like.
            members.sort_by(|one, other| one.key.cmp(&other.key));
            self.spare.clear();
            for (at, member) in members.iter().enumerate() {
                if members.get(at + 1).is_some_and(|next| next.key == member.key) {
                    continue;
                }
                if !self.spare.is_empty() {
                    self.spare.push(b',');
                }
                self.spare.extend_from_slice(&self.text[member.place.clone()]);
            }
            self.text.truncate(start);
            self.text.extend_from_slice(&self.spare);
        }
        self.members.truncate(first);
    }
}

fn value<'t>(reader: &mut Reader<'t>, page: &mut Page<'t>, without: Option<&str>, depth: usize) -> Option<()> {
    reader.space();
    match reader.rest.as_bytes().first()? {
        b'"' => {
            string::copy(reader, &mut page.text)?;
        }
        b'{' => object(reader, page, without, depth.checked_sub(1)?)?,
        b'[' => list(reader, page, depth.checked_sub(1)?)?,
        b'-' | b'0'..=b'9' => page.text.extend_from_slice(reader.numeral()?.as_bytes()),
        _ => {
            let word = ["true", "false", "null"].into_iter().find(|word| reader.sign(word).is_some())?;
            page.text.extend_from_slice(word.as_bytes());
        }
    }
    Some(())
}

/// Passes over a sign that may come next; whether it did.
fn comes(reader: &mut Reader<'_>, sign: &str) -> bool {
    reader.space();
    reader.sign(sign).is_some()
}

fn list<'t>(reader: &mut Reader<'t>, page: &mut Page<'t>, depth: usize) -> Option<()> {
    reader.sign("[")?;
    page.text.push(b'[');
    if !comes(reader, "]") {
        value(reader, page, None, depth)?;
        while !comes(reader, "]") {
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
    if !comes(reader, "}") {
        member(reader, page, without, start, depth)?;
        while !comes(reader, "}") {
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
    let before = page.text.len();
    if before > start {
        page.text.push(b',');
    }
    let begin = page.text.len();
    reader.space();
    let key = string::copy(reader, &mut page.text)?;
    comes(reader, ":").then_some(())?;
    page.text.push(b':');
    value(reader, page, None, depth)?;
    if without.is_some_and(|without| *key == *without.as_bytes()) {
        page.text.truncate(before);
    } else {
        page.members.push(Member { key, place: begin..page.text.len() });
    }
    Some(())
}

#[cfg(test)]
mod tests;
