//! The marker file, sent last: its presence says the data file is whole, its content proves it.

use super::fault::{FaultCode, FileFault};

/// What a marker file states about its data file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marker {
    /// Size of the data file, in bytes.
    pub size: u64,
    /// SHA-256 of the data file in lower-case hexadecimal.
    pub sha256: String,
}

impl Marker {
    /// Whether it speaks of a file of that size, in bytes, and digest in lower-case hexadecimal.
    #[must_use]
    pub fn is_of(&self, size: u64, sha256_hex: &str) -> bool {
        self.size == size && self.sha256 == sha256_hex
    }
}

/// The content of the marker of a file: size, space, digest, line feed.
#[must_use]
pub fn marker(size: u64, sha256_hex: &str) -> String {
    format!("{size} {}\n", sha256_hex.to_ascii_lowercase())
}

/// What a received marker states.
///
/// # Errors
/// `FILE-CONTROL` when it is not one line of size and digest.
pub fn parse_marker(bytes: &[u8]) -> Result<Marker, FileFault> {
    read(bytes).ok_or_else(|| {
        FileFault::line(
            1,
            FaultCode::FileControl,
            "the marker is not `<size> <sha256>` and a line feed: send the marker again",
        )
    })
}

fn read(bytes: &[u8]) -> Option<Marker> {
    // Windows' tools write a mark in front and CR before LF; size and digest decide.
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.strip_suffix('\r').unwrap_or(text);
    let (size, sha256) = line.split_once(' ')?;
    let is_size = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_size && is_digest).then_some(())?;
    Some(Marker { size: size.parse().ok()?, sha256: sha256.to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::{marker, parse_marker};

    #[test]
    fn a_marker_is_read_back() {
        let digest = "0a".repeat(32);
        let parsed = parse_marker(marker(1234, &digest).as_bytes()).unwrap();
        assert_eq!((parsed.size, parsed.sha256), (1234, digest));
    }

    #[test]
    fn a_marker_written_on_windows_is_read() {
        let plain = marker(7, &"0a".repeat(32));
        let windows = format!("\u{feff}{}\r\n", plain.trim_end());
        assert_eq!(parse_marker(windows.as_bytes()), parse_marker(plain.as_bytes()));
    }

    #[test]
    fn anything_else_is_refused() {
        let whole = marker(7, &"0a".repeat(32));
        for length in 0..whole.len() {
            assert!(parse_marker(&whole.as_bytes()[..length]).is_err());
        }
        assert!(parse_marker(b"+7 00\n").is_err());
        assert!(parse_marker(&[0xFF; 80]).is_err());
    }
}
