//! The first link: while there are no users, whoever started the console makes the first one by it.

use askama::Template;
use cardline::people::passwords::Password;
use cardline::people::permits::may_be_first;
use cardline::people::sessions::{self, Token};
use cardline::people::tries::Place;
use cardline::people::users::NewUser;
use cardline::store::Stamp;
use cardline_core::domain::staff::{Role, Scope, name_fault};

use super::session;
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::cookies;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage {
    f: Frame,
    link: String,
    name: String,
    wrong: String,
}

/// A guest of a demo is let in; otherwise the form of the first user.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let link = asked.part(0);
    if let Some((guest, held)) = asked.console.guests.by_link(link) {
        let cookies = vec![cookies::private(&guest.cookie(), held, asked.secure)];
        return Ok(Answer::To { path: format!("/?as={}", guest.role.code()), cookies });
    }
    must_be_good(&asked).await?;
    form(&asked, "", "")
}

fn form(asked: &Asked, name: &str, wrong: &str) -> Result<Answer, Refusal> {
    let f = Frame::of(asked, asked.lang.say("第一位管理员", "The first administrator"));
    let page = FirstPage { f, link: asked.part(0).into(), name: name.into(), wrong: wrong.into() }.render()?;
    Ok(if wrong.is_empty() { Answer::Page(page) } else { Answer::Unfit(page) })
}

/// The link is the one that was printed, its time is not over, and there are no users yet.
async fn must_be_good(asked: &Asked) -> Result<(), Refusal> {
    let good =
        asked.console.first.lock().is_ok_and(|first| first.as_ref().is_some_and(|first| first.opens(asked.part(0))));
    if !good || asked.console.worker().await?.0.ledger.has_users().await? {
        return Err(Refusal::Absent);
    }
    Ok(())
}

/// Makes the first user, an administrator who sees everything, and logs them in. The link is spent.
pub async fn make(asked: Asked) -> Result<Answer, Refusal> {
    must_be_good(&asked).await?;
    let name = asked.form.get("name").to_owned();
    let (first, again) = (Password::typed(asked.form.get("password")), Password::typed(asked.form.get("again")));
    let wrong = name_fault(&name)
        .map(|_| {
            Words::new(
                "用户名为 2 至 32 个小写字母、数字、点或连字符，以字母开头",
                "A user's name has 2 to 32 of a-z, 0-9, dot and hyphen, and begins with a letter",
            )
        })
        .or_else(|| (!first.is(&again)).then(|| Words::new("两次输入的密码不同", "The two passwords differ")));
    if let Some(wrong) = wrong {
        return form(&asked, &name, wrong.say(asked.lang));
    }
    let (role, scope) = (Role::Administrator, Scope::everything());
    debug_assert!(may_be_first(role, &scope));
    let (worker, now) = asked.console.worker().await?;
    let verifier = match tokio::task::block_in_place(|| first.verifier(&name)) {
        Ok(verifier) => verifier,
        Err(fault) => return form(&asked, &name, &fault.to_string()),
    };
    let new = NewUser { name: name.clone(), role, scope, verifier };
    let why = Stamp { at: now, actor: &name, reason: "the first user" };
    worker.ledger.add_user(&new, why).await?;
    worker.ledger.know_place(&name, &Place::of(&asked.from), now).await?;
    if let Ok(mut link) = asked.console.first.lock() {
        *link = None;
    }
    let principal = worker.ledger.enabled_user(&name).await?.ok_or(Refusal::Absent)?;
    let token = Token::random();
    sessions::begin(&worker.ledger, &principal, &token, now).await?;
    Ok(Answer::To { path: "/".into(), cookies: vec![session::cookie(&token, asked.secure)] })
}
