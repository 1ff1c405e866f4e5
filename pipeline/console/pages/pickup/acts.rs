//! Opening and extending pickup windows from the pages of an area and of a point: what it touches first, then exactly
//! that.

use cardline::actions::dual_control::Second;
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::actions::pickup::days::WindowChange;
use cardline::actions::pickup::windows::{Ask, WindowReport, asks_second, move_windows};
use cardline::people::permits::Permission;
use cardline::step::Worker;
use jiff::Timestamp;

use super::reassign::{self, REASSIGN};
use super::refused::{left_words, words};
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::carried::Carried;
use crate::frame::{Frame, grouped, segment};
use crate::pages::operator::acts::{Sheet, given_to, reason, told};

/// What a page shows of windows: the forms that ask for a preview, the preview, and what was done.
#[derive(Default)]
pub struct Windows {
    /// The digits of an area or the code of a point; empty: none was chosen.
    pub place: String,
    pub path: String,
    pub days: String,
    pub until: String,
    pub last: String,
    pub preview: Option<(Sheet, WindowReport)>,
    /// Why there is no preview; empty where none was asked for.
    pub refused: String,
    pub done: String,
}

/// The windows of a place, with the preview that the URL asks for.
pub async fn windows(
    asked: &Asked,
    worker: &Worker,
    now: Timestamp,
    place: &str,
    path: &str,
) -> Result<Windows, Refusal> {
    let shown = |name: &str| asked.query.get(name).to_owned();
    let done = told(&Frame::of(asked, ""), asked.query.get("done"));
    let mut windows = Windows {
        place: place.into(),
        path: path.into(),
        days: shown("days"),
        until: shown("until"),
        last: shown("last"),
        done,
        ..Windows::default()
    };
    let act = asked.query.get("act");
    if act.is_empty() || act == REASSIGN || place.is_empty() || !asked.may(Permission::MoveWindows) {
        return Ok(windows);
    }
    let change = match change(act, |name| asked.query.get(name)) {
        Ok(change) => change,
        Err(words) => return Ok(Windows { refused: words.say(asked.lang).to_owned(), ..windows }),
    };
    let by = Instruction { actor: &asked.principal()?.name, reason: "", at: now, approval: None };
    match move_windows(worker, Ask { place, change, confirm: None, dry_run: true }, by).await {
        Ok(report) => windows.preview = Some((sheet(&windows, act, &report), report)),
        Err(ActionError::Refused(refusal)) => windows.refused = words(&refusal).say(asked.lang).to_owned(),
        Err(ActionError::Failed(error)) => return Err(error.into()),
    }
    Ok(windows)
}

fn sheet(windows: &Windows, act: &str, report: &WindowReport) -> Sheet {
    let [points, shipments, cards, people] =
        [report.points, report.shipments, report.cards, report.people].map(grouped);
    let (left_zh, left_en) = left_words(&report.left_out);
    Sheet {
        action: windows.path.clone(),
        act: act.into(),
        word: match act {
            "open" => Words::new("按通知开放", "Open by notice"),
            "close" => Words::new("提前截止", "Close"),
            _ => Words::new("顺延领取期限", "Extend"),
        },
        scope: Words::new(
            format!("{points} 个网点、{shipments} 箱、{cards} 张卡、{people} 人。{left_zh}"),
            format!("{points} points, {shipments} shipments, {cards} cards of {people} people. {left_en}"),
        ),
        is_final: false,
        second_person: act == "close",
        asks_count: false,
        confirm: String::new(),
        hidden: vec![
            ("place".into(), windows.place.clone()),
            ("days".into(), windows.days.clone()),
            ("until".into(), windows.until.clone()),
            ("last".into(), windows.last.clone()),
            ("confirm".into(), report.operation.clone()),
        ],
        back: windows.path.clone(),
    }
}

/// Carries the act of a form out, and shows the page again.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let act = asked.form.get("act");
    let carried = if act == REASSIGN { reassign::carry_out(&asked).await? } else { carry_out(&asked, act).await? };
    // A point that was handed on may have no page any more; what was there is at the other one.
    let is_gone = act == REASSIGN && matches!(carried, Carried::Done | Carried::Before);
    let place = segment(asked.form.get(if is_gone { "to" } else { "place" }));
    let path = match asked.part(0) {
        "" => format!("/admin?area={place}&done={}", carried.word()),
        _ => format!("/admin/points/{place}?done={}", carried.word()),
    };
    Ok(Answer::to(Frame::of(&asked, "").to(path)))
}

/// What an act would touch, for a program.
pub async fn preview(asked: &Asked, act: &str) -> Result<WindowReport, Refusal> {
    let change = change(act, |name| asked.form.get(name)).map_err(Refusal::Wrong)?;
    let (worker, now) = asked.worker().await?;
    let by = Instruction { actor: &asked.principal()?.name, reason: "", at: now, approval: None };
    let ask = Ask { place: asked.form.get("place"), change, confirm: None, dry_run: true };
    Ok(move_windows(&worker, ask, by).await?)
}

/// Carries out what was previewed.
pub async fn carry_out(asked: &Asked, act: &str) -> Result<Carried, Refusal> {
    if !asked.may(Permission::MoveWindows) {
        return Err(Refusal::Role);
    }
    let change = change(act, |name| asked.form.get(name)).map_err(Refusal::Wrong)?;
    let (worker, now) = asked.worker().await?;
    let reason = reason(asked)?;
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason, at: now, approval: None };
    let confirm = Some(asked.form.get("confirm")).filter(|id| !id.is_empty());
    let ask = Ask { place: asked.form.get("place"), change, confirm, dry_run: false };
    let approval = match asks_second(&worker, ask, by).await? {
        Second::NotNeeded => None,
        Second::Given(id) => Some(id),
        Second::Asked { id, .. } => return Ok(Carried::Asked(id)),
        Second::GivenTo { maker, .. } => return Err(given_to(&maker)),
    };
    let report = move_windows(&worker, ask, Instruction { approval, ..by }).await?;
    Ok(if report.done_before { Carried::Before } else { Carried::Done })
}

fn change<'a>(act: &str, given: impl Fn(&str) -> &'a str) -> Result<WindowChange, Words> {
    let no_day = Words::new("请写明截止日，如 2026-07-31", "Name the last day, as 2026-07-31");
    match act {
        "extend" => match given("days").parse() {
            Ok(working_days @ 1..=250) => Ok(WindowChange::Extend { working_days }),
            _ => Err(Words::new("顺延天数为 1 至 250 个工作日", "An extension is 1 to 250 working days")),
        },
        "open" => given("until").parse().map(|until| WindowChange::Open { until }).map_err(|_| no_day),
        "close" => given("last").parse().map(|last| WindowChange::Close { last }).map_err(|_| no_day),
        _ => Err(Words::new("没有这种操作", "There is no such act")),
    }
}
