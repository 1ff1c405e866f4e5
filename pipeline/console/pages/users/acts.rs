//! What is done to a user: disabled, enabled, unlocked, given a first link; and tokens of programs, made and revoked.
//! Each shows its effect first. Reasons stand in the history in plain text, so they are chosen, not typed.

use cardline::limits::{TOKEN_DAYS, TOKEN_DAYS_MAX};
use cardline::people::first_links::FirstLink;
use cardline::people::permits::{Permission, may_set_password};
use cardline::people::tokens::{ListedToken, TokenRefusal, make};
use cardline::people::users::UserRecord;
use cardline::store::Stamp;
use cardline_core::domain::staff::Role;

use super::once;
use super::refusal::{no_guest, refused};
use super::visible::visible;
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::{Frame, segment};

/// An act that may be done to the user now.
pub struct UserAct {
    pub code: &'static str,
    pub word: Words,
    pub does: Words,
    /// As they stand in the history; one is chosen.
    pub reasons: &'static [&'static str],
}

/// Why somebody is disabled.
const DISABLED: &[&str] = &["left, or must not act any more", "works at another desk now", "suspected misuse"];

fn described(code: &'static str) -> UserAct {
    let (zh, en, does_zh, does_en, reasons): (_, _, _, _, &'static [&'static str]) = match code {
        "disable" => (
            "停用",
            "Disable",
            "所有会话与令牌立即结束，不能再登录；以后可再启用。",
            "Every session and token ends at once, and they log in no more; they can be enabled again.",
            DISABLED,
        ),
        "enable" => (
            "启用",
            "Enable",
            "可以再登录；旧会话与令牌不恢复。",
            "They may log in again; old sessions and tokens do not come back.",
            &["came back"],
        ),
        "unlock" => {
            ("解锁", "Unlock", "密码错误造成的等待立即取消。", "Wrong passwords make them wait no more.", &["unlocked"])
        }
        "link" => (
            "重新生成首次链接",
            "Make a first link",
            "现有密码、会话与令牌立即失效；本人用链接自设新密码。",
            "Their password, sessions and tokens end at once; they choose a new password by the link.",
            &["a first link was made"],
        ),
        "token" => (
            "生成令牌",
            "Make a token",
            "持有者可用程序以此用户的角色与范围操作，直到令牌到期或撤销。",
            "Whoever holds it acts as this user by a program, until it ends or is revoked.",
            &["a token was made"],
        ),
        _ => (
            "撤销令牌",
            "Revoke a token",
            "用它的程序立即得不到应答。",
            "The program that uses it gets no answer from now on.",
            &["a token was revoked"],
        ),
    };
    UserAct { code, word: Words::new(zh, en), does: Words::new(does_zh, does_en), reasons }
}

/// What the viewer may do to the user now.
pub fn offered(asked: &Asked, user: &UserRecord) -> Vec<UserAct> {
    let Some(viewer) = asked.viewer.as_ref().map(|viewer| &viewer.principal).filter(|viewer| !viewer.is_guest()) else {
        return Vec::new();
    };
    let (manages, is_service) = (asked.may(Permission::ManageUsers), user.role == Role::Service.code());
    let holds = may_set_password(viewer, &user.name) && asked.may(Permission::HoldTokens);
    let is_enabled = user.state == "enabled";
    let able = [
        // Whoever sits at a session that was left open must not take its user's password over.
        ("link", manages && is_enabled && !is_service && user.name != viewer.name),
        ("unlock", manages && is_enabled && user.waits),
        ("token", holds && is_enabled && !is_service),
        ("revoke", holds),
        ("enable", manages && !is_enabled),
        ("disable", manages && is_enabled),
    ];
    able.into_iter().filter(|(_, able)| *able).map(|(code, _)| described(code)).collect()
}

/// The sheet of an act.
pub struct Sheet {
    pub code: &'static str,
    pub word: Words,
    pub does: Words,
    pub reasons: &'static [&'static str],
    /// Of the token that is revoked.
    pub token: Option<i64>,
    /// How many days a new token works, and at most.
    pub days: Option<(u32, u32)>,
}

