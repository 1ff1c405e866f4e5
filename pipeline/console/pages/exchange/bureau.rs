//! `/bureaus/CODE`: what needs the bureau, then every file out and in; for who sees every bank.

use askama::Template;

use super::first::First;
use super::keys;
use super::ledger::{self, PartnerFiles};
use super::made::Made;
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
    let is_bureau = worker.partners.get(&code).is_some() && worker.reference.bank(&code).is_none();
    if !is_bureau || !asked.principal()?.scope.is_everything() {
        return Err(Refusal::Absent);
    }
    let ledger = ledger::of(&asked, &worker, now, &code).await?;
    let title = match ledger.troubles_all {
        0 => asked.lang.say("制卡中心 {}：没有文件等处理", "Bureau {}: no file needs anybody").replace("{}", &code),
        many => asked
            .lang
            .say("制卡中心 {}：{n} 个文件等处理", "Bureau {}: {n} files need somebody")
            .replace("{}", &code)
            .replace("{n}", &many.to_string()),
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let answers = ledger::answers(&f, &worker, now, &code).await?;
    let made = Some(Made::of(&f, &worker, now, &code).await?);
    let reached = tested(&f, &worker, &code, with_test, now).await?;
    let partner = worker.partners.get(&code).ok_or(Refusal::Absent)?;
    let (first, done) = (First::of(&worker, partner, now).await?, said_of(&f, asked.query.get("done")));
    let (here, name) = (asked.path, code.clone());
    let page = PartnerFiles { f, here, name, code, ledger, made, answers, reached, first, done };
    Ok(Answer::Page(page.render()?))
}
