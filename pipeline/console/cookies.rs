//! Cookies as a browser sends and takes them (RFC 6265).

use hyper::HeaderMap;
use hyper::header::COOKIE;

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// A cookie that no script reads and no other site sends; it ends with the browser's session.
pub fn private(name: &str, value: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}")
}

/// A cookie that is kept for a year and tells nothing: the language.
pub fn lasting(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
}

/// Takes a cookie away.
pub fn ended(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
}
