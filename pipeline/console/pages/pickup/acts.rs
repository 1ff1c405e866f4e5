//! Opening and extending pickup windows from the pages of an area and of a point: what it touches first, then exactly
//! that.

use cardline::actions::outcome::{ActionError, Instruction};
use cardline::actions::pickup::days::WindowChange;
use cardline::actions::pickup::refusal::{LeftOut, PickupRefusal};
use cardline::actions::pickup::windows::{Ask, WindowReport, move_windows};
use cardline::people::permits::Permission;
use cardline::step::Worker;
use jiff::Timestamp;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::carried::Carried;
use crate::frame::{Frame, grouped, segment};
use crate::pages::operator::acts::{Sheet, reason, told};

/// What a page shows of windows: the forms that ask for a preview, the preview, and what was done.
#[derive(Default)]
pub struct Windows {
    /// The digits of an area or the code of a point; empty: none was chosen.
    pub place: String,
    pub path: String,
    pub days: String,
    pub until: String,
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
        done,
        ..Windows::default()
    };
    let act = asked.query.get("act");
    if act.is_empty() || place.is_empty() || !asked.may(Permission::MoveWindows) {
        return Ok(windows);
    }
    let change = match change(act, asked.query.get("days"), asked.query.get("until")) {
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
            _ => Words::new("顺延领取期限", "Extend"),
        },
        scope: Words::new(
            format!("{points} 个网点、{shipments} 箱、{cards} 张卡、{people} 人。{left_zh}"),
            format!("{points} points, {shipments} shipments, {cards} cards of {people} people. {left_en}"),
        ),
        is_final: false,
        second_person: false,
        asks_count: false,
        confirm: String::new(),
        hidden: vec![
            ("place".into(), windows.place.clone()),
            ("days".into(), windows.days.clone()),
            ("until".into(), windows.until.clone()),
            ("confirm".into(), report.operation.clone()),
        ],
        back: windows.path.clone(),
    }
}

/// What is left out, in both languages; empty where nothing is.
fn left_words(left: &LeftOut) -> (String, String) {
    let parts = [
        (left.empty, "已领空", "empty"),
        (left.unopened, "尚未开放", "not opened yet"),
        (left.disputed, "到货待决", "their delivery is to be decided first"),
        (left.later, "截止日相同或更晚", "open until then or later"),
        (left.shared, "含您看不到的卡", "with cards that you do not see"),
    ];
    let parts: Vec<_> = parts.iter().filter(|(count, ..)| *count > 0).collect();
    if parts.is_empty() {
        return (String::new(), String::new());
    }
    let zh: Vec<_> = parts.iter().map(|(count, zh, _)| format!("{count} 箱{zh}")).collect();
    let en: Vec<_> = parts.iter().map(|(count, _, en)| format!("{count} {en}")).collect();
    (format!("不动：{}。", zh.join("、")), format!("Shipments left as they are: {}.", en.join(", ")))
}

/// Carries the act of a form out, and shows the page again.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let carried = carry_out(&asked, asked.form.get("act")).await?;
    let place = segment(asked.form.get("place"));
    let path = match asked.part(0) {
        "" => format!("/admin?area={place}&done={}", carried.word()),
        _ => format!("/admin/points/{place}?done={}", carried.word()),
    };
    Ok(Answer::to(Frame::of(&asked, "").to(path)))
}

/// What an act would touch, for a program.
pub async fn preview(asked: &Asked, act: &str) -> Result<WindowReport, Refusal> {
    let change = change(act, asked.form.get("days"), asked.form.get("until")).map_err(Refusal::Wrong)?;
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
    let change = change(act, asked.form.get("days"), asked.form.get("until")).map_err(Refusal::Wrong)?;
    let (worker, now) = asked.worker().await?;
    let reason = reason(asked)?;
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason, at: now, approval: None };
    let confirm = Some(asked.form.get("confirm")).filter(|id| !id.is_empty());
    let ask = Ask { place: asked.form.get("place"), change, confirm, dry_run: false };
    let report = move_windows(&worker, ask, by).await?;
    Ok(if report.done_before { Carried::Before } else { Carried::Done })
}

fn change(act: &str, days: &str, until: &str) -> Result<WindowChange, Words> {
    match act {
        "extend" => match days.parse() {
            Ok(working_days @ 1..=250) => Ok(WindowChange::Extend { working_days }),
            _ => Err(Words::new("顺延天数为 1 至 250 个工作日", "An extension is 1 to 250 working days")),
        },
        "open" => match until.parse() {
            Ok(until) => Ok(WindowChange::Open { until }),
            Err(_) => Err(Words::new("请写明截止日，如 2026-07-31", "Name the last day, as 2026-07-31")),
        },
        _ => Err(Words::new("没有这种操作", "There is no such act")),
    }
}

fn words(refusal: &PickupRefusal) -> Words {
    match refusal {
        PickupRefusal::NoSuchPlace { .. } => Words::new("没有这个地区或网点", "There is no such area or point"),
        PickupRefusal::DayPassed { day } => {
            Words::new(format!("{day} 已过，请写今天或以后的日期"), format!("{day} is over: name today or a later day"))
        }
        PickupRefusal::TooFar { day } => Words::new(
            format!("{day} 在一年以后，请核对年份"),
            format!("{day} is more than a year ahead: look at the year again"),
        ),
        PickupRefusal::TooMany { most } => Words::new(
            format!("超过 {} 箱，请选小一级的地区", grouped(*most)),
            format!("More than {} shipments lie there: choose a smaller area", grouped(*most)),
        ),
        PickupRefusal::NothingMoves { left_out, .. } => {
            let (zh, en) = left_words(left_out);
            Words::new(format!("没有可变动的领取窗口。{zh}"), format!("No window there would move. {en}"))
        }
        PickupRefusal::Unconfirmed { .. } => {
            Words::new("请先预览，再从预览确认", "Preview it first, and confirm from the preview")
        }
        PickupRefusal::NothingOnShelf { .. } => {
            Words::new("此网点货架上没有卡", "No card lies on the shelf of this point")
        }
        PickupRefusal::NoList(fault) => {
            Words::new(format!("不是本系统的清单：{fault}"), format!("This is no list of ours: {fault}"))
        }
        PickupRefusal::NoSuchList { .. } => Words::new("没有这份清单", "There is no such list"),
        PickupRefusal::OtherOperation { .. } => Words::new(
            "与预览的内容已不同：其间有开放、变动、签收或领空，请重新预览",
            "It is not what was shown any more: something was opened, moved, received or handed out since. Preview it again",
        ),
    }
}

impl From<PickupRefusal> for Refusal {
    fn from(refusal: PickupRefusal) -> Refusal {
        match refusal {
            PickupRefusal::NoSuchPlace { .. } => Refusal::Absent,
            PickupRefusal::Unconfirmed { .. }
            | PickupRefusal::NothingOnShelf { .. }
            | PickupRefusal::NoList(_)
            | PickupRefusal::NoSuchList { .. } => Refusal::Wrong(words(&refusal)),
            _ => Refusal::Conflict(words(&refusal)),
        }
    }
}
