//! What an operator does about an error of the database, by its code.
//!
//! The words follow the server's own, which say what happened.

use std::borrow::Cow;
use std::io::ErrorKind;

/// Codes of PostgreSQL, and what is to be done.
const CURES: &[(&str, &str)] = &[
    ("28000", "correct the user, or pg_hba.conf on the server"),
    ("28P01", "correct the password in the address, PGPASSWORD or ~/.pgpass"),
    ("3D000", "correct the name, or make it (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0)"),
    ("42501", "have the owner of the database GRANT it to the role"),
    ("53100", "make room on the server's disk"),
    ("53300", "every place on the server is taken: end what is idle, raise max_connections, or run fewer workers"),
    ("57P01", "the server was stopped or the session ended there; start it again"),
    ("57P03", "the server is starting or stopping; wait, or look into its log"),
    ("25006", "it is a standby, or was set read-only; it goes on once writes are allowed"),
    ("26000", SESSION_MODE),
    ("42P05", SESSION_MODE),
];

const SESSION_MODE: &str = "a pooler that gives every transaction another session stands in between: set pool_mode = session, or connect directly";

/// The cure with a semicolon before it; nothing where none is known.
pub(crate) fn cure(error: &sqlx::Error) -> Cow<'static, str> {
    let found = match error {
        sqlx::Error::Database(told) => {
            let code = told.code().unwrap_or_default();
            by_words(told.message())
                .or_else(|| CURES.iter().find(|(known, _)| *known == code).map(|(_, cure)| Cow::Borrowed(*cure)))
        }
        sqlx::Error::Io(source) => of_network(source).map(Cow::Borrowed),
        _ => None,
    };
    found.map_or(Cow::Borrowed(""), |cure| format!("; {cure}").into())
}

/// Poolers have one code for everything, and tell it by their words.
fn by_words(message: &str) -> Option<Cow<'static, str>> {
    if let Some((_, parameter)) = message.split_once("unsupported startup parameter: ") {
        return Some(format!("add {parameter} to ignore_startup_parameters of pgbouncer").into());
    }
    let known = [
        (
            "no more connections allowed",
            "every place at the pooler is taken: raise max_client_conn, or run fewer workers",
        ),
        ("no such database", "name the database in the pooler's configuration, or correct the address"),
        (
            "server_login_retry",
            "the pooler does not reach the server behind it: start that, or correct its address there",
        ),
        (
            "query_wait_timeout",
            "every connection of the pooler is taken: raise default_pool_size, or run fewer workers",
        ),
    ];
    known.iter().find(|(words, _)| message.contains(words)).map(|(_, cure)| Cow::Borrowed(*cure))
}

fn of_network(source: &std::io::Error) -> Option<&'static str> {
    match source.kind() {
        ErrorKind::ConnectionRefused => Some("nobody listens there: start the server, or correct the address"),
        ErrorKind::NotFound => Some("there is no such socket: start the server, or correct the address"),
        ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Some("the machine cannot be reached: look at the address and at what lies between")
        }
        // What the resolver says has no kind of its own.
        _ if source.to_string().contains("lookup address") => {
            Some("the name does not resolve: correct the address, or the name service")
        }
        _ => None,
    }
}
