//! What is shown once and never again: a first link, or a token of a program.

use askama::Template;
use cardline::people::first_links::FirstLink;
use cardline::people::tokens::MadeToken;
use cardline::time::rfc3339;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "users/once.html")]
struct Once {
    f: Frame,
    name: String,
    /// Of a link, to be opened; empty for a token.
    link: String,
    token: String,
    until: String,
}

/// The page of a link.
pub fn link(asked: &Asked, name: &str, link: &FirstLink) -> Result<Answer, Refusal> {
    let title = asked.lang.say("{} 的首次链接", "The first link of {}").replace("{}", name);
    let f = Frame::of(asked, &title);
    let (path, until) = (format!("/first/{}", link.text), rfc3339(link.until));
    Ok(Answer::Page(Once { f, name: name.into(), link: path, token: String::new(), until }.render()?))
}

/// The page of a token.
pub fn token(asked: &Asked, name: &str, made: &MadeToken) -> Result<Answer, Refusal> {
    let title = asked.lang.say("{} 的令牌", "A token of {}").replace("{}", name);
    let f = Frame::of(asked, &title);
    let (token, until) = (made.token.text().to_owned(), rfc3339(made.until));
    Ok(Answer::Page(Once { f, name: name.into(), link: String::new(), token, until }.render()?))
}
