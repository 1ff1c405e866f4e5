//! Filters of lists: they live in the URL, so a view can be kept and sent.

/// One filter that can be chosen on a list.
pub struct Filter {
    /// Its name in the URL.
    pub name: &'static str,
    pub label: String,
    /// Value and word of each choice; none: it is typed.
    pub choices: Vec<(String, String)>,
    pub value: String,
}

impl Filter {
    /// One that is chosen from a list of values.
    pub fn of(name: &'static str, label: &str, value: &str, choices: Vec<(String, String)>) -> Filter {
        Filter { name, label: label.into(), choices, value: value.into() }
    }

    /// One that is typed.
    pub fn typed(name: &'static str, label: &str, value: &str) -> Filter {
        Filter::of(name, label, value, Vec::new())
    }

    /// The word of the value that is chosen.
    pub fn chosen(&self) -> &str {
        self.choices.iter().find(|(value, _)| *value == self.value).map_or(&self.value, |(_, word)| word)
    }
}
