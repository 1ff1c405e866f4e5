//! `/banks/CODE`: what needs bank IT, then every file out and in.

use askama::Template;

use super::first::First;
use super::keys;
use super::ledger::{self, PartnerFiles};
use super::reached::{said_of, tested};
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    shown(asked, false).await
}

/// Does what a form asks: a test of the connection, whose finding is shown, or something about keys.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    match keys::carried_out(&asked).await? {
        Some(answer) => Ok(answer),
        None => shown(asked, true).await,
    }
}

async fn shown(asked: Asked, with_test: bool) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let code = asked.part(0).to_owned();
    // A bureau has a page of its own, and who sees an area sees no file.
    let is_seen = worker.partners.get(&code).is_some() && asked.principal()?.scope.covers(&code, "");
    let name = worker.reference.bank(&code).filter(|_| is_seen).map(|bank| bank.name.clone()).ok_or(Refusal::Absent)?;
    let ledger = ledger::of(&asked, &worker, now, &code).await?;
    let title = match ledger.troubles_all {
        0 => asked.lang.say("{}：没有文件等您处理", "{}: no file needs you").replace("{}", &name),
        many => asked
            .lang
            .say("{}：{n} 个文件等您处理", "{}: {n} files need you")
            .replace("{}", &name)
            .replace("{n}", &many.to_string()),
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let answers = ledger::answers(&f, &worker, now, &code).await?;
    let reached = tested(&f, &worker, &code, with_test, now).await?;
    let partner = worker.partners.get(&code).ok_or(Refusal::Absent)?;
    let (first, done) = (First::of(&worker, partner, now).await?, said_of(&f, asked.query.get("done")));
    let here = asked.path;
    let page = PartnerFiles { f, here, code, name, ledger, made: None, answers, reached, first, done };
    Ok(Answer::Page(page.render()?))
}
