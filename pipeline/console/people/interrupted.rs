//! An act whose session ended before it was sent. Nothing was done; the login page says so and keeps what was typed
//! where that is harmless, and after the login it stands on a page of its own, to be sent again by a click.
//!
//! Invariant: nothing is carried out by logging in. What names a person or proves one is not kept, and nothing of it
//! stands in a URL.

use askama::Template;

use super::next::inside;
use crate::answer::Refusal;
use crate::asked::Asked;
use crate::frame::Frame;
use crate::pairs::Pairs;

/// Fields that are kept: words, codes and numbers of acts, and the reason. Of whom a person was looked up, of a
/// password or of a session nothing is.
const KEPT: &[&str] = &[
    "act", "area", "bank", "code", "confirm", "count", "days", "id", "key", "name", "reason", "role", "set", "stream",
    "word",
];

/// What marks them in the form of the login.
const MARK: &str = "typed-";

/// An act that was not done.
#[derive(Clone)]
pub struct Interrupted {
    /// Where its form went.
    pub path: String,
    pub fields: Vec<(String, String)>,
}

impl Interrupted {
    /// Of a form that came without a session.
    pub fn of(asked: &Asked) -> Interrupted {
        let kept = KEPT.iter().map(|name| ((*name).to_owned(), asked.form.get(name).to_owned()));
        Interrupted { path: asked.path.clone(), fields: kept.filter(|(_, value)| !value.is_empty()).collect() }
    }

    /// As the form of the login brings it.
    pub fn read(form: &Pairs) -> Option<Interrupted> {
        let path = form.get("then");
        if path.is_empty() || inside(path) != path {
            return None;
        }
        let field = |name: &&str| ((*name).to_owned(), form.get(&format!("{MARK}{name}")).to_owned());
        let fields = KEPT.iter().map(field).filter(|(_, value)| !value.is_empty()).collect();
        Some(Interrupted { path: path.to_owned(), fields })
    }

    /// The name of a field in the form of the login.
    pub fn marked(&self, name: &str) -> String {
        format!("{MARK}{name}")
    }
}

#[derive(Template)]
#[template(path = "interrupted.html")]
struct Again {
    f: Frame,
    act: Interrupted,
}

/// After the login: what was typed, to be sent again.
pub fn again(asked: &Asked, act: Interrupted) -> Result<String, Refusal> {
    let f = Frame::of(asked, asked.lang.say("刚才的操作没有执行", "Your last act was not done"));
    Ok(Again { f, act }.render()?)
}
