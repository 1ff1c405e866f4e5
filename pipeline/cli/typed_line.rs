//! One line that must stand in no argument: a password, a person's number. It is typed at a terminal, where it is not
//! shown, or is the next line of standard input.

use std::io::{BufRead, IsTerminal};

use anyhow::Context as _;
use cardline::limits::PASSWORD_BYTES_MAX;

/// The line; `what` names it where it is no text.
pub fn secret_line(prompt: &str, what: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password(format!("{prompt}: "))?);
    }
    let mut line = Vec::new();
    let mut input = std::io::stdin().lock();
    // A line longer than any password is read no further than needed to refuse it.
    loop {
        let bytes = input.fill_buf().context("standard input")?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        let used = end.map_or(bytes.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() || used == 0 || line.len() > 2 * PASSWORD_BYTES_MAX {
            break;
        }
    }
    String::from_utf8(line).map_err(|_| anyhow::anyhow!("standard input: {what} is UTF-8 text"))
}
