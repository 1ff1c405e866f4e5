//! Addresses as they may be shown: without their secrets.

/// Parameters of an address that may be shown; whatever else stands there could be a secret.
const HARMLESS: &[&str] = &[
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
    "mode",
    "target_session_attrs",
];

/// `postgres://user:secret@host/db?password=secret` without the secrets. Of an address of no known form nothing is
/// shown.
pub fn masked_address(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return match address.split_once('?') {
            _ if !address.starts_with("sqlite:") => "(not sqlite:PATH and not postgres://…)".into(),
            Some((path, query)) => format!("{path}?{}", masked_query(query)),
            None => address.into(),
        };
    };
    let (front, query) = match rest.split_once('?') {
        // A question mark before the last @ of a password that was not encoded.
        Some((front, query)) if front.contains('@') || !query.contains('@') || !front.contains(':') => {
            (front, Some(query))
        }
        _ => (rest, None),
    };
    let front = match front.rsplit_once('@') {
        Some((user, server)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{server}"),
            None => format!("{user}@{server}"),
        },
        None => front.into(),
    };
    match query {
        Some(query) => format!("{scheme}://{front}?{}", masked_query(query)),
        None => format!("{scheme}://{front}"),
    }
}

/// Addresses of webhooks without what follows the host: a path or a parameter there is the key to it.
pub(super) fn masked_hooks(addresses: &str) -> String {
    let host = |address: &str| {
        let (scheme, rest) = address.trim().split_once("://").unwrap_or(("", ""));
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        format!("{scheme}://{}/***", place.rsplit('@').next().unwrap_or_default())
    };
    addresses.split(',').map(host).collect::<Vec<_>>().join(",")
}

fn masked_query(query: &str) -> String {
    let shown = |pair: &str| match pair.split_once('=') {
        Some((key, _)) if HARMLESS.contains(&key) => pair.to_owned(),
        Some((key, _)) => format!("{key}=***"),
        None => "***".into(),
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(masked_address("postgres://me:hidden@host:1/db"), "postgres://me:***@host:1/db");
        assert_eq!(masked_address("postgres://me@host/db?sslmode=require"), "postgres://me@host/db?sslmode=require");
        for address in [
            "postgres://host/db?password=hidden",
            "postgres://me@host/db?sslmode=require&password=hidden@x&user=me",
            "postgres://me:hid?den@host:1/db",
            "postgres://me:a:hidden@host/db?sslpassword=hidden",
            "postgres://host/db?options=-c%20x=hidden&passwd=hidden",
        ] {
            let shown = masked_address(address);
            assert!(!shown.contains("hid") && !shown.contains("den@") && shown.contains("host"), "{shown}");
        }
        assert_eq!(masked_address("sqlite:x.db"), "sqlite:x.db");
        let hooks = "https://me:hidden@h:8/send?key=hidden, http://g/hook/hidden,hidden";
        assert_eq!(masked_hooks(hooks), "https://h:8/***,http://g/***,:///***");
    }
}
