//! `/work`: what workers were asked for and what takes long, and how far it is; it follows by itself while it is looked
//! at, whichever process does it.

mod events;

use askama::Template;
use cardline::people::errands::{ErrandRecord, ErrandState};
use cardline::step::Worker;
use cardline::step::progress_rows::{ProgressRecord, WorkState};
use jiff::{SignedDuration, Timestamp};

pub use events::events;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

/// How long what has ended is still shown.
const ENDED_HOURS: i64 = 24;

#[derive(Template)]
#[template(path = "work/page.html")]
struct Page {
    f: Frame,
    rows: String,
    workers: usize,
    done: bool,
}

#[derive(Template)]
#[template(path = "work/rows.html")]
struct Rows {
    f: Frame,
    errands: Vec<ErrandRecord>,
    works: Vec<ProgressRecord>,
}

impl Rows {
    fn class(&self, errand: &ErrandRecord) -> &'static str {
        match errand.state {
            ErrandState::Done => "ok",
            ErrandState::Asked | ErrandState::Taken => "wait",
            ErrandState::Refused | ErrandState::Failed => "bad",
        }
    }

    fn state(&self, errand: &ErrandRecord) -> &str {
        match errand.state {
            ErrandState::Asked => self.f.say("等待工作程序", "waits for a worker"),
            ErrandState::Taken => self.f.say("进行中", "under way"),
            ErrandState::Done => self.f.say("已完成", "done"),
            ErrandState::Refused => self.f.say("未执行", "refused"),
            ErrandState::Failed => self.f.say("出错", "failed"),
        }
    }

    fn progress_class(&self, work: &ProgressRecord) -> &'static str {
        match work.state {
            WorkState::Running => "wait",
            WorkState::Silent | WorkState::Failed => "bad",
            WorkState::Done => "ok",
        }
    }

    fn progress(&self, work: &ProgressRecord) -> &str {
        match work.state {
            WorkState::Running => self.f.say("进行中", "under way"),
            WorkState::Silent => self.f.say("没有动静", "no sign of it"),
            WorkState::Done => self.f.say("已完成", "done"),
            WorkState::Failed => self.f.say("出错", "failed"),
        }
    }
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let f = Frame::at(&asked, &worker, now, asked.lang.say("正在进行", "Under way"));
    let rows = rows(&asked, &worker, now).await?;
    // The console has a name of its own, and is no worker.
    let workers = worker.ledger.live_workers().await?.saturating_sub(1);
    let done = asked.query.get("done") == "asked";
    Ok(Answer::Page(Page { f, rows, workers, done }.render()?))
}

/// What is shown now, as a piece of a page.
async fn rows(asked: &Asked, worker: &Worker, now: Timestamp) -> Result<String, Refusal> {
    let f = Frame::at(asked, worker, now, "");
    let since = now - SignedDuration::from_hours(ENDED_HOURS);
    let (errands, works) = (worker.ledger.errands().await?, worker.ledger.progress(since).await?);
    Ok(Rows { f, errands, works }.render()?)
}
