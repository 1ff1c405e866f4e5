//! States, roles and other codes as people read them: a word in each language, and for a state its colour and shape.
//!
//! A test holds the list to the tables of states, so that a new one gets its words.

use cardline_core::domain::staff::Role;

use crate::answer::Words;
use crate::lang::Lang;

/// A state on a page.
pub struct ShownState {
    pub class: &'static str,
    pub word: String,
}

/// How a state stands: nothing to do, something is awaited, somebody must act, over.
const OK: &str = "ok";
const WAIT: &str = "wait";
const BAD: &str = "bad";
const OVER: &str = "over";

/// Code, class, Chinese, English. A code that several lives share has one word.
const STATES: &[(&str, &str, &str, &str)] = &[
    ("accepted", OK, "已受理", "accepted"),
    ("rejected", BAD, "未通过", "rejected"),
    ("returned", WAIT, "退回更正", "returned"),
    ("lapsed", OVER, "逾期失效", "lapsed"),
    ("refused", BAD, "已拒", "refused"),
    ("withdrawn", OVER, "已撤回", "withdrawn"),
    ("waiting_account", WAIT, "待开户", "waits for an account"),
    ("in_account_batch", WAIT, "开户中", "at the bank"),
    ("waiting_production", WAIT, "待制卡", "waits for production"),
    ("in_production", WAIT, "制卡中", "in production"),
    ("spoiled", BAD, "废卡待重制", "spoiled"),
    ("produced", OK, "已制卡", "produced"),
    ("in_transit", WAIT, "配送中", "in transit"),
    ("at_point", WAIT, "已到网点", "at the point"),
    ("on_shelf", WAIT, "待领取", "waits for its holder"),
    ("with_unit", WAIT, "在单位", "with the unit"),
    ("in_mail", WAIT, "邮寄中", "in the mail"),
    ("in_hand", OK, "已领取", "in hand"),
    ("lost", BAD, "已挂失", "lost"),
    ("awaiting_return", WAIT, "待交回", "to be returned"),
    ("missing", BAD, "缺失", "missing"),
    ("held", BAD, "待决", "on hold"),
    ("recalled", WAIT, "召回中", "recalled"),
    ("stored", WAIT, "保管待领", "stored"),
    ("to_recycle", WAIT, "待回收", "to be recycled"),
    ("in_recycling", WAIT, "回收中", "in recycling"),
    ("destroyed", OVER, "已销毁", "destroyed"),
    ("no_plastic", OVER, "未制卡", "no card"),
    ("sealed", WAIT, "未启用", "not activated"),
    ("active", OK, "已启用", "active"),
    ("suspended", BAD, "已挂失", "suspended"),
    ("cancelled", OVER, "已取消", "cancelled"),
    ("closed", OVER, "已销户", "closed"),
    ("none", OVER, "尚无", "none yet"),
    ("cut", WAIT, "已开批", "cut"),
    ("sent", WAIT, "已发送", "sent"),
    ("part_answered", WAIT, "部分应答", "partly answered"),
    ("answered", OK, "已应答", "answered"),
    ("frozen", WAIT, "待放置", "to be placed"),
    ("replaced", OVER, "已由新序号代替", "replaced by a later number"),
    ("placed", WAIT, "已放置，待应答", "placed"),
    ("applied", OK, "已处理", "applied"),
    ("repeated", OVER, "重复，无影响", "repeated, no effect"),
    ("open", WAIT, "待决", "open"),
    ("escalated", BAD, "逾期上报", "escalated"),
    ("decided", OK, "已决定", "decided"),
    ("overtaken", OVER, "已自行了结", "overtaken"),
    ("asked", WAIT, "待审批", "asked for"),
    ("given", WAIT, "已同意，未执行", "given, not carried out"),
    ("used", OVER, "已执行", "carried out"),
    ("enabled", OK, "可登录", "enabled"),
    ("disabled", OVER, "已停用", "disabled"),
    ("erased", OVER, "已抹除", "erased"),
    ("quarantined", BAD, "隔离中", "in quarantine"),
    ("conflict", BAD, "冲突", "conflict"),
];

