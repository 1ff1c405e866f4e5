//! An NDJSON file, line by line, in bounded memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use cardline_core::domain::limits::MAX_MESSAGE_BYTES;

use crate::broker::RawMessage;
use crate::limits::{FILE_CHUNK_BYTES, FILE_CHUNK_MESSAGES};
use crate::stages::StageError;

/// Lines of a file, each at most a message long and one byte more, so that too long shows.
pub struct Lines {
    reader: BufReader<File>,
    line: i64,
    /// Bytes of the whole file.
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
        Ok(Lines { reader: BufReader::with_capacity(1 << 20, file), line: 0, bytes: about.len() })
    }

    /// The next lines, at most a chunk of them; none at the end of the file.
    pub fn next_chunk(&mut self) -> std::io::Result<Vec<RawMessage>> {
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while messages.len() < FILE_CHUNK_MESSAGES && bytes < FILE_CHUNK_BYTES {
            let mut line = Vec::new();
            if self.reader.by_ref().take(MAX_MESSAGE_BYTES as u64 + 1).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.line += 1;
            if line.last() == Some(&b'\n') {
                line.pop();
            } else if line.len() > MAX_MESSAGE_BYTES {
                self.skip_rest()?;
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            bytes += line.len();
            messages.push(RawMessage { position: self.line, bytes: line });
        }
        Ok(messages)
    }

    fn skip_rest(&mut self) -> std::io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => {
                    self.reader.consume(at + 1);
                    return Ok(());
                }
                None => {
                    let all = buffer.len();
                    self.reader.consume(all);
                }
            }
        }
    }
}
