//! A person without a mouse.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::Value;

use super::Browser;

/// More stops than any page has.
const STOPS_MAX: usize = 300;

/// Name of what has the focus and whether one sees that it has; nothing where the page itself has it.
const FOCUSED: &str = "const at = document.activeElement;
    if (!at || at === document.body || at === document.documentElement) return null;
    const style = getComputedStyle(at);
    const seen = style.outlineStyle !== 'none' && style.outlineWidth !== '0px' || style.boxShadow !== 'none';
    const name = at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText || at.value || at.name || at.tagName;
    return [name.trim(), seen];";

/// Where the keyboard stopped.
#[derive(Debug, PartialEq, Eq)]
pub struct Stop {
    pub name: String,
    /// Whether one sees that it has the focus.
    pub seen: bool,
}

impl Browser {
    pub async fn press(&self, key: Key) {
        self.strike(key.into()).await;
    }

    /// Types a text into what has the focus.
    pub async fn type_in(&self, text: &str) {
        for sign in text.chars() {
            self.strike(sign).await;
        }
    }

    async fn strike(&self, value: char) {
        let keys = KeyActions::new("keyboard".into());
        let keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// What has the focus.
    pub async fn focused(&self) -> Option<Stop> {
        match self.run(FOCUSED).await {
            Value::Null => None,
            found => Some(Stop { name: found[0].as_str().unwrap().to_owned(), seen: found[1].as_bool().unwrap() }),
        }
    }

    /// Presses Tab until something of this name has the focus.
    ///
    /// # Panics
    /// When nothing on the page has the name.
    pub async fn tab_to(&self, name: &str) {
        for _ in 0..STOPS_MAX {
            self.press(Key::Tab).await;
            if self.focused().await.is_some_and(|stop| stop.name == name) {
                return;
            }
        }
        panic!("the keyboard does not reach {name}");
    }

    /// Every stop of the keyboard, from the beginning of the page to its end.
    ///
    /// # Panics
    /// When there is no end: something holds the focus.
    pub async fn walk(&self) -> Vec<Stop> {
        let mut stops = Vec::new();
        while stops.len() < STOPS_MAX {
            self.press(Key::Tab).await;
            match self.focused().await {
                Some(stop) => stops.push(stop),
                None => return stops,
            }
        }
        panic!("the keyboard does not leave the page: {:?}", &stops[..20]);
    }
}