/// Codes that are no states: kinds of batch, of file, of case, roads.
const WORDS: &[(&str, &str, &str)] = &[
    ("intake", "接收", "intake"),
    ("scheduler", "排程", "scheduler"),
    ("exchange", "文件交换", "exchange"),
    ("policy", "期限规则", "policy"),
    ("servicing", "服务", "servicing"),
    ("point-desk", "网点", "point"),
    ("accounts", "开户", "accounts"),
    ("transit", "配送", "in transit"),
    ("points", "待领", "at the points"),
    ("on-hold", "待决", "on hold"),
    ("account", "开户", "account"),
    ("production", "制卡", "production"),
    ("recycling", "回收", "recycling"),
    ("account-request", "开户请求（报盘）", "account request"),
    ("account-result", "开户结果（回盘）", "account result"),
    ("personalization", "制卡数据", "personalization"),
    ("production-report", "制卡结果", "production report"),
    ("shipping-manifest", "装箱清单", "shipping manifest"),
    ("recycling-request", "回收请求", "recycling request"),
    ("recycling-result", "回收结果", "recycling result"),
    ("error-report", "错误报告", "error report"),
    ("in", "收到", "in"),
    ("out", "发出", "out"),
    ("normal", "普通", "normal"),
    ("urgent", "加急", "urgent"),
    ("card-on-hold", "卡片待决", "card on hold"),
    ("card", "卡片", "card"),
    ("delivery", "到货", "delivery"),
    ("received", "签收", "received"),
    ("city", "市级收货", "counted in the city"),
    ("short", "短少", "short"),
    ("over", "多出", "over"),
    ("damaged", "损坏", "damaged"),
    ("wrong-box", "混入他盒", "wrong box"),
    ("file-on-hold", "文件待决", "file on hold"),
    ("file", "文件", "file"),
    ("other", "其他", "other"),
    ("error", "错误", "error"),
    ("warning", "提醒", "warning"),
    ("note", "说明", "note"),
    ("arrived", "受理", "arrived"),
    ("asked-of-bank", "送银行", "asked of banks"),
    ("ordered", "送制卡", "ordered"),
    ("shipped", "发货", "shipped"),
    ("collected", "领取", "handed over"),
    ("kept", "按时", "in time"),
    ("missed", "超期", "late"),
    ("recorded", "已登记", "recorded"),
    ("absent", "不在文件中", "not in the file"),
    ("before", "之前已登记", "recorded before"),
    ("left", "已不在架", "left since"),
    ("list", "制作清单", "list made"),
    ("record", "登记清单", "list recorded"),
    ("pickup", "领取窗口", "pickup windows"),
    ("extend-window", "顺延领取期限", "extend windows"),
    ("open-window", "按通知开放", "open by notice"),
    ("close-window", "提前截止", "close windows"),
    ("reassign", "改派", "hand a point on"),
    ("window", "领取窗口", "pickup window"),
    ("unit", "单位发放", "unit hand-out"),
    ("mail", "邮寄", "by mail"),
    ("recall", "召回", "recall"),
    ("return", "交回", "return"),
    ("application", "申请", "application"),
    ("social", "社保功能", "social function"),
    ("batch", "批次", "batch"),
    ("release-batch", "放行批次", "release a batch"),
    ("cancel-batch", "取消批次", "cancel a batch"),
    ("new-sequence", "改用新序号", "another number"),
    ("destroy-plastic", "销毁卡片", "destroy plastic"),
    ("bulk-export", "批量导出", "export many records"),
    ("bulk-discard", "批量剔除", "discard many messages"),
    ("replace-table", "替换参考表", "replace a table"),
    ("erase-person", "抹除个人记录", "erase a person"),
    ("decide-case", "不可撤回的决定", "a final decision"),
    ("close-windows", "提前截止领取", "close windows"),
    ("reassign-point", "网点改派", "hand a point on"),
    ("go-on", "继续", "go on"),
    ("ask-bank", "再问银行", "ask the bank again"),
    ("remake", "重制", "remake"),
    ("end", "终止", "end"),
    ("close", "销户并销毁", "close and destroy"),
    ("refuse-file", "拒收文件", "refuse the file"),
    ("noted", "已另行处理", "seen to elsewhere"),
    ("approval", "审批", "approval"),
    ("disclosure", "查看", "disclosure"),
    ("look-up", "按证件号查人", "person looked up"),
    ("reveal", "查看原文", "opened"),
    ("erasure", "抹除", "erasure"),
    ("errand", "交办", "errand"),
    ("import", "导入", "import"),
    ("quarantine", "隔离区", "quarantine"),
    ("recovery", "恢复", "recovery"),
    ("stream", "队列", "stream"),
    ("user", "用户", "user"),
    ("books", "账簿检查", "check of the books"),
    ("hold", "暂停", "hold"),
    ("release", "放行", "release"),
    ("split", "拆分", "split"),
    ("cancel", "取消", "cancel"),
    ("partner", "合作方", "partner"),
    ("bank", "银行", "bank"),
    ("bureau", "制卡中心", "bureau"),
    ("holder", "持卡人", "holder"),
    ("applicant", "申请人", "applicant"),
    ("nobody", "无", "nobody"),
    ("distribution point", "领取点", "distribution point"),
    ("carrier", "承运方", "carrier"),
    ("chunk", "同批报文", "a chunk of messages"),
    ("account_batch", "开户批次", "account batch"),
    ("production_batch", "制卡批次", "production batch"),
    ("answer", "应答文件", "answer"),
    ("report", "制卡报告", "production report"),
    ("shipment", "货件", "shipment"),
    ("bureau operator", "操作员", "bureau operator"),
    ("administrator", "管理员", "administrator"),
    ("operator", "操作员", "operator"),
    ("auditor", "审计员", "auditor"),
    ("bank-it", "银行 IT", "bank IT"),
    ("service", "服务程序", "service"),
    ("bank IT", "银行 IT", "bank IT"),
    ("second person", "第二人", "second person"),
    ("maker", "提出人", "maker"),
];

