//! The guests of a demo: one link for each of the three people, opened as often as wanted while it serves.
//!
//! A guest is no user of the ledger, so the demo's command line stays open. Which guest asks stands in the URL
//! (`?as=operator`), and the proof of it in a cookie of that role, so three of them stand beside each other in one
//! browser.

use cardline::people::sessions::Token;
use cardline::store::Principal;
use cardline_core::domain::staff::{Role, Scope};

/// A role with a scope, that whoever has the link acts in.
#[derive(Clone)]
pub struct Guest {
    pub role: Role,
    pub scope: Scope,
}

impl Guest {
    /// The cookie that proves it.
    pub fn cookie(&self) -> String {
        format!("cardline-{}", self.role.code())
    }

    /// The person acts under the name of the role.
    pub fn principal(&self) -> Principal {
        Principal::guest(self.role, self.scope.clone())
    }
}

struct Invited {
    guest: Guest,
    /// In the link.
    link: Token,
    /// In the cookie: whoever reads a link from a history has no session yet.
    session: Token,
}

/// Who is let in.
#[derive(Default)]
pub struct Guests(Vec<Invited>);

impl Guests {
    /// Makes a link for each.
    pub fn of(guests: Vec<Guest>) -> Guests {
        let invited = |guest| Invited { guest, link: Token::random(), session: Token::random() };
        Guests(guests.into_iter().map(invited).collect())
    }

    /// The roles and the last part of their links.
    pub fn links(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|invited| (invited.guest.role.code(), invited.link.text()))
    }

    /// The guest of a link, and what the cookie holds.
    pub fn by_link(&self, link: &str) -> Option<(&Guest, &str)> {
        let invited = self.0.iter().find(|invited| invited.link.is(link))?;
        Some((&invited.guest, invited.session.text()))
    }

    /// The guest of a role whose cookie this is.
    pub fn by_cookie(&self, role: &str, cookie: impl FnOnce(&str) -> Option<String>) -> Option<(&Guest, String)> {
        let invited = self.0.iter().find(|invited| invited.guest.role.code() == role)?;
        let held = cookie(&invited.guest.cookie())?;
        invited.session.is(&held).then_some((&invited.guest, held))
    }
}
