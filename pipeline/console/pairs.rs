//! Names and values of a query or a form.

/// Names and values, in the order they came: a query or a form.
#[derive(Clone, Default)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn read(text: &[u8]) -> Pairs {
        // No database keeps a NUL, and nobody types one.
        let clean = |text: std::borrow::Cow<'_, str>| text.replace('\0', "");
        let pairs = url::form_urlencoded::parse(text).map(|(name, value)| (clean(name), clean(value)));
        Pairs(pairs.collect())
    }

    /// Reads a JSON object of texts and numbers; none where it is another document.
    pub fn of_json(text: &[u8]) -> Option<Pairs> {
        let serde_json::Value::Object(members) = serde_json::from_slice(text).ok()? else { return None };
        let pair = |(name, value): (String, serde_json::Value)| match value {
            serde_json::Value::String(value) => Some((name, value.replace('\0', ""))),
            serde_json::Value::Number(value) => Some((name, value.to_string())),
            _ => None,
        };
        members.into_iter().map(pair).collect::<Option<_>>().map(Pairs)
    }

    /// The value of a name; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// Every name that has a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str())
    }

    /// The same with one name set, or without it when the value is empty.
    pub fn with(&self, name: &str, value: &str) -> Pairs {
        let mut pairs: Vec<_> = self.0.iter().filter(|(known, _)| known != name).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Pairs(pairs)
    }

    /// As it stands behind a path's question mark.
    pub fn text(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
