//! `/users/NAME`: one user with their tokens, and what may be done; everybody finds themselves here.

use askama::Template;
use cardline::people::tokens::ListedToken;
use cardline::people::users::UserRecord;
use cardline::time::rfc3339_stored;

pub use super::acts::act;
use super::acts::{Sheet, UserAct, offered, sheet};
use super::visible::visible;
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::{Frame, segment};

#[derive(Template)]
#[template(path = "users/one.html")]
struct One {
    f: Frame,
    user: UserRecord,
    set_at: String,
    tokens: Vec<ListedToken>,
    acts: Vec<UserAct>,
    may_hold: bool,
    sheet: Option<Sheet>,
    done: String,
}

impl One {
    fn choose(&self, act: &str) -> String {
        format!("/users/{}?act={act}#sheet", segment(&self.user.name))
    }

    fn revoking(&self, token: &i64) -> String {
        format!("/users/{}?act=revoke&token={token}#sheet", segment(&self.user.name))
    }
}

/// To the viewer's own page.
pub async fn own(asked: Asked) -> Result<Answer, Refusal> {
    let principal = asked.principal()?;
    if principal.is_guest() {
        return Err(Refusal::Absent);
    }
    Ok(Answer::to(format!("/users/{}", segment(&principal.name))))
}

/// The page; with `?act=` also the sheet of an act.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let user = visible(&asked).await?;
    let tokens = worker.ledger.tokens(Some(&user.name), now).await?;
    let acts = offered(&asked, &user);
    let sheet = sheet(&asked, &acts, &tokens);
    let f = Frame::at(&asked, &worker, now, &user.name);
    let done = match asked.query.get("done") {
        "done" => f.say("已执行，并记入历史。", "It is done, and recorded."),
        "before" => f.say("之前已经如此，未再改变。", "It was so before; nothing changed now."),
        _ => "",
    };
    let (done, set_at) = (done.to_owned(), rfc3339_stored(user.set_at));
    let may_hold = acts.iter().any(|act| act.code == "revoke");
    Ok(Answer::Page(One { f, user, set_at, tokens, acts, may_hold, sheet, done }.render()?))
}
