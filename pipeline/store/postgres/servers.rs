//! The servers of one address: `postgres://user@one:5432,two:5432/ledger?target_session_attrs=read-write`.
//!
//! One after the other is asked, the one that served last first, until one is what is wanted. A primary that moved is
//! found by the next connection. The words are libpq's (PostgreSQL, "Connection Strings"); where several servers are
//! named and no word is given, `read-write` is meant, because a ledger is written.

use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use super::session::SessionFacts;
use crate::store::LedgerError;

/// What a server must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

const WORDS: &[(&str, Wanted)] = &[
    ("any", Wanted::Any),
    ("read-write", Wanted::ReadWrite),
    ("read-only", Wanted::ReadOnly),
    ("primary", Wanted::Primary),
    ("standby", Wanted::Standby),
    ("prefer-standby", Wanted::PreferStandby),
];

impl Wanted {
    /// libpq's word for it.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(_, wanted)| *wanted == self).map_or("any", |(word, _)| word)
    }

    /// Whether a server of which this is known will do; `None` if it will where there is no better one.
    pub fn is_met(self, facts: &SessionFacts) -> Option<bool> {
        Some(match self {
            Wanted::Any => true,
            Wanted::ReadWrite => !facts.read_only,
            Wanted::ReadOnly => facts.read_only,
            Wanted::Primary => !facts.in_recovery,
            Wanted::Standby => facts.in_recovery,
            Wanted::PreferStandby if facts.in_recovery => true,
            Wanted::PreferStandby => return None,
        })
    }
}

/// The servers of one address.
pub(crate) struct Servers {
    all: Vec<PgConnectOptions>,
    pub wanted: Wanted,
    /// The one that served last.
    last: AtomicUsize,
}

impl Servers {
    /// # Errors
    /// An address that cannot be read, and a word that is none of libpq's.
    pub fn of(address: &str) -> Result<Servers, LedgerError> {
        let (before, rest) = address.split_once("://").ok_or(LedgerError::Address)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
        let at = if user.is_empty() { "" } else { "@" };
        let (path, word) = without_word(path);
        let several = hosts.contains(',');
        let named = |word: String| {
            let found = WORDS.iter().find(|(known, _)| *known == word);
            found.map(|(_, wanted)| *wanted).ok_or(LedgerError::TargetWord { word })
        };
        let wanted = word.map_or(Ok(if several { Wanted::ReadWrite } else { Wanted::Any }), named)?;
        let options = |host: &str| -> Result<PgConnectOptions, LedgerError> {
            let one = PgConnectOptions::from_str(&format!("{before}://{user}{at}{host}{path}"))?;
            // A pooler knows no such parameter by default, and nothing of ours is a fraction.
            Ok(one.extra_float_digits(None).disable_statement_logging())
        };
        let all = hosts.split(',').map(options).collect::<Result<Vec<_>, _>>()?;
        Ok(Servers { all, wanted, last: AtomicUsize::new(0) })
    }

    /// How to connect to one of them.
    pub fn options(&self, server: usize) -> &PgConnectOptions {
        &self.all[server]
    }

    /// In the order in which they are asked.
    pub fn in_turn(&self) -> impl Iterator<Item = usize> + use<> {
        let (last, count) = (self.last.load(Ordering::Relaxed), self.all.len());
        (0..count).map(move |next| (last + next) % count)
    }

    /// Whether there is more than one to ask, or not every one will do.
    pub fn is_choice(&self) -> bool {
        self.all.len() > 1 || self.wanted != Wanted::Any
    }

    /// This one is asked first from now on.
    pub fn served(&self, server: usize) {
        self.last.store(server, Ordering::Relaxed);
    }

    /// Where one of them is, without who asks.
    pub fn at(&self, server: usize) -> String {
        let options = &self.all[server];
        match options.get_socket() {
            Some(socket) => format!("{}, port {}", socket.display(), options.get_port()),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        }
    }

    /// The database and its servers, for people.
    pub fn place(&self) -> String {
        let hosts: Vec<&str> = self.all.iter().map(PgConnectOptions::get_host).collect();
        let database = self.all[0].get_database().unwrap_or("of the user's name");
        format!("database {database} on {}", hosts.join(", "))
    }
}

/// Path and parameters without the word for the server, which the library does not know, and the word.
fn without_word(path: &str) -> (String, Option<String>) {
    const NAME: &str = "target_session_attrs=";
    let Some((path, query)) = path.split_once('?') else { return (path.into(), None) };
    let word = query.split('&').find_map(|pair| pair.strip_prefix(NAME)).map(str::to_owned);
    let others: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(NAME)).collect();
    (format!("{path}?{}", others.join("&")), word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(address: &str) -> (Vec<String>, &'static str) {
        let servers = Servers::of(address).unwrap();
        (servers.in_turn().map(|server| servers.at(server)).collect(), servers.wanted.word())
    }

    #[test]
    fn several_servers_are_asked_in_turn_from_the_last_that_served() {
        let address = "postgres://me:p@one:5433,two,[::1]:7/ledger?sslmode=disable&target_session_attrs=primary";
        assert_eq!(seen(address), (vec!["one:5433".into(), "two:5432".into(), "[::1]:7".into()], "primary"));
        let servers = Servers::of(address).unwrap();
        servers.served(1);
        assert_eq!(servers.in_turn().collect::<Vec<_>>(), [1, 2, 0]);
        assert!(servers.place().starts_with("database ledger on one, two"), "{}", servers.place());
        assert_eq!(seen("postgres://one,two/ledger").1, "read-write");
        assert_eq!(seen("postgres://one/ledger?password=a@b"), (vec!["one:5432".into()], "any"));
    }

    #[test]
    fn a_word_that_is_none_is_refused() {
        let refused = Servers::of("postgres://one,two/ledger?target_session_attrs=master").err().unwrap().to_string();
        assert!(refused.contains("master") && refused.contains("prefer-standby"), "{refused}");
    }

    #[test]
    fn a_server_will_do_by_what_is_known_of_it() {
        let facts = |in_recovery, read_only| {
            let mut facts = SessionFacts::of_tests();
            (facts.in_recovery, facts.read_only) = (in_recovery, read_only);
            facts
        };
        let (primary, standby, closed) = (facts(false, false), facts(true, true), facts(false, true));
        for (wanted, met) in [
            (Wanted::Any, [Some(true), Some(true), Some(true)]),
            (Wanted::ReadWrite, [Some(true), Some(false), Some(false)]),
            (Wanted::ReadOnly, [Some(false), Some(true), Some(true)]),
            (Wanted::Primary, [Some(true), Some(false), Some(true)]),
            (Wanted::Standby, [Some(false), Some(true), Some(false)]),
            (Wanted::PreferStandby, [None, Some(true), None]),
        ] {
            assert_eq!([&primary, &standby, &closed].map(|facts| wanted.is_met(facts)), met, "{}", wanted.word());
        }
    }
}
