//! The tar inside an envelope, written in one way and read strictly.
//!
//! Written: POSIX ustar, time 0, owner 0 without names, mode 0644, two empty blocks at the end. Read: exactly the
//! names expected, in their order, as plain files. Archives of others (`tar c`) may have other times, owners and
//! modes; they are filled to a whole record of twenty blocks, as POSIX says of `pax` and GNU tar does. So every
//! truncation of either shows. Links, folders, paths, extensions and anything behind the end are refused.
//! Not here: a file is never unpacked onto a disk, so no name in an archive is ever a path.

use std::ops::Range;

use crate::error::{EnvelopeError, Part, malformed};

const BLOCK: usize = 512;

/// What stands before the content of a file.
pub const HEADER_BYTES: usize = BLOCK;

/// Twenty blocks: what `tar` writes at once if it is not told otherwise.
const RECORD: usize = 20 * BLOCK;

/// What fits into the name field of a header, with its closing zero.
pub const MAX_NAME_BYTES: usize = 99;

const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..265;
/// The prefix of ustar and what GNU puts in its place; we use neither.
const REST: Range<usize> = 345..512;

/// Bytes of an archive of files so large.
pub fn length(sizes: &[usize]) -> usize {
    sizes.iter().map(|size| BLOCK + size.next_multiple_of(BLOCK)).sum::<usize>() + 2 * BLOCK
}

/// Appends one file.
pub fn push(archive: &mut Vec<u8>, name: &str, content: &[u8]) {
    archive.extend_from_slice(&header(name, content.len()));
    archive.extend_from_slice(content);
    archive.resize(archive.len() + content.len().next_multiple_of(BLOCK) - content.len(), 0);
}

/// Appends the end.
pub fn finish(archive: &mut Vec<u8>) {
    archive.resize(archive.len() + 2 * BLOCK, 0);
}

/// Where the content of each file lies. Each has the name and at most the size given.
pub fn read<const N: usize>(archive: &[u8], files: [(&str, usize); N]) -> Result<[Range<usize>; N], EnvelopeError> {
    let (mut at, mut ours) = (0, true);
    let mut found = [const { 0..0 }; N];
    for ((name, limit), place) in files.into_iter().zip(&mut found) {
        let block = archive.get(at..at + BLOCK).ok_or(wrong("it ends before all its files"))?;
        let size = octal(&block[SIZE]).ok_or(wrong("a header has no size"))?;
        if size > limit {
            return Err(EnvelopeError::TooLarge { part: Part::Archive, limit });
        }
        if block != header(name, size) {
            ours = false;
            readable(block, name)?;
        }
        *place = at + BLOCK..at + BLOCK + size;
        at = place.start + size.next_multiple_of(BLOCK);
        let padding = archive.get(place.end..at).ok_or(wrong("it ends inside a file"))?;
        if !is_empty(padding) {
            return Err(wrong("a file is not filled up with zeros"));
        }
    }
    let end = if ours { at + 2 * BLOCK } else { (at + 2 * BLOCK).next_multiple_of(RECORD) };
    if archive.len() != end || !is_empty(&archive[at..]) {
        return Err(wrong("it does not end where it must: it is cut, or has more files than agreed"));
    }
    Ok(found)
}

/// A name that may stand in an archive: no path, nothing a shell or a terminal reads otherwise.
pub fn is_plain_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(letter) && !name.starts_with(['.', '-'])
}

/// The one header that we write for a file.
fn header(name: &str, size: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\x000000000\x000000000\0");
    put(SIZE.start, format!("{size:011o}").as_bytes());
    put(136, b"00000000000");
    put(KIND, b"0");
    put(MAGIC.start, b"ustar\x0000");
    put(329, b"0000000\x000000000\0");
    let sum = format!("{:06o}\0 ", checksum(&block));
    block[CHECKSUM].copy_from_slice(sum.as_bytes());
    block
}

/// Whether somebody else's header is of this plain file and of nothing more.
fn readable(block: &[u8], name: &str) -> Result<(), EnvelopeError> {
    if octal(&block[CHECKSUM]) != Some(checksum(block)) {
        return Err(wrong("the checksum of a header is wrong"));
    }
    if !matches!(&block[MAGIC], b"ustar\x0000" | b"ustar  \0") {
        return Err(wrong("a header is neither of POSIX nor of GNU"));
    }
    if !matches!(block[KIND], b'0' | 0) || !is_empty(&block[LINK]) || !is_empty(&block[REST]) {
        return Err(wrong("an entry is no plain file: links, folders and extensions are refused"));
    }
    let (start, rest) = block[..100].split_at(name.len());
    if start != name.as_bytes() || !is_empty(rest) {
        return Err(wrong("its files are not those agreed, in the order agreed, by their bare names"));
    }
    Ok(())
}

