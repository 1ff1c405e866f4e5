//! Loading a profile: read, completed, linted. What is loaded is sound.

use std::sync::Arc;

use super::found::{ProfileDefect, ProfileFault};
use super::lint;
use super::profile::Profile;

impl Profile {
    /// Reads and lints a profile; `file_name` is named in every defect.
    ///
    /// # Errors
    /// The first slip of the TOML, or every defect the lint finds.
    pub fn load(text: &str, file_name: &str) -> Result<Self, ProfileFault> {
        let mut profile: Self = toml::from_str(text).map_err(|error| ProfileFault {
            file: file_name.to_owned(),
            defects: vec![lint::toml_defect(text, &error)],
        })?;
        let codes = Arc::new(profile.codes.clone());
        for file in &mut profile.files {
            file.partner.clone_from(&profile.code);
            file.profile_charset = profile.charset;
            file.codes = Arc::clone(&codes);
        }
        let mut defects = profile.lint();
        if defects.is_empty() {
            return Ok(profile);
        }
        lint::find_lines(text, &mut defects);
        Err(ProfileFault { file: file_name.to_owned(), defects })
    }

    /// Everything the lints find, in their order.
    #[must_use]
    pub fn lint(&self) -> Vec<ProfileDefect> {
        lint::defects(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;
    use crate::file_formats::sample;

    #[test]
    fn a_slip_of_the_pen_is_named_with_its_file_and_line() {
        let text = sample::PROFILE.replace("version = 1", "version = 1\nversoin = 2");
        let fault = Profile::load(&text, "TEST.toml").err().unwrap();
        let message = fault.to_string();
        assert!(message.contains("TEST.toml:6"), "{message}");
    }
}
