//! Where somebody goes after a login.

/// Only a path of this console, never another host (`//host`, `/\host`), is gone to after a login.
pub fn inside(next: &str) -> &str {
    let is_ours = next.starts_with('/') && !next.contains(['\\', '\r', '\n']) && !next[1..].starts_with('/');
    if is_ours { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_to() {
        for (next, goes) in [
            ("/ops?state=cut", "/ops?state=cut"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
        ] {
            assert_eq!(inside(next), goes);
        }
    }
}
