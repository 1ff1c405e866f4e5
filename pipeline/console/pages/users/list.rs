//! `/users`: who works with the system; a user is added with a first link instead of a password.

use askama::Template;
use cardline::people::first_links::FirstLink;
use cardline::people::permits::Permission;
use cardline::people::users::{NewUser, UserRecord};
use cardline::step::Worker;
use cardline::store::Stamp;
use cardline_core::domain::personal_text::looks_personal;
use cardline_core::domain::staff::{Role, Scope, name_fault};

use super::once;
use super::refusal::{no_guest, refused};
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "users/list.html")]
struct Users {
    f: Frame,
    users: Vec<UserRecord>,
    roles: [Role; 4],
    /// What is wrong with what was typed.
    wrong: String,
    typed: Typed,
}

/// What was typed of a new user.
#[derive(Default)]
struct Typed {
    name: String,
    role: String,
    bank: String,
    area: String,
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    Ok(Answer::Page(shown(&asked, String::new(), Typed::default()).await?))
}

async fn shown(asked: &Asked, wrong: String, typed: Typed) -> Result<String, Refusal> {
    let (worker, now) = asked.worker().await?;
    let users = worker.ledger.users(now).await?;
    let title = asked.lang.say("{} 位用户", "{} users").replace("{}", &users.len().to_string());
    let f = Frame::at(asked, &worker, now, &title);
    Ok(Users { f, users, roles: Role::ALL, wrong, typed }.render()?)
}

/// Adds a user and shows their first link.
pub async fn add(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let actor = asked.principal()?.clone();
    if actor.is_guest() {
        return Err(no_guest());
    }
    let field = |name: &str| asked.form.get(name).to_owned();
    let typed = Typed { name: field("name"), role: field("role"), bank: field("bank"), area: field("area") };
    let (role, scope) = match read(&worker, &typed) {
        Ok(read) => read,
        Err(words) => return Ok(Answer::Unfit(shown(&asked, words.say(asked.lang).to_owned(), typed).await?)),
    };
    let link = FirstLink::of(&typed.name, now);
    let new = NewUser { name: typed.name.clone(), role, scope, verifier: link.verifier.clone() };
    let why = Stamp { at: now, actor: &actor.name, reason: "added" };
    worker.ledger.add_user(&new, why).await.map_err(refused)?;
    once::link(&asked, &typed.name, &link)
}

/// What may be added, as the command of that name asks for it. A service has a file for its credential, and is added
/// where that is.
fn read(worker: &Worker, typed: &Typed) -> Result<(Role, Scope), Words> {
    if name_fault(&typed.name).is_some() {
        return Err(Words::new(
            "用户名为 2 至 32 个小写字母、数字、点或连字符，以字母开头，且不是系统自用的名字",
            "A user's name has 2 to 32 of a-z, 0-9, dot and hyphen, begins with a letter, and is none of the system's own",
        ));
    }
    if looks_personal(&typed.name) {
        return Err(Words::new(
            "用户名会留在历史里，不能是证件号或手机号",
            "A name stands in the history: no person's number",
        ));
    }
    let role = Role::of(&typed.role).filter(|role| Role::ALL.contains(role));
    let role = role.ok_or_else(|| Words::new("请选择角色", "Choose a role"))?;
    let area = if typed.area.is_empty() { Some("") } else { Scope::area_of(&typed.area) };
    let area = area.ok_or_else(|| {
        Words::new(
            "地区为区划代码的前 2、4 或 6 位，如 1101",
            "An area is 2, 4 or 6 digits of a region's code, such as 1101",
        )
    })?;
    if !typed.bank.is_empty() && worker.partners.get(&typed.bank).is_none() {
        return Err(Words::new("没有此代码的合作方", "No partner has this code"));
    }
    Ok((role, Scope { bank: typed.bank.clone(), area: area.to_owned() }))
}
