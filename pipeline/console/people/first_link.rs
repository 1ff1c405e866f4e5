//! The link by which the first user is made.

use std::time::{Duration, Instant};

use cardline::people::sessions::Token;

/// How long a first link is good.
const GOOD_FOR: Duration = Duration::from_secs(30 * 60);

/// A link that is good once.
pub struct FirstLink {
    token: Token,
    made: Instant,
}

impl FirstLink {
    /// A new one.
    pub fn new() -> FirstLink {
        FirstLink { token: Token::random(), made: Instant::now() }
    }

    /// The last part of the link.
    pub fn text(&self) -> &str {
        self.token.text()
    }

    /// Whether this is it, and its time is not over.
    pub fn opens(&self, link: &str) -> bool {
        self.made.elapsed() < GOOD_FOR && self.token.is(link)
    }
}
