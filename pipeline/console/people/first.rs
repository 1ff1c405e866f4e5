//! First links: whoever was added chooses their password by one; and while there are no users, whoever started the
//! console makes the first one by it.

use askama::Template;
use cardline::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN};
use cardline::people::passwords::{Password, PasswordError};
use cardline::people::permits::may_be_first;
use cardline::people::sessions::{self, Token};
use cardline::people::users::NewUser;
use cardline::store::{Principal, Stamp};
use cardline_core::domain::staff::{Role, Scope, name_fault};

use super::{login, session};
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
    /// The user is there, and chooses a password alone.
    is_added: bool,
    wrong: String,
}

/// A guest of a demo is let in; otherwise the form of a user's password, or of the first user.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let link = asked.part(0);
    if let Some((guest, held)) = asked.console.guests.by_link(link) {
        let cookies = vec![cookies::private(&guest.cookie(), held, asked.secure)];
        return Ok(Answer::To { path: format!("/?as={}", guest.role.code()), cookies });
    }
    match added(&asked).await? {
        Some(name) => form(&asked, &name, true, ""),
        None => {
            must_be_good(&asked).await?;
            form(&asked, "", false, "")
        }
    }
}

fn form(asked: &Asked, name: &str, is_added: bool, wrong: &str) -> Result<Answer, Refusal> {
    let title = if is_added {
        asked.lang.say("设定您的密码", "Choose your password")
    } else {
        asked.lang.say("第一位管理员", "The first administrator")
    };
    let f = Frame::of(asked, title);
    let page =
        FirstPage { f, link: asked.part(0).into(), name: name.into(), is_added, wrong: wrong.into() }.render()?;
    Ok(if wrong.is_empty() { Answer::Page(page) } else { Answer::Unfit(page) })
}

/// The user whose link this is, while it is good.
async fn added(asked: &Asked) -> Result<Option<String>, Refusal> {
    let (worker, now) = asked.console.worker().await?;
    Ok(worker.ledger.user_of_link(asked.part(0), now).await?)
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

/// Keeps the password of who was added, or makes the first user, an administrator who sees everything; and logs them
/// in. The link is spent.
pub async fn make(asked: Asked) -> Result<Answer, Refusal> {
    let known = added(&asked).await?;
    if known.is_none() {
        must_be_good(&asked).await?;
    }
    let is_added = known.is_some();
    let name = known.unwrap_or_else(|| asked.form.get("name").to_owned());
    let verifier = match verifier(&asked, &name, is_added) {
        Ok(verifier) => verifier,
        Err(wrong) => return form(&asked, &name, is_added, wrong.say(asked.lang)),
    };
    let (worker, now) = asked.console.worker().await?;
    let place = login::place(&asked);
    let principal = if is_added {
        worker.ledger.spend_link(asked.part(0), &verifier, &place, now).await?
    } else {
        let (role, scope) = (Role::Administrator, Scope::everything());
        debug_assert!(may_be_first(role, &scope));
        let new = NewUser { name: name.clone(), role, scope, verifier };
        let why = Stamp { at: now, actor: &name, reason: "the first user" };
        worker.ledger.add_user(&new, why).await?;
        worker.ledger.know_place(&name, &place, now).await?;
        if let Ok(mut link) = asked.console.first.lock() {
            *link = None;
        }
        worker.ledger.enabled_user(&name).await?
    };
    begun(&asked, &principal.ok_or(Refusal::Absent)?).await
}

/// What argon2id makes of the password, or what is wrong with what was typed.
fn verifier(asked: &Asked, name: &str, is_added: bool) -> Result<String, Words> {
    let (first, again) = (Password::typed(asked.form.get("password")), Password::typed(asked.form.get("again")));
    if !is_added && name_fault(name).is_some() {
        return Err(Words::new(
            "用户名为 2 至 32 个小写字母、数字、点或连字符，以字母开头",
            "A user's name has 2 to 32 of a-z, 0-9, dot and hyphen, and begins with a letter",
        ));
    }
    if !first.is(&again) {
        return Err(Words::new("两次输入的密码不同", "The two passwords differ"));
    }
    tokio::task::block_in_place(|| first.verifier(name))
        .map_err(|fault| Words::new(fault_zh(&fault), fault.to_string()))
}

fn fault_zh(fault: &PasswordError) -> String {
    match fault {
        PasswordError::Short => format!("密码至少 {PASSWORD_CHARACTERS_MIN} 个字符"),
        PasswordError::Long => format!("密码最多 {PASSWORD_BYTES_MAX} 个字节"),
        PasswordError::Name => "密码不能与用户名相同".into(),
        PasswordError::Hash(_) => "密码未能保存，请再试一次".into(),
    }
}

async fn begun(asked: &Asked, principal: &Principal) -> Result<Answer, Refusal> {
    let (worker, now) = asked.console.worker().await?;
    let token = Token::random();
    sessions::begin(&worker.ledger, principal, &token, now).await?;
    Ok(Answer::To { path: "/".into(), cookies: vec![session::cookie(&token, asked.secure)] })
}
