//! The texts of notices to people, in Chinese and English, as data.
//!
//! A text knows three words: the point, the last day and how many cards. A notice holds no more than its text needs, so
//! nothing personal can stand in one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::toml_fault::TomlFault;

const BUILT_IN: &str = include_str!("../../../schemas/notices.toml");

/// In which language somebody is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
pub enum Language {
    #[serde(rename = "zh-CN")]
    Chinese,
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }
}

/// What a text is filled with.
pub struct Words<'w> {
    /// The name of the pickup point.
    pub point: &'w str,
    /// The last day of the window, year first; empty where none is told.
    pub last_day: &'w str,
    pub cards: usize,
}

/// A text with its words in braces.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    #[serde(rename = "zh-CN")]
    chinese: String,
    en: String,
}

/// Every template, by its name.
#[derive(Debug, Deserialize)]
pub struct Templates(BTreeMap<String, Template>);

impl Templates {
    /// Those that come with the program.
    ///
    /// # Errors
    /// The file is not what it should be; a test sees to it that it is.
    pub fn built_in() -> Result<Templates, TomlFault> {
        toml::from_str(BUILT_IN).map_err(|error| TomlFault::of(BUILT_IN, &error))
    }

    /// The names of all templates, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether the text of a template says a last day.
    pub fn tells_last_day(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|template| template.chinese.contains("{last_day}"))
    }

    /// The text of a template; `None` where there is no such template.
    pub fn text(&self, name: &str, language: Language, words: &Words<'_>) -> Option<String> {
        let template = self.0.get(name)?;
        let text = match language {
            Language::Chinese => &template.chinese,
            Language::English => &template.en,
        };
        let filled = text.replace("{last_day}", words.last_day).replace("{cards}", &words.cards.to_string());
        // Last: a name that holds a brace is filled with nothing.
        Some(filled.replace("{point}", words.point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(text: &str) -> Vec<&str> {
        let mut words: Vec<&str> =
            text.split('{').skip(1).map(|rest| rest.split_once('}').expect("a brace is closed").0).collect();
        words.sort_unstable();
        words
    }

    #[test]
    fn both_languages_of_a_template_say_the_same_known_words() {
        for (name, template) in Templates::built_in().unwrap().0 {
            assert_eq!(words_of(&template.chinese), words_of(&template.en), "{name}");
            assert!(words_of(&template.en).iter().all(|word| ["point", "last_day", "cards"].contains(word)), "{name}");
            // A short message of seventy signs is sent whole; a name of a point has some twenty.
            assert!(template.chinese.chars().count() <= 70, "{name}");
        }
    }

    #[test]
    fn a_text_is_filled_and_a_name_with_braces_fills_nothing() {
        let words = Words { point: "{cards}村", last_day: "2026-07-31", cards: 2 };
        let templates = Templates::built_in().unwrap();
        let text = templates.text("ready", Language::English, &words).unwrap();
        assert_eq!(
            text,
            "Social security card: 2 at {cards}村. Please collect by 2026-07-31 (inclusive) and bring your identity document."
        );
        assert!(templates.text("no-such", Language::Chinese, &words).is_none());
        assert!(templates.tells_last_day("ready") && !templates.tells_last_day("recalled"));
    }
}
