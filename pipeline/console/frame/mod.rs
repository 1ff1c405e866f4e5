//! What every page has around it: language, navigation, numbers, days and states as people read them.
//!
//! A template has one `f: Frame` and extends `frame.html`. `f.say` is its two languages, `f.to` a link that keeps
//! the session, `f.n` a number, `f.day` a day as people count it, `f.at` an instant, `f.state` a state in colour, shape
//! and word.

pub mod chart;
mod counted;
mod days;
mod faults;
pub mod filters;
mod navigation;
pub mod reasons;
mod rules;
pub mod states;

pub use cardline_core::domain::visible::grouped;

use std::borrow::Borrow;
use std::sync::Arc;

use askama::Template;
use cardline::people::permits::Permission;
use cardline::step::Worker;
use cardline::time::{local, local_date};
use cardline_core::domain::calendar::Calendar;
use cardline_core::file_formats::FaultCode;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::answer::Words;
use crate::asked::Asked;
use crate::lang::Lang;
use crate::pairs::Pairs;
use crate::viewer::Viewer;
use counted::Counted;
use navigation::NavItem;
use states::ShownState;

/// Around a page.
pub struct Frame {
    pub lang: Lang,
    pub title: String,
    pub demo: bool,
    pub nav: Vec<NavItem>,
    viewer: Option<Viewer>,
    path: String,
    query: Pairs,
    today: Option<(Date, Arc<Calendar>)>,
}

impl Frame {
    /// Around a page that shows no day.
    pub fn of(asked: &Asked, title: &str) -> Frame {
        let nav = asked.viewer.as_ref().map(|viewer| navigation::of(viewer, &asked.path)).unwrap_or_default();
        Frame {
            lang: asked.lang,
            title: title.into(),
            demo: asked.console.is_demo(),
            nav,
            viewer: asked.viewer.clone(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            today: None,
        }
    }

    /// Around a page that says how far days are away.
    pub fn at(asked: &Asked, worker: &Worker, now: Timestamp, title: &str) -> Frame {
        Frame { today: Some((local_date(now), worker.calendar.clone())), ..Frame::of(asked, title) }
    }

    /// One of two texts.
    pub fn say<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        self.lang.say(zh, en)
    }

    /// Words found in both languages.
    pub fn words(&self, words: impl Borrow<Words>) -> String {
        words.borrow().say(self.lang).to_owned()
    }

    /// A link to a page of ours, in the session it is followed from.
    pub fn to(&self, path: impl AsRef<str>) -> String {
        let path = path.as_ref();
        match self.viewer.as_ref().and_then(|viewer| viewer.guest.as_ref()) {
            None => path.to_owned(),
            Some(guest) => {
                let (path, fragment) = path.split_once('#').map_or((path, None), |(path, rest)| (path, Some(rest)));
                let joint = if path.contains('?') { '&' } else { '?' };
                let fragment = fragment.map_or_else(String::new, |rest| format!("#{rest}"));
                format!("{path}{joint}as={}{fragment}", guest.role.code())
            }
        }
    }

    /// A link to something that is named by a text; what a URL cannot hold is escaped.
    pub fn to_of(&self, path: &str, name: impl AsRef<str>) -> String {
        self.to(format!("{path}{}", segment(name.as_ref())))
    }

    /// A link to something that has a number.
    pub fn to_number(&self, path: &str, number: impl Counted) -> String {
        self.to(format!("{path}{}", number.number()))
    }

