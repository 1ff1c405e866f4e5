//! Why things moved, wait or are on hold, as officials say it. The ledger keeps one text of a reason, in English; here
//! is its Chinese. One that has none is shown as it is kept.

use super::faults;
use crate::lang::Lang;

/// As kept, and in Chinese.
const REASONS: &[(&str, &str)] = &[
    ("a box of another shipment lies in a delivery", "到货中混有其他货件的卡盒"),
    ("a card came back by mail; its address is asked for", "邮件退回，需核实地址"),
    ("a card sent by mail was not delivered in time", "邮寄逾期未投递"),
    ("a card was collected and not activated", "已领取未启用"),
    ("a first link was made", "已生成首次链接"),
    ("a higher revision was accepted", "已受理更高版本"),
    ("a later count agrees with the shipment", "重新清点相符"),
    ("a missing card was not found in time", "缺失卡逾期未找到"),
    ("a second person agreed", "第二人已同意"),
    ("a second person did not agree", "第二人未同意"),
    ("a token was made", "已生成令牌"),
    ("a token was revoked", "已撤销令牌"),
    ("a unit did not hand out in time", "单位逾期未发放"),
    ("accepted", "已受理"),
    ("account batch cut", "开户批次已开"),
    ("activated: financial", "已启用：金融功能"),
    ("activated: social", "已启用：社保功能"),
    ("activated: social and financial", "已启用：社保与金融功能"),
    ("added", "已添加"),
    ("an answer is overdue; the partner is chased", "应答逾期，已催办"),
    ("approved", "核准"),
    ("arrived at the point", "到达领卡点"),
    ("as many cards are missing as were short", "缺失卡数与短少数相符"),
    ("asked for a second person", "已提交第二人审批"),
    ("came back", "恢复上岗"),
    ("came back by mail", "邮件退回"),
    ("came back by mail, and its window was opened again", "邮件退回，重新开放领取窗口"),
    ("cards were made and not shipped; the bureau is chased", "已制成未发货，已催办"),
    ("carried out", "已执行"),
    ("closed and destroyed, confirmed by the bank", "银行确认已销户并销毁"),
    ("collected", "已领取"),
    ("collected by the unit", "单位已领取"),
    ("collected, kept until then", "保管后领取"),
    ("cut-off not reached", "未到截止时间"),
    ("decided with another case", "随另一事项决定"),
    ("decided: ask the bank again", "决定：再问银行"),
    ("decided: close and destroy", "决定：销户并销毁"),
    ("decided: end", "决定：终止"),
    ("decided: ended before a card was made", "决定：制卡前终止"),
    ("decided: go on", "决定：继续"),
    ("decided: remake", "决定：重制"),
    ("delivered", "已投递"),
    ("delivered after all", "终已投递"),
    ("enough cards", "已够一批"),
    ("errors found at intake", "接收检查未通过"),
    ("formal loss", "正式挂失"),
    ("found", "已找到"),
    ("found, and its window was opened again", "已找到，重新开放领取窗口"),
    ("handed over before it lay there", "领卡日期早于到卡"),
    ("handed over by mail, and nobody had sent it", "报邮寄送达，但未曾寄出"),
    ("handed over elsewhere than where it is collected", "不在领卡网点领卡"),
    ("handed over to somebody who may not take it", "领卡人不符合规定"),
    ("handed over to the person", "已发到本人"),
    ("handed over without everything that must be shown", "领卡材料不全"),
    ("held by an operator", "操作员暂停"),
    ("held, a person decides", "待决，由人决定"),
    ("its cards were handed on", "卡已改派"),
    ("its photo is there now", "照片已到"),
    ("its time is over", "已过期"),
    ("kept by the bank from now on", "转由银行保管"),
    ("left, or must not act any more", "已离岗或不得再操作"),
    ("loss lifted", "解除挂失"),
    ("many pickup windows end at once", "大量领取窗口同时到期"),
    ("messages lie in the quarantine past their day", "隔离区有消息已过期限"),
    ("no photo yet", "照片未到"),
    ("no working day of the partner", "合作方非工作日"),
    ("nobody needs to do it any more", "已无须再办"),
    ("not collected in any window", "历次窗口均未领取"),
    ("not collected in time, to be closed and destroyed", "逾期未领，待注销销毁"),
    ("not corrected in time", "未按期更正"),
    ("not decided by its deadline", "未按期决定"),
    ("not handed over in time, recalled from the unit", "单位逾期未发放，已召回"),
    ("not in its box", "不在盒中"),
    ("not old enough", "等待时间未到"),
    ("nothing was heard of a card sent by mail", "邮寄卡下落不明"),
    ("old enough at the cut-off", "到截止时已够时间"),
    ("on the shipping manifest", "已列入装箱清单"),
    ("opening stock", "期初存卡"),
    ("outside the partner's hours", "合作方非办公时间"),
    ("part of a batch that was split", "由批次拆分而来"),
    ("passed over: the file never came", "文件未到，已跳过"),
    ("pickup window opened by notice", "已通知，领取窗口开始"),
    ("plastic returned", "旧卡已交回"),
    ("plastic returned, kept for its holder", "卡片已退回，保管待领"),
    ("production batch cut", "制卡批次已开"),
    ("provisional loss", "口头挂失"),
    ("published under its final name", "已以正式文件名放置"),
    ("put into the urgent lane", "转入加急通道"),
    ("received at the point", "网点已签收"),
    ("received at the point, not as it was shipped", "网点已签收，与发货不符"),
    ("recycling batch cut", "回收批次已开"),
    ("released by an operator", "操作员放行"),
    ("remake authorised: same number, new identifier", "准予重制：卡号不变，识别码更新"),
    ("reminded: collected and not activated in time", "已提醒：领取后未按期启用"),
    ("reported good", "报告为合格"),
    ("reported spoiled", "报告为废卡"),
    ("rolled over into the next window", "转入下一窗口"),
    ("sent by mail", "已寄出"),
    ("sent on to another point", "改派至另一网点"),
    ("suspected misuse", "疑似滥用"),
    ("taken in again from the quarantine", "由隔离区重新接收"),
    ("taken in from Kafka", "由 Kafka 接收"),
    ("taken in from a file", "由文件接收"),
    ("the answer came", "应答已到"),
    ("the bank answered this row twice, differently", "银行对此行两次答复不一致"),
    ("the bank answered with a code its profile does not know; asked again", "银行答复代码不明，已再问"),
    ("the bank could not close yet; asked again", "银行暂不能销户，已再问"),
    ("the bank could not tell; asked again", "银行未能确定，已再问"),
    ("the bank refused for a reason the holder can put right", "银行退回，持卡人可更正"),
    ("the bank refused for good", "银行拒绝"),
    ("the bank's answer", "银行答复"),
    ("the batch was cancelled before it was sent", "批次在发送前取消"),
    ("the batch was split before it was sent", "批次在发送前拆分"),
    ("the bureau's capacity of the day is used", "制卡中心当日产能已满"),
    ("the calendar changed", "日历已变更"),
    ("the cards were shipped", "已发货"),
    ("the deadline passed", "期限已过"),
    ("the holder died or left", "持卡人死亡或迁出"),
    ("the lane does not wait", "此通道不等待"),
    ("the lane's time has come", "通道时间已到"),
    ("the lane's time has not come", "通道时间未到"),
    ("the last day was moved by a person", "人工变动截止日"),
    ("the missing revision arrived", "缺的版本已到"),
    ("the new card is active, this one is invalid", "新卡已启用，此卡失效"),
    ("the pickup window ended", "领取窗口结束"),
    ("the quarantine was looked through", "隔离区已查看"),
    ("these bytes were applied before", "内容此前已处理"),
    ("unlocked", "已解锁"),
    ("waits for its release", "等待放行"),
    ("withdrawn by the applicant", "申请人撤回"),
    ("withdrawn by the applicant before it came", "申请到达前已撤回"),
    ("works at another desk now", "已调岗"),
];

