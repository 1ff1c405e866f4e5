//! Logging in and out. A session gets a new token at every login, whatever cookie came with the form.

use askama::Template;
use cardline::people::passwords::Password;
use cardline::people::sessions::{self, LoginError, LoginRefusal, Token};
use cardline::people::tries::Place;
use cardline::time::local;

use super::session;
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    f: Frame,
    name: String,
    next: String,
    wrong: String,
    /// There are no users: the page says how the first one is made.
    nobody: bool,
}

/// The form.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let nobody = !asked.console.worker().await?.0.ledger.has_users().await?;
    form(&asked, "", asked.query.get("next"), String::new(), nobody)
}

fn form(asked: &Asked, name: &str, next: &str, wrong: String, nobody: bool) -> Result<Answer, Refusal> {
    let f = Frame::of(asked, asked.lang.say("登录", "Log in"));
    let is_fit = wrong.is_empty();
    let page = LoginPage { f, name: name.into(), next: inside(next).into(), wrong, nobody }.render()?;
    Ok(if is_fit { Answer::Page(page) } else { Answer::Unfit(page) })
}

/// Only a path of this console, never another host (`//host`, `/\host`), is gone to after a login.
fn inside(next: &str) -> &str {
    let is_ours = next.starts_with('/') && !next.contains(['\\', '\r', '\n']) && !next[1..].starts_with('/');
    if is_ours { next } else { "/" }
}

/// Logs somebody in.
pub async fn login(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.console.worker().await?;
    let (name, next) = (asked.form.get("name"), asked.form.get("next"));
    let password = Password::typed(asked.form.get("password"));
    let place = Place::of(&format!("console {}", asked.from));
    // Whoever must wait is told until when; a connection that waits holds a place.
    match sessions::try_password(&worker.ledger, name, &password, &place, now).await {
        Ok(principal) => {
            let token = Token::random();
            sessions::begin(&worker.ledger, &principal, &token, now).await?;
            Ok(Answer::To { path: inside(next).into(), cookies: vec![session::cookie(&token, asked.secure)] })
        }
        Err(LoginError::Failed(error)) => Err(error.into()),
        Err(LoginError::Refused(refusal)) => form(&asked, name, next, wrong(&asked, &refusal), false),
    }
}

fn wrong(asked: &Asked, refusal: &LoginRefusal) -> String {
    match refusal {
        LoginRefusal::Waits { until } => {
            let until = local(*until).strftime("%H:%M:%S").to_string();
            asked
                .lang
                .say(
                    "密码错误次数过多，请在 {} 之后再试，或请管理员解锁",
                    "Too many wrong passwords: try again after {}, or ask an administrator to unlock you",
                )
                .replace("{}", &until)
        }
        LoginRefusal::Restored { .. } => asked
            .lang
            .say(
                "数据库刚恢复，须先由管理员确认用户",
                "The database was restored: an administrator must confirm its users first",
            )
            .into(),
        _ => asked.lang.say("用户名或密码不对", "User name or password is wrong").into(),
    }
}

/// Ends the session, here and in the ledger.
pub async fn logout(asked: Asked) -> Result<Answer, Refusal> {
    let viewer = asked.viewer()?;
    if let Some(guest) = &viewer.guest {
        let cookies = vec![crate::cookies::ended(&guest.cookie())];
        return Ok(Answer::To { path: "/login".into(), cookies });
    }
    if let Some(token) = &viewer.principal.session {
        asked.console.worker().await?.0.ledger.end_session(token).await?;
    }
    Ok(Answer::To { path: "/login".into(), cookies: vec![session::ended()] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_to() {
        for (next, goes) in [
            ("/ops?state=cut", "/ops?state=cut"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
        ] {
            assert_eq!(inside(next), goes);
        }
    }
}
