//! Why an act on what lies at points was not carried out, and what it left out, in both languages.

use cardline::actions::pickup::refusal::{LeftOut, PickupRefusal};
use cardline::actions::pickup::take_over::CannotTakeOver;

use super::list_reasons;
use crate::answer::{Refusal, Words};
use crate::frame::grouped;

/// What is left out, in both languages; empty where nothing is.
pub(super) fn left_words(left: &LeftOut) -> (String, String) {
    let parts = [
        (left.empty, "已领空", "empty"),
        (left.unopened, "尚未开放", "not opened yet"),
        (left.disputed, "到货待决", "their delivery is to be decided first"),
        (left.later, "截止日相同或更晚", "open until then or later"),
        (left.earlier, "本就在该日或更早截止", "ending then anyway, or earlier"),
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

/// A refusal in both languages.
pub(super) fn words(refusal: &PickupRefusal) -> Words {
    match refusal {
        PickupRefusal::NoSuchPlace { .. } => Words::new("没有这个地区或网点", "There is no such area or point"),
        PickupRefusal::DayPassed { day } => {
            Words::new(format!("{day} 已过，请写今天或以后的日期"), format!("{day} is over: name today or a later day"))
        }
        PickupRefusal::TooSoon { .. } => Words::new("最早可于明日截止", "The last day is tomorrow or later"),
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
        PickupRefusal::NoList(fault) => Words::new(
            format!("不是本系统的清单：{}", list_reasons::fault(fault)),
            format!("This is no list of ours: {fault}"),
        ),
        PickupRefusal::NoSuchList { .. } => Words::new("没有这份清单", "There is no such list"),
        PickupRefusal::NothingToHandOn { .. } => {
            Words::new("此网点没有也不会有待领的卡", "No card is at this point, or comes there")
        }
        PickupRefusal::CardsOfOthers { .. } => Words::new(
            "此网点还有您看不到的卡，须由能看到全部的人改派",
            "Cards that you do not see are there, too: somebody who sees all of them hands it on",
        ),
        PickupRefusal::TooManyCards { most } => Words::new(
            format!("超过 {} 张卡，请与系统管理员联系", grouped(*most)),
            format!("More than {} cards: ask whoever runs the system", grouped(*most)),
        ),
        PickupRefusal::CannotTakeOver { why, .. } => why_not(why),
        PickupRefusal::NeedsSecond { .. } => Words::new("须先由第二人审批", "A second person must give it first"),
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

/// Why a point cannot take over, in both languages.
fn why_not(why: &CannotTakeOver) -> Words {
    match why {
        CannotTakeOver::Itself => Words::new("不能改派给自己", "It is the same point"),
        CannotTakeOver::Closed => {
            Words::new("接收网点不存在或已撤销", "The other one has closed, or is neither a pickup point nor an outlet")
        }
        CannotTakeOver::OutletIsOpen => Words::new(
            "开户网点仍在营业，由其自行发放；撤销后才能改派",
            "The outlet is open, and hands out what it opened itself; it can be handed on when it has ended",
        ),
        CannotTakeOver::OtherSort => Words::new(
            "领卡点的卡只能改派给领卡点，银行网点的卡只能改派给同一银行的网点",
            "Cards of a pickup point go to a pickup point, those of an outlet to an outlet of the same bank",
        ),
        CannotTakeOver::TooFar { region } => Words::new(
            format!("超出 {region} 的领取范围，请选近一些的网点"),
            format!("It lies farther off than the policy of {region} allows; choose a nearer one"),
        ),
    }
}
