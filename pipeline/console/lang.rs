//! The two languages of the console.

/// Chinese first, English complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    Zh,
    En,
}

/// What a person asked for in the URL or has in the cookie.
pub const LANGUAGES: [(&str, Lang); 2] = [("zh-CN", Lang::Zh), ("en", Lang::En)];

impl Lang {
    /// The language of a code, as `?lang=` and the cookie have it.
    pub fn of(code: &str) -> Option<Lang> {
        LANGUAGES.into_iter().find(|(known, _)| *known == code).map(|(_, lang)| lang)
    }

    /// As HTML's `lang` and the cookie name it.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The first language of `Accept-Language` that we speak; Chinese where there is none (RFC 9110 §12.5.4; the
    /// weights of real browsers fall from left to right).
    pub fn accepted(header: &str) -> Lang {
        let spoken = header.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
        let known = |tag: &str| match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("zh") => Some(Lang::Zh),
            Some("en") => Some(Lang::En),
            _ => None,
        };
        spoken.filter_map(known).next().unwrap_or(Lang::Zh)
    }

    /// One of two texts.
    pub fn say<'t>(self, zh: &'t str, en: &'t str) -> &'t str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_we_speak_is_taken() {
        for (header, lang) in [
            ("en-GB,en;q=0.9,zh;q=0.5", Lang::En),
            ("zh-CN,zh;q=0.9", Lang::Zh),
            ("de,fr;q=0.8", Lang::Zh),
            ("de, en;q=0.3", Lang::En),
            ("", Lang::Zh),
            (",;q=,e,中文", Lang::Zh),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header}");
        }
    }
}