    /// This page with another filter: one name set, or taken away by an empty value. The next page's mark falls.
    pub fn with(&self, name: &str, value: &str) -> String {
        let query = self.query.with("after", "").with(name, value);
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.text()) }
    }

    /// The next page of a list.
    pub fn further(&self, mark: &str, value: impl std::fmt::Display) -> String {
        format!("{}?{}", self.path, self.query.with(mark, &value.to_string()).text())
    }

    /// The value of a filter.
    pub fn filter(&self, name: &str) -> &str {
        self.query.get(name)
    }

    /// Whether anything is filtered.
    pub fn is_filtered(&self) -> bool {
        self.query.names().any(|name| !["as", "lang", "after", "sort", "done"].contains(&name))
    }

    /// The same page in the other language.
    pub fn other_language(&self) -> String {
        let other = if self.lang == Lang::Zh { Lang::En } else { Lang::Zh };
        format!("{}?{}", self.path, self.query.with("lang", other.code()).text())
    }

    /// What a form of this session carries.
    pub fn form_token(&self) -> &str {
        self.viewer.as_ref().map_or("", |viewer| viewer.form_token.as_str())
    }

    /// Who is logged in: name, role and what they see; empty where nobody is.
    pub fn who(&self) -> String {
        let Some(viewer) = &self.viewer else { return String::new() };
        let (name, scope) = (&viewer.principal.name, &viewer.principal.scope);
        let role = states::role(viewer.principal.role).say(self.lang).to_owned();
        let sees = match (scope.bank.as_str(), scope.area.as_str()) {
            ("", "") => self.say("全部", "everything").to_owned(),
            (bank, "") => bank.to_owned(),
            ("", area) => area.to_owned(),
            (bank, area) => format!("{bank} {area}"),
        };
        if viewer.guest.is_some() { format!("{role} · {sees}") } else { format!("{role} {name} · {sees}") }
    }

    /// Whether the viewer may do this: what they may not do has no button.
    pub fn may(&self, permission: Permission) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.may(permission))
    }

    /// A number with thousands apart.
    pub fn n(&self, number: impl Counted) -> String {
        grouped(number.number())
    }

    /// The ends of a digest, which are enough to tell two apart.
    pub fn ends(&self, digest: impl AsRef<str>) -> String {
        let digest = digest.as_ref();
        match (digest.get(..4), digest.len().checked_sub(4).and_then(|from| digest.get(from..))) {
            (Some(begin), Some(end)) => format!("{begin}…{end}"),
            _ => digest.to_owned(),
        }
    }

    /// A day and how far it is, as the working calendar counts: "in 3 working days, Tue 14 April".
    pub fn day(&self, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        match (text.get(..10).unwrap_or(text).parse::<Date>(), &self.today) {
            (Ok(day), Some((today, calendar))) => days::counted(self.lang, *today, day, calendar),
            (Ok(day), None) => days::named(self.lang, day, None),
            _ => text.to_owned(),
        }
    }

    /// A day alone.
    pub fn date(&self, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        let today = self.today.as_ref().map(|(today, _)| *today);
        text.get(..10)
            .unwrap_or(text)
            .parse()
            .map_or_else(|_| text.to_owned(), |day| days::named(self.lang, day, today))
    }

    /// An instant (RFC 3339) in local time; its day only where that is another one.
    pub fn at_time(&self, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        let Ok(at) = text.parse::<Timestamp>() else { return text.to_owned() };
        let at = local(at);
        let time = at.strftime("%H:%M").to_string();
        match &self.today {
            Some((today, _)) if at.date() == *today => time,
            today => format!("{} {time}", days::named(self.lang, at.date(), today.as_ref().map(|(today, _)| *today))),
        }
    }

    /// Today, as the head of a page says it.
    pub fn today(&self) -> String {
        let Some((today, calendar)) = &self.today else { return String::new() };
        let kind = if calendar.is_working_day(*today).working {
            ("工作日", "working day")
        } else {
            ("休息日", "day off")
        };
        format!("{} · {}", days::whole(self.lang, *today), self.say(kind.0, kind.1))
    }

    /// A state in colour, shape and word.
    pub fn state(&self, code: impl AsRef<str>) -> ShownState {
        states::shown(self.lang, code.as_ref())
    }

    /// A code of ours as a word.
    pub fn word(&self, code: impl AsRef<str>) -> String {
        states::word(self.lang, code.as_ref())
    }

    /// A stage of the strip; at intake stand those that wait to be corrected.
    pub fn stage(&self, name: &str) -> String {
        if name == "intake" { self.say("待更正", "to be corrected").to_owned() } else { self.word(name) }
    }

    /// Whether the viewer finds a page in the navigation; what is none of theirs has no link.
    pub fn has(&self, path: &str) -> bool {
        self.nav.iter().any(|item| item.path == path)
    }

    /// Why something is so, in the reader's words.
    pub fn why(&self, reason: impl AsRef<str>) -> String {
        reasons::said(self.lang, reason.as_ref())
    }

    /// What a rule that was broken is called.
    pub fn rule(&self, code: impl AsRef<str>) -> String {
        rules::name(self.lang, code.as_ref())
    }

    /// What is wrong in a partner's file, and what to do.
    pub fn fault(&self, code: impl Borrow<FaultCode>, message: impl AsRef<str>) -> String {
        faults::said(self.lang, *code.borrow(), message.as_ref())
    }

    /// What puts right what breaks a rule.
    pub fn fix(&self, code: impl AsRef<str>) -> String {
        rules::fix(self.lang, code.as_ref())
    }

    /// Below the title, where a page says nothing of its own.
    pub fn lead(&self) -> String {
        self.today()
    }
}

/// A text as one part of a path.
pub fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let escaped = |byte: u8| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escaped).collect()
}

/// A page that says why there is no other one.
#[derive(Template)]
#[template(path = "refusal.html")]
pub struct RefusalPage {
    pub f: Frame,
    pub code: &'static str,
    pub cause: String,
    pub cure: String,
    /// Where to go on.
    pub home: String,
}