/// A state's colour and word; an unknown code as it is, with no colour.
pub fn shown(lang: Lang, code: &str) -> ShownState {
    match STATES.iter().find(|(known, ..)| *known == code) {
        Some((_, class, zh, en)) => ShownState { class, word: lang.say(zh, en).to_owned() },
        None => ShownState { class: OVER, word: word(lang, code) },
    }
}

/// A code's word; an unknown code with its marks as spaces.
pub fn word(lang: Lang, code: &str) -> String {
    if let Some(partner) = code.strip_prefix("partner:") {
        return lang.say("合作方 {}", "partner {}").replace("{}", partner);
    }
    let listed = WORDS.iter().find(|(known, ..)| *known == code).map(|(_, zh, en)| lang.say(zh, en));
    let state = || STATES.iter().find(|(known, ..)| *known == code).map(|(_, _, zh, en)| lang.say(zh, en));
    listed.or_else(state).map_or_else(|| code.replace('_', " "), str::to_owned)
}

/// A role's name.
pub fn role(role: Role) -> Words {
    let found = WORDS.iter().find(|(code, ..)| *code == role.code());
    found.map_or_else(|| Words::new(role.code(), role.code()), |(_, zh, en)| Words::new(*zh, *en))
}

#[cfg(test)]
mod tests {
    use cardline_core::state_machines::LIVES;
    use cardline_core::state_machines::decision::Decision;

    use super::*;

    #[test]
    fn every_state_has_its_words() {
        let lacking: Vec<_> = LIVES
            .iter()
            .flat_map(|machine| machine.states)
            .filter(|state| !STATES.iter().any(|(code, ..)| *code == state.code))
            .map(|state| state.code)
            .collect();
        assert!(lacking.is_empty(), "{lacking:?}");
        let owners = LIVES.iter().flat_map(|machine| machine.states).map(|state| state.owner);
        let silent: Vec<_> = owners.filter(|owner| !WORDS.iter().any(|(code, ..)| code == owner)).collect();
        assert!(silent.is_empty(), "{silent:?}");
        assert!(Decision::ALL.iter().all(|decision| WORDS.iter().any(|(code, ..)| *code == decision.word())));
        assert!(Role::ALL.iter().all(|role| WORDS.iter().any(|(code, ..)| *code == role.code())));
    }

    #[test]
    fn no_code_stands_twice() {
        for (place, (code, ..)) in STATES.iter().enumerate() {
            assert!(STATES[place + 1..].iter().all(|(other, ..)| other != code), "{code}");
        }
        for (place, (code, ..)) in WORDS.iter().enumerate() {
            assert!(WORDS[place + 1..].iter().all(|(other, ..)| other != code), "{code}");
        }
    }
}