/// The sum of a header's bytes, those of the sum itself taken as blanks (POSIX, `pax`, ustar).
fn checksum(block: &[u8]) -> usize {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>();
    sum(&block[..CHECKSUM.start]) + CHECKSUM.len() * usize::from(b' ') + sum(&block[CHECKSUM.end..])
}

/// Octal digits, closed by zeros or blanks.
fn octal(field: &[u8]) -> Option<usize> {
    let digits = field.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let closed = field[digits..].iter().all(|byte| matches!(byte, 0 | b' '));
    let value = |digits: &[u8]| usize::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok();
    (digits > 0 && closed).then(|| value(&field[..digits])).flatten()
}

/// Compared by blocks, because what is filled up can be many bytes.
fn is_empty(bytes: &[u8]) -> bool {
    bytes.chunks(BLOCK).all(|chunk| *chunk == [0; BLOCK][..chunk.len()])
}

fn wrong(what: &'static str) -> EnvelopeError {
    malformed(Part::Archive, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(first: &[u8], second: &[u8]) -> Vec<u8> {
        let mut archive = Vec::new();
        push(&mut archive, "manifest.json", first);
        push(&mut archive, "A.csv", second);
        finish(&mut archive);
        archive
    }

    const FILES: [(&str, usize); 2] = [("manifest.json", 100), ("A.csv", 1000)];

    #[test]
    fn what_is_written_is_read() {
        for (first, second) in [(0, 0), (1, 511), (100, 512), (3, 513), (99, 1000)] {
            let archive = two(&vec![1; first], &vec![2; second]);
            assert_eq!(archive.len(), length(&[first, second]));
            let [one, two] = read(&archive, FILES).unwrap();
            assert_eq!((&archive[one], &archive[two]), (&vec![1; first][..], &vec![2; second][..]));
        }
    }

    #[test]
    fn every_truncation_and_every_addition_is_refused() {
        let archive = two(b"{}", &[7; 700]);
        for length in 0..archive.len() {
            assert!(read(&archive[..length], FILES).is_err(), "{length}");
        }
        for more in [1, 512, 1024, 10240] {
            assert!(read(&[&archive[..], &vec![0; more]].concat(), FILES).is_err(), "{more}");
        }
    }

    #[test]
    fn links_paths_other_orders_and_bombs_are_refused() {
        let changed = |at: usize, bytes: &[u8]| {
            let mut archive = two(b"{}", b"x");
            archive[at..at + bytes.len()].copy_from_slice(bytes);
            archive[CHECKSUM].copy_from_slice(b"        ");
            let sum = format!("{:06o}\0 ", checksum(&archive[..BLOCK]));
            archive[CHECKSUM].copy_from_slice(sum.as_bytes());
            archive.resize(RECORD, 0);
            archive
        };
        assert!(read(&changed(136, b"14716050000"), FILES).is_ok(), "another time is no harm");
        assert!(read(&changed(MAGIC.start, b"ustar  \0"), FILES).is_ok(), "GNU");
        let bad: &[(usize, &[u8])] = &[
            (0, b"../ifest.json"),
            (0, b"./manifest.json"),
            (13, b"x"),
            (KIND, b"1"),
            (KIND, b"2"),
            (KIND, b"5"),
            (KIND, b"x"),
            (KIND, b"L"),
            (157, b"A.csv"),
            (345, b"folder"),
            (500, b"1"),
            (MAGIC.start, b"\0\0\0\0\0\0\0\0"),
            (SIZE.start, b"77777777777"),
            (SIZE.start, b"\x80\0\0\0\0\0\0\0\0\0\x01"),
            (SIZE.start, b"00000000 1 "),
        ];
        for (at, bytes) in bad {
            assert!(read(&changed(*at, bytes), FILES).is_err(), "{at} {bytes:?}");
        }
        let archive = two(b"{}", b"x");
        assert!(read(&archive, [FILES[1], FILES[0]]).is_err());
        assert!(read(&archive, [FILES[0]]).is_err(), "a file more than agreed");
        assert!(read(&archive, [FILES[0], FILES[1], ("B.csv", 10)]).is_err());
        assert!(read(&two(b"{}", &[1; 1001]), FILES).is_err());
    }

    #[test]
    fn names_are_bare() {
        for name in ["A.csv", "BANK01_card-request_20261130_0001.csv", "a"] {
            assert!(is_plain_name(name), "{name}");
        }
        let long = "a".repeat(100);
        for name in ["", ".", "..", "../a", "a/b", "a\\b", ".a", "-a", "a b", "a\n", "\u{e4}", &long] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
