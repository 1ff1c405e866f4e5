//! Why a card is due on its day, as its page says it.

use askama::Template;
use cardline::books::day_explained::{ExplainedDay, RuleShown};

use crate::frame::Frame;

/// Kinds of deadlines, in Chinese and in English.
const KINDS: &[(&str, &str, &str)] = &[
    ("activation", "启用期限", "activation"),
    ("answer", "应答期限", "answer"),
    ("case", "待决期限", "decision"),
    ("correction", "更正期限", "correction"),
    ("keeping", "保管期限", "keeping"),
    ("mail", "邮寄期限", "delivery by mail"),
    ("missing", "查找期限", "search"),
    ("production", "送制卡期限", "into a production batch"),
    ("promise", "承诺领卡日", "promise"),
    ("recall", "召回期限", "recall"),
    ("recycle", "送回收期限", "into a recycling batch"),
    ("return", "交回期限", "return"),
    ("transit", "运输期限", "delivery"),
    ("unit", "单位发放期限", "hand-out by the unit"),
    ("window", "领取窗口", "pickup window"),
];

/// What the policy's numbers of days are called.
const RULES: &[(&str, &str, &str)] = &[
    ("activation_working_days", "启用时限", "activated within"),
    ("answer_within_working_days", "应答时限", "an answer comes within"),
    ("bank_months", "银行保管期限", "closed after arrival in"),
    ("batch.max_age_days + 2", "成批时限", "a batch is cut within"),
    ("case_working_days", "待决处理时限", "a person decides within"),
    ("chase_working_days", "再次催办时限", "asked again after"),
    ("city_months", "市级保管期限", "kept by the city after arrival for"),
    ("correction_days", "更正时限", "corrected within"),
    ("mail_working_days", "邮寄时限", "delivered by mail within"),
    ("missing_working_days", "缺失查找时限", "looked for within"),
    ("promise_days", "承诺办理时限", "ready within"),
    ("recycle_working_days", "送回收时限", "recycled within"),
    ("return_working_days", "交回时限", "returned within"),
    ("transit_working_days", "运输时限", "delivered within"),
    ("unit_working_days", "单位发放时限", "a unit hands out within"),
    ("window_working_days", "领取窗口", "the window is open for"),
];

#[derive(Template)]
#[template(path = "cards/why_day.html")]
pub(super) struct WhyDay<'p> {
    f: &'p Frame,
    day: &'p ExplainedDay,
}

impl WhyDay<'_> {
    /// The part of the page, where something is due.
    pub fn shown(f: &Frame, day: &ExplainedDay) -> askama::Result<String> {
        if day.due_on.is_none() { Ok(String::new()) } else { WhyDay { f, day }.render() }
    }

    fn kind(&self) -> String {
        self.listed(KINDS, self.day.kind)
    }

    fn rule(&self) -> String {
        let Some(RuleShown { key, value, unit, .. }) = &self.day.rule else { return String::new() };
        let days = match *unit {
            "working days" => self.f.say("个工作日", "working days"),
            "natural months" => self.f.say("个月", "months"),
            _ => self.f.say("个自然日", "natural days"),
        };
        format!("{} {value} {days}", self.listed(RULES, key))
    }

    fn source(&self) -> String {
        let Some(rule) = &self.day.rule else { return String::new() };
        let (Some(version), Some(effective), Some(section)) = (rule.policy_version, rule.effective, &rule.section)
        else {
            let partner = rule.partner.as_deref().unwrap_or_default();
            return self.f.say("{} 的约定", "the profile of {}").replace("{}", partner);
        };
        let section =
            if section == "default" { self.f.say("通用部分", "default section") } else { section.as_str() };
        self.f
            .say("政策第 {v} 版（{d} 起施行），{s}", "policy version {v}, in force from {d}, {s}")
            .replace("{v}", &version.to_string())
            .replace("{d}", &self.f.date(effective.to_string()))
            .replace("{s}", section)
    }

    fn listed(&self, list: &[(&'static str, &'static str, &'static str)], code: &str) -> String {
        let found = list.iter().find(|(known, ..)| *known == code);
        found.map_or_else(|| code.to_owned(), |(_, zh, en)| self.f.say(zh, en).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, RULES};

    #[test]
    fn words_stand_once_and_in_order() {
        for list in [KINDS, RULES] {
            assert!(list.is_sorted_by(|one, other| one.0 < other.0));
        }
    }
}