/// Reasons that end in a name or a number: what stands before it, and the same in Chinese.
const NAMED: &[(&str, &str)] = &[
    ("a delivery is over by ", "到货多出卡数："),
    ("a delivery is short by ", "到货短少卡数："),
    ("damaged cards in a delivery: ", "到货损坏卡数："),
    ("held with ", "随其暂停："),
    ("reaches beyond ", "超出您的范围："),
    ("the window ends within 1 working day: ", "领取窗口1个工作日内结束："),
    ("the window ends within 3 working days: ", "领取窗口3个工作日内结束："),
    ("the window ends within 7 working days: ", "领取窗口7个工作日内结束："),
];

/// A reason in a language.
pub fn said(lang: Lang, reason: &str) -> String {
    if lang == Lang::En {
        return reason.to_owned();
    }
    if let Some(number) = reason.strip_prefix("file ").and_then(|rest| rest.strip_suffix(" waits for it")) {
        return format!("第 {number} 号文件在等它");
    }
    let whole = REASONS.iter().find(|(kept, _)| *kept == reason).map(|(_, zh)| (*zh).to_owned());
    let named = || NAMED.iter().find_map(|(kept, zh)| reason.strip_prefix(kept).map(|name| format!("{zh}{name}")));
    whole.or_else(named).or_else(|| faults::reason(reason)).unwrap_or_else(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_stands_once_and_in_order() {
        assert!(REASONS.is_sorted_by(|one, other| one.0 < other.0));
    }

    #[test]
    fn one_without_chinese_is_shown_as_it_is_kept() {
        assert_eq!(said(Lang::Zh, "collected"), "已领取");
        assert_eq!(said(Lang::En, "collected"), "collected");
        assert_eq!(said(Lang::Zh, "held with account/ABC"), "随其暂停：account/ABC");
        assert_eq!(said(Lang::Zh, "a delivery is short by 2"), "到货短少卡数：2");
        assert_eq!(said(Lang::Zh, "file 12 waits for it"), "第 12 号文件在等它");
        assert_eq!(said(Lang::Zh, "something new"), "something new");
    }
}
