//! What is wrong in a TOML text: where, and what its place takes. Never what stands there: a configuration holds
//! passwords, and a wrong file may have been named.

/// A slip of a TOML text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}{}: {what}", .key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default())]
pub struct TomlFault {
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub key: Option<String>,
    pub what: String,
}

impl TomlFault {
    /// The slip that an error is about.
    pub fn of(text: &str, error: &toml::de::Error) -> TomlFault {
        let span = error.span().unwrap_or(0..0);
        let before = text.get(..span.start).unwrap_or_default();
        let begins = before.rfind('\n').map_or(0, |at| at + 1);
        let after = text.get(span.end..).unwrap_or_default();
        let ends = span.end + after.find('\n').unwrap_or(after.len());
        let lines = text.get(begins..ends).unwrap_or_default();
        TomlFault {
            line: before.matches('\n').count() + 1,
            column: before[begins..].chars().count() + 1,
            key: key_of(lines),
            what: unquoted(error.message(), lines),
        }
    }
}

/// The key of a line, where it is a plain one.
fn key_of(line: &str) -> Option<String> {
    let key = line.split_once('=')?.0.trim();
    let is_plain = !key.is_empty() && key.len() <= 40 && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_plain.then(|| key.to_owned())
}

/// A message of the parser without anything that stands in these lines: what they repeat is left out, and what the
/// place takes is said instead.
pub fn unquoted(message: &str, lines: &str) -> String {
    let words = lines.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
    let message = message.trim_end();
    if !words.into_iter().any(|word| message.contains(word)) {
        return message.to_owned();
    }
    match message.rsplit_once(", expected ").map(|(_, expected)| expected.lines().next().unwrap_or_default()) {
        Some(expected) if expected.starts_with("struct ") => "expected a table".into(),
        Some(expected) => format!("expected {expected}"),
        None => "not what this place takes".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        #[expect(dead_code, reason = "read by serde")]
        database: String,
        #[expect(dead_code, reason = "read by serde")]
        day: Option<jiff::civil::Date>,
        #[expect(dead_code, reason = "read by serde")]
        more: Option<More>,
    }

    #[derive(Deserialize)]
    struct More {}

    #[test]
    fn a_slip_is_told_by_its_place_and_never_by_its_text() {
        for (text, said) in [
            ("database = \"postgres://u:hunter2@h/db", "line 1, column "),
            ("\n  databse = \"hunter2\"", "line 2, column 3, key databse: expected one of `database`, `day`, `more`"),
            ("database = [\"hunter2\"]", "line 1, column 12, key database: "),
            ("more = \"hunter2\"", "line 1, column 8, key more: expected a table"),
            ("database = \"hunter2\"\ndatabase = \"hunter2\"", "line 2, column 1, key database: "),
            ("day = \"hunter2\"", "line 1, column 7, key day: "),
            ("hunter2 = 1", "line 1, column 1: expected one of"),
            ("[hunter2]", "line 1, column "),
            ("database = 'a'\nhunter2", "line 2, column "),
            ("database = hunter2", "line 1, column 12, key database: "),
        ] {
            let Err(error) = toml::from_str::<File>(text) else { panic!("{text} was taken") };
            let told = TomlFault::of(text, &error).to_string();
            assert!(told.starts_with(said) && !told.contains("hunter2"), "{told}");
        }
    }
}
