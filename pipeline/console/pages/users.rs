//! `/users`: who works with the system, and what each role may do.

use askama::Template;
use cardline::people::users::UserRecord;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    f: Frame,
    users: Vec<UserRecord>,
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let users = worker.ledger.users(now).await?;
    let title = asked.lang.say("{} 位用户", "{} users").replace("{}", &users.len().to_string());
    let f = Frame::at(&asked, &worker, now, &title);
    Ok(Answer::Page(Users { f, users }.render()?))
}
