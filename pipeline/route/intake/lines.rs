//! An NDJSON file, line by line, in bounded memory.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use cardline_core::domain::limits::MAX_MESSAGE_BYTES;

use crate::kafka::RawMessage;
use crate::limits::{FILE_BLOCK_BYTES, FILE_CHUNK_BYTES, FILE_CHUNK_MESSAGES};
use crate::step::StageError;

/// What editors and spreadsheets put before UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Lines of a file, each at most a message long and one byte more, so that too long shows. They are
/// slices of the blocks the file is read in.
pub struct Lines {
    file: File,
    line: i64,
    /// What was read and is no line yet.
    block: Bytes,
    /// Bytes of all lines.
    pub bytes: u64,
}

impl Lines {
    /// Opens a file; a folder or an empty file is an error that says so.
    pub fn open(path: &Path) -> Result<Lines, StageError> {
        let shown = path.display().to_string();
        let about = std::fs::metadata(path).map_err(|e| StageError::file(&shown, e))?;
        if !about.is_file() {
            return Err(StageError::Shape(format!(
                "{shown} is not a file; give an NDJSON file, one application a line"
            )));
        }
        if about.len() == 0 {
            return Err(StageError::Shape(format!("{shown} is empty; nothing was taken in")));
        }
        let file = File::open(path).map_err(|e| StageError::file(&shown, e))?;
        let mut lines = Lines { file, line: 0, block: Bytes::new(), bytes: about.len() };
        lines.skip_mark().map_err(|e| StageError::file(&shown, e))?;
        Ok(lines)
    }

    /// Checks every chunk while the next one is read, and hands on what the check made, in order, until
    /// `hand_on` says false.
    pub fn each_chunk<T: Send>(
        &mut self,
        path: &Path,
        check: impl Fn(&[RawMessage]) -> Result<T, StageError> + Sync,
        mut hand_on: impl FnMut(T) -> bool,
    ) -> Result<(), StageError> {
        let unreadable = |e| StageError::file(path.display(), e);
        let mut chunk = self.next_chunk().map_err(unreadable)?;
        while !chunk.is_empty() {
            let (checked, next) = rayon::join(|| check(&chunk), || self.next_chunk());
            if !hand_on(checked?) {
                break;
            }
            chunk = next.map_err(unreadable)?;
        }
        Ok(())
    }

    /// The next lines, at most a chunk of them; none at the end of the file.
    pub fn next_chunk(&mut self) -> std::io::Result<Vec<RawMessage>> {
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while messages.len() < FILE_CHUNK_MESSAGES && bytes < FILE_CHUNK_BYTES {
            let Some(line) = self.next_line()? else {
                break;
            };
            self.line += 1;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            bytes += line.len();
            messages.push(RawMessage::new(self.line, line));
        }
        Ok(messages)
    }

    /// Reads the first block, and passes over a byte-order mark at its head: it is no part of the first message.
    fn skip_mark(&mut self) -> std::io::Result<()> {
        self.read_block()?;
        if self.block.starts_with(BYTE_ORDER_MARK) {
            drop(self.block.split_to(BYTE_ORDER_MARK.len()));
            self.bytes -= BYTE_ORDER_MARK.len() as u64;
        }
        Ok(())
    }

    /// The next line without its end; of one that is too long, its beginning.
    fn next_line(&mut self) -> std::io::Result<Option<Bytes>> {
        let mut looked = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.block[looked..]) {
                let mut line = self.block.split_to(looked + at + 1);
                line.truncate(line.len() - 1);
                return Ok(Some(line));
            }
            looked = self.block.len();
            if looked > MAX_MESSAGE_BYTES {
                let line = self.block.split_to(MAX_MESSAGE_BYTES + 1);
                self.skip_line()?;
                return Ok(Some(line));
            }
            if !self.read_block()? {
                let line = std::mem::take(&mut self.block);
                return Ok((!line.is_empty()).then_some(line));
            }
        }
    }

    /// Reads on behind what is left; false at the end of the file.
    fn read_block(&mut self) -> std::io::Result<bool> {
        let mut block = Vec::with_capacity(self.block.len() + FILE_BLOCK_BYTES);
        block.extend_from_slice(&self.block);
        let read = self.file.by_ref().take(FILE_BLOCK_BYTES as u64).read_to_end(&mut block)?;
        self.block = Bytes::from(block);
        Ok(read > 0)
    }

    /// Passes over the rest of a line.
    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.block) {
                drop(self.block.split_to(at + 1));
                return Ok(());
            }
            self.block.clear();
            if !self.read_block()? {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(i64, usize)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, text).unwrap();
        let (mut lines, mut found) = (Lines::open(&path).unwrap(), Vec::new());
        loop {
            let chunk = lines.next_chunk().unwrap();
            if chunk.is_empty() {
                return found;
            }
            found.extend(chunk.into_iter().map(|raw| (raw.position, raw.bytes.len())));
        }
    }

    #[test]
    fn lines_are_numbered_blank_ones_too_and_the_last_needs_no_end() {
        assert_eq!(read(b"one\n\n \r\nfour\r\nfive5"), [(1, 3), (4, 5), (5, 5)]);
    }

    #[test]
    fn a_byte_order_mark_at_the_head_is_no_part_of_the_first_line() {
        assert_eq!(read(b"\xEF\xBB\xBFone\n\xEF\xBB\xBFtwo"), [(1, 3), (2, 6)]);
        assert_eq!(read(b"\xEF\xBB\xBF\n"), []);
        assert_eq!(read(b"\xEF\xBB\xBF"), []);
        assert_eq!(read(b"\xEF\xBB"), [(1, 2)]);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        for long in [MAX_MESSAGE_BYTES - 1, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1, 3 * MAX_MESSAGE_BYTES] {
            let text = [&b"first\n"[..], &vec![b'x'; long], b"\nlast"].concat();
            assert_eq!(read(&text), [(1, 5), (2, long.min(MAX_MESSAGE_BYTES + 1)), (3, 4)]);
            assert_eq!(read(&text[..text.len() - 5]), [(1, 5), (2, long.min(MAX_MESSAGE_BYTES + 1))]);
        }
    }

    #[test]
    fn a_line_may_lie_across_blocks() {
        for short in [1, FILE_BLOCK_BYTES - 1, FILE_BLOCK_BYTES, FILE_BLOCK_BYTES + 1] {
            let text = [vec![b'x'; short], vec![b'\n'], vec![b'y'; FILE_BLOCK_BYTES], vec![b'\n']].concat();
            assert_eq!(read(&text), [(1, short), (2, FILE_BLOCK_BYTES)]);
        }
    }
}
