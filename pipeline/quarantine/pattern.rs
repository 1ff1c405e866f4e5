//! A text by the kind and length of its characters.

/// The kinds of a text's characters, with how many follow each other: `9×17 A`, `汉×2 · 汉`. Signs of
/// ASCII stand for themselves, any others by the code point of the first.
pub(super) fn pattern(text: &str, most: usize) -> String {
    let mut runs: Vec<(String, usize)> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let kind = Kind::of(c);
        if last != Some(kind) {
            if runs.len() == most {
                return format!("{} … ({} characters)", joined(&runs), grouped(text.chars().count()));
            }
            runs.push((kind.sign(c), 0));
        }
        if let Some((_, count)) = runs.last_mut() {
            *count += 1;
        }
        last = Some(kind);
    }
    if runs.is_empty() { "(empty)".into() } else { joined(&runs) }
}

/// A count in groups of three digits, so that no count looks like a piece of a number.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn joined(runs: &[(String, usize)]) -> String {
    let run = |(sign, count): &(String, usize)| if *count == 1 { sign.clone() } else { format!("{sign}×{count}") };
    runs.iter().map(run).collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Upper,
    Lower,
    Han,
    Letter,
    Space,
    Sign(char),
    Other,
}

impl Kind {
    fn of(c: char) -> Kind {
        match c {
            '0'..='9' => Kind::Digit,
            'A'..='Z' => Kind::Upper,
            'a'..='z' => Kind::Lower,
            ' ' => Kind::Space,
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Kind::Han,
            c if c.is_ascii_graphic() || c == '·' => Kind::Sign(c),
            c if c.is_alphanumeric() => Kind::Letter,
            _ => Kind::Other,
        }
    }

    fn sign(self, c: char) -> String {
        match self {
            Kind::Digit => "9".into(),
            Kind::Upper => "A".into(),
            Kind::Lower => "a".into(),
            Kind::Han => "汉".into(),
            Kind::Letter => "字".into(),
            Kind::Space => "␠".into(),
            Kind::Sign(c) => c.into(),
            Kind::Other => format!("U+{:04X}", u32::from(c)),
        }
    }
}