/// The sheet of the act in the URL, where it is one that is offered.
pub fn sheet(asked: &Asked, acts: &[UserAct], tokens: &[ListedToken]) -> Option<Sheet> {
    let act = acts.iter().find(|act| act.code == asked.query.get("act"))?;
    let id = asked.query.get("token").parse().ok();
    let token = tokens.iter().map(|token| token.id).find(|known| Some(*known) == id);
    if act.code == "revoke" && token.is_none() {
        return None;
    }
    let days = (act.code == "token").then_some((TOKEN_DAYS, TOKEN_DAYS_MAX));
    let UserAct { code, word, does, reasons } = described(act.code);
    Some(Sheet { code, word, does, reasons, token, days })
}

/// Carries the act of a form out.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let user = visible(&asked).await?;
    let (worker, now) = asked.worker().await?;
    let actor = asked.principal()?.clone();
    if actor.is_guest() {
        return Err(no_guest());
    }
    let code = asked.form.get("act");
    let may = match code {
        "disable" | "enable" | "unlock" | "link" => asked.may(Permission::ManageUsers),
        "token" | "revoke" => may_set_password(&actor, &user.name),
        _ => return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    };
    if !may {
        return Err(Refusal::Role);
    }
    let chosen = DISABLED.iter().find(|reason| **reason == asked.form.get("reason"));
    let why = |reason| Stamp { at: now, actor: &actor.name, reason };
    let (ledger, name) = (&worker.ledger, user.name.as_str());
    let mut done = "done";
    match code {
        "disable" | "enable" if (user.state == "enabled") != (code == "disable") => done = "before",
        "disable" => {
            let reason = chosen.ok_or_else(|| Refusal::Wrong(Words::new("请选择理由", "Choose a reason")))?;
            ledger.move_user(name, "disabled", why(reason)).await.map_err(refused)?;
        }
        "enable" => ledger.move_user(name, "enabled", why("came back")).await.map_err(refused)?,
        "revoke" => {
            let id = asked.form.get("id").parse().map_err(|_| Refusal::Absent)?;
            if !ledger.revoke_token(id, Some(name), why("")).await.map_err(refused)? {
                done = "before";
            }
        }
        // Everything else is about somebody who may log in.
        _ if user.state != "enabled" => {
            return Err(Refusal::Conflict(Words::new(
                "此用户已停用，先启用",
                "This user is disabled: enable them first",
            )));
        }
        "unlock" => ledger.unlock_user(name, why("unlocked")).await.map_err(refused)?,
        "link" if name == actor.name => {
            return Err(Refusal::Conflict(Words::new(
                "不能给自己生成链接：请用命令 users password，或请另一位管理员",
                "Nobody makes a link for themselves: use the command users password, or ask another administrator",
            )));
        }
        "link" => {
            let link = FirstLink::of(name, now);
            ledger.give_link(name, &link, why("")).await.map_err(refused)?;
            return once::link(&asked, name, &link);
        }
        _ => {
            let days = asked.form.get("days").parse().ok().filter(|days| (1..=TOKEN_DAYS_MAX).contains(days));
            let days = days.ok_or_else(|| {
                Refusal::Wrong(Words::new(
                    format!("有效天数为 1 至 {TOKEN_DAYS_MAX}"),
                    format!("A token works for 1 to {TOKEN_DAYS_MAX} days"),
                ))
            })?;
            return match make(ledger, name, days, why("")).await.map_err(refused)? {
                Ok(made) => once::token(&asked, name, &made),
                Err(TokenRefusal::NoUser) => Err(Refusal::Absent),
                Err(TokenRefusal::Service) => Err(Refusal::Conflict(Words::new(
                    "服务程序用自己的凭据，不用令牌",
                    "A service has its credential, and needs no token",
                ))),
            };
        }
    }
    Ok(Answer::to(Frame::of(&asked, "").to(format!("/users/{}?done={done}", segment(name)))))
}
