//! Progress on standard error: one line that is drawn again on a terminal, one line a second elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const BAR_CELLS: u64 = 30;
const TERMINAL_PAUSE_MILLISECONDS: u64 = 100;
const LINE_PAUSE_MILLISECONDS: u64 = 1_000;

/// Draws how far a command is.
pub struct Progress {
    terminal: bool,
    drawn: Option<Instant>,
}

impl Progress {
    /// Progress that has not drawn anything yet.
    pub fn new() -> Progress {
        Progress { terminal: std::io::stderr().is_terminal(), drawn: None }
    }

    /// Shows `done` of `all` and a few words, unless something was shown a moment ago.
    pub fn show(&mut self, done: u64, all: u64, words: &str) {
        let pause = if self.terminal { TERMINAL_PAUSE_MILLISECONDS } else { LINE_PAUSE_MILLISECONDS };
        let recent = self.drawn.is_some_and(|at| at.elapsed() < Duration::from_millis(pause));
        if recent && done < all {
            return;
        }
        self.drawn = Some(Instant::now());
        let mut err = std::io::stderr().lock();
        // Nobody is told when standard error is gone.
        let _ = if self.terminal {
            let filled = (done * BAR_CELLS).checked_div(all).unwrap_or(BAR_CELLS).min(BAR_CELLS);
            let bar = "█".repeat(filled as usize) + &"·".repeat((BAR_CELLS - filled) as usize);
            write!(err, "\r\x1b[K{bar} {done}/{all} {words}").and_then(|()| err.flush())
        } else {
            writeln!(err, "{done}/{all} {words}")
        };
    }

    /// Takes the line away again.
    pub fn finish(&mut self) {
        if self.terminal && self.drawn.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
