//! Logging in and out. A session gets a new token at every login, whatever cookie came with the form.

use askama::Template;
use axum::response::Response;
use cardline::people::passwords::Password;
use cardline::people::sessions::{self, LoginError, LoginRefusal, Token};
use cardline::people::tries::Place;
use cardline::time::local;
use hyper::StatusCode;

use super::interrupted::{self, Interrupted};
use super::next::inside;
use super::session;
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::serving::response::status_of;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    f: Frame,
    name: String,
    next: String,
    wrong: String,
    /// There are no users: the page says how the first one is made.
    nobody: bool,
    /// What was to be done when the session had ended.
    act: Option<Interrupted>,
}

/// The form.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let nobody = !asked.console.worker().await?.0.ledger.has_users().await?;
    form(&asked, "", asked.query.get("next"), String::new(), nobody)
}

fn form(asked: &Asked, name: &str, next: &str, wrong: String, nobody: bool) -> Result<Answer, Refusal> {
    let is_fit = wrong.is_empty();
    let page = shown(asked, name, next, wrong, nobody, Interrupted::read(&asked.form))?;
    Ok(if is_fit { Answer::Page(page) } else { Answer::Unfit(page) })
}

fn shown(
    asked: &Asked,
    name: &str,
    next: &str,
    wrong: String,
    nobody: bool,
    act: Option<Interrupted>,
) -> Result<String, Refusal> {
    let f = Frame::of(asked, asked.lang.say("登录", "Log in"));
    Ok(LoginPage { f, name: name.into(), next: inside(next).into(), wrong, nobody, act }.render()?)
}

/// The page in the place of an act whose session had ended.
pub fn interrupted(asked: &Asked) -> Result<Response, Refusal> {
    let body = shown(asked, "", &asked.path, String::new(), false, Some(Interrupted::of(asked)))?;
    Ok(status_of(StatusCode::UNAUTHORIZED, body, "text/html; charset=utf-8"))
}

/// Where somebody is known who logged in from there.
pub fn place(asked: &Asked) -> Place {
    Place::of(&format!("console {}", asked.from))
}

/// Logs somebody in.
pub async fn login(mut asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.console.worker().await?;
    let (name, next) = (asked.form.get("name"), asked.form.get("next"));
    let password = Password::typed(asked.form.get("password"));
    let place = place(&asked);
    // Whoever must wait is told until when; a connection that waits holds a place.
    match sessions::try_password(&worker.ledger, name, &password, &place, now).await {
        Ok(principal) => {
            let token = Token::random();
            sessions::begin(&worker.ledger, &principal, &token, now).await?;
            let cookies = vec![session::cookie(&token, asked.secure)];
            match Interrupted::read(&asked.form).filter(|act| !act.fields.is_empty()) {
                None => Ok(Answer::To { path: inside(next).into(), cookies }),
                Some(act) => {
                    asked.viewer = Some(Viewer::new(principal, token.text(), None));
                    Ok(Answer::Begun { page: interrupted::again(&asked, act)?, cookies })
                }
            }
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
