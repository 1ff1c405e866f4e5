//! The ledger of a partner's files, a page at a time, with what needs somebody on top.

use askama::Template;
use cardline::actions::file_list::{FilePage, MISSING, file_page_with, missing_files};
use cardline::exchange::file_list::{FileQuery, ListedFile};
use cardline::limits::CONSOLE_ROWS;
use cardline::step::Worker;
use cardline::time::local_date;
use cardline_core::state_machines::FILE;
use jiff::Timestamp;
use jiff::civil::Date;

use super::first::First;
use super::made::Made;
use super::reached::{Reached, ShownKey};
use crate::answer::Refusal;
use crate::asked::Asked;
use crate::frame::Frame;
use crate::frame::filters::Filter;
use crate::pages::figures::{AnswersShown, shown_since};

/// The page of a partner's files, be it a bank or a bureau.
#[derive(Template)]
#[template(path = "exchange/bank.html")]
pub struct PartnerFiles {
    pub f: Frame,
    pub code: String,
    pub name: String,
    /// Path of the page.
    pub here: String,
    pub ledger: FileLedger,
    /// Of a bureau.
    pub made: Option<Made>,
    pub answers: AnswersShown,
    pub reached: Reached,
    /// Until a first answer was taken.
    pub first: Option<First>,
    /// What was done just now.
    pub done: String,
}

impl PartnerFiles {
    fn key(&self, key: &ShownKey) -> String {
        format!("/banks/{}/keys/{}", self.code, key.id)
    }

    fn file(&self, id: &i64) -> String {
        format!("/files/{id}")
    }
}

/// How long the partner took to answer in the last weeks.
pub async fn answers(f: &Frame, worker: &Worker, now: Timestamp, code: &str) -> Result<AnswersShown, Refusal> {
    let today = local_date(now);
    let since = shown_since(today);
    let found = worker.ledger.answer_times(code, since, &worker.calendar).await?;
    Ok(AnswersShown::of(f, found, since, today))
}

/// A page of the ledger and what stands on top of it.
pub struct FileLedger {
    pub filters: Vec<Filter>,
    pub page: FilePage,
    /// Refused, on hold, overdue, or numbers that never came.
    pub troubles: Vec<ListedFile>,
    /// How many there are; not all are listed where they are very many.
    pub troubles_all: i64,
}

/// The files of a partner with the filters of the URL; one that is not a partner, or another's, is absent.
pub async fn of(asked: &Asked, worker: &Worker, now: Timestamp, code: &str) -> Result<FileLedger, Refusal> {
    let (direction, state) = (asked.query.get("direction").to_owned(), asked.query.get("state").to_owned());
    let day = asked.query.get("day").parse::<Date>().ok();
    let after = asked.query.get("after").parse().unwrap_or(0);
    let query =
        FileQuery { partner: code.into(), direction, state, day, after, limit: CONSOLE_ROWS, newest_first: true };
    let missing = missing_files(worker, code).await?;
    let (troubles, troubles_all) = troubles(worker, now, code, missing.files.clone()).await?;
    let page = file_page_with(worker, &query, now, missing).await?;
    Ok(FileLedger { filters: filters(asked), page, troubles, troubles_all })
}

fn filters(asked: &Asked) -> Vec<Filter> {
    let f = Frame::of(asked, "");
    let states = FILE.states.iter().map(|state| state.code).chain([MISSING]);
    let directions = ["in", "out"].map(|code| (code.to_owned(), f.word(code))).to_vec();
    vec![
        Filter::typed("day", f.say("日期", "Day"), f.filter("day")),
        Filter::of("direction", f.say("方向", "Direction"), f.filter("direction"), directions),
        Filter::of(
            "state",
            f.say("状态", "State"),
            f.filter("state"),
            states.map(|code| (code.to_owned(), f.word(code))).collect(),
        ),
    ]
}

/// What needs somebody, whatever the filters say, and how many they are.
async fn troubles(
    worker: &Worker,
    now: Timestamp,
    code: &str,
    missing: Vec<ListedFile>,
) -> Result<(Vec<ListedFile>, i64), Refusal> {
    let (mut troubles, all) = worker.ledger.troubled_files(code, local_date(now), CONSOLE_ROWS).await?;
    let all = all + missing.len() as i64;
    troubles.extend(missing);
    Ok((troubles, all))
}
