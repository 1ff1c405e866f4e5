//! The rules in the words of officials: what is wrong, and what puts it right. The catalogue itself is English
//! (`rules_in_words`); a test holds this list to it, so that a new rule gets its words.

use cardline::route::rules_in_words::rule_in_words;

use crate::lang::Lang;

/// Code, what is wrong, what puts it right.
const RULES: &[(&str, &str, &str)] = &[
    ("ADDRESS-ABOLISHED", "地址在已撤销的行政区", "改报村（社区）现行代码"),
    ("ADDRESS-CHARACTER", "地址含无法写入的字符", "按门牌和户口簿用字重报，不用自造字"),
    ("ADDRESS-EMPTY", "地址缺详细部分", "补报街路和门牌号"),
    ("ADDRESS-LENGTH", "地址超过芯片长度", "按户口簿写法缩短"),
    ("ADDRESS-REGION", "没有这个区划", "报村（社区）的区划代码"),
    ("AGENT-ADULT", "代办人未满十八周岁", "由成年监护人申请"),
    ("AGENT-AGE", "代办人不比申领人年长", "核对号码和关系证明"),
    ("AGENT-AGE-GAP", "代办人与申领人年龄过近", "核对号码和关系证明"),
    ("AGENT-HOLDER", "代办人就是申领人", "报代办人本人的号码"),
    ("AGENT-HOUSEHOLD", "户口簿两问未答", "回答是否户主、是否同一户口簿"),
    ("AGENT-ID-NUMBER", "代办人号码有误", "重新读取代办人居民身份证"),
    ("AGENT-ID-TYPE", "代办人没有居民身份证", "由持居民身份证的代办人申请，或本人办理"),
    ("AGENT-MOBILE", "代办人手机号有误", "报代办人的手机号"),
    ("AGENT-NAME", "代办人姓名有误", "按代办人证件报姓名"),
    ("AGENT-NAME-NORMALISED", "代办人姓名中的形近字符或空格已规范", "以后按规范写法报送"),
    ("AGENT-PAPER-DATES", "代办人证件有效期无法识别", "按证件报日期，或不报"),
    ("AGENT-PAPER-EXPIRED", "审核时代办人证件已过期", "请代办人换领身份证"),
    ("AGENT-RELATION-PROOF", "监护关系缺证明", "补报关系证明"),
    ("AGENT-REQUIRED", "未成年人没有代办人", "由监护人申请"),
    ("AGENT-SEX", "代办人性别与号码不符", "与证件核对两者"),
    ("APPLICATION-ID", "申请编号不合规", "报业务机构的编号，不得用个人号码"),
    ("APPLICATION-LAPSED", "更正已过期限", "以新的申请编号重新申请"),
    ("APPROVAL-FUTURE", "审核时间晚于今天", "检查报送方时钟"),
    ("APPROVAL-INSTANT", "没有审核时间", "报日期、时间和时区"),
    ("APPROVAL-RANGE", "审核时间年代不符", "检查报送方时钟和年份"),
    ("BANK-REGION", "该银行不服务本地区", "选择本地区的合作银行"),
    ("BANK-UNKNOWN", "没有这家银行", "报合作银行代码"),
    ("BIRTH-AGREES", "出生日期与号码不符", "与证件核对两者"),
    ("BIRTH-DATE", "出生日期无法识别", "按规定格式报日期"),
    ("BIRTH-RANGE", "出生日期在未来或过早", "与证件核对"),
    ("CITY-LATE", "网点签收后才报市级收货", "不必处理，可剔除"),
    ("CONSENT-INSTANT", "没有同意时间，或晚于审核", "报同意的时间"),
    ("CONSENT-STATEMENT", "没有同意任何声明", "报所同意声明的版本"),
    ("DOCUMENT-COUNT", "材料过多", "每页只报一次"),
    ("DOCUMENT-EMPTY", "材料是空文件", "重新上传该页"),
    ("DOCUMENT-OBJECT", "材料缺对象名或摘要", "补报对象名和摘要"),
    ("DOCUMENT-REQUIRED", "缺少必需材料", "补报所列材料"),
    ("DOCUMENT-TWICE", "同类材料报了两次", "只报有效的一份"),
    ("DOCUMENT-UNASKED", "不需要的材料", "去掉，或更正其种类"),
    ("ETHNICITY-CODE", "没有这个民族", "按证件报民族代码"),
    ("EVENT-CONFLICT", "同一事件两种内容", "另一内容用新的事件编号报送"),
    ("EVENT-FUTURE", "未来的事件", "更正时间，或请报送方校准时钟后重发"),
    ("EVENT-ID", "事件编号不合规", "报唯一编号，如 UUID"),
    ("EVENT-INSTANT", "事件没有时间", "补上时间（含时区），或请报送方重发"),
    ("EVENT-NOT-POSSIBLE", "不可能发生的事件", "查看卡的经过；缺的事件到后重新检查，或剔除"),
    ("EVENT-SUBJECT", "事件没有对象", "修正，或请报送方重发"),
    ("FIELD-UNKNOWN", "没有人认识的字段", "若有意为之则不必处理，否则更正拼写"),
    ("HAND-OVER-BY", "领卡人不符合规定", "向网点核实谁领走了卡；更正领卡人，或剔除并追回"),
    ("HAND-OVER-EARLY", "领卡早于到卡", "核实领卡日期；更正时间，或剔除并追回"),
    ("HAND-OVER-MAIL", "未寄出的卡报邮寄送达", "问网点卡在谁手；先报 card.sent_by_mail，或剔除"),
    ("HAND-OVER-PAPERS", "领卡材料不全", "向网点核实所示材料；补正，或剔除并追回"),
    ("HAND-OVER-PLACE", "不在领卡网点领卡", "核实卡在哪个网点；更正网点代码，或剔除"),
    ("ID-BIRTH-DATE", "号码中的日期不存在", "重新读取证件号码"),
    ("ID-CHARACTER", "号码含不允许的字符", "用半角字符录入，X 大写"),
    ("ID-CHECKSUM", "号码校验位不符", "重新读取证件号码"),
    ("ID-COUNTRY", "号码中的国家不存在", "重新读取证件号码"),
    ("ID-FIFTEEN", "十五位号码已转换", "不必处理"),
    ("ID-FIFTEEN-NEW", "新办用了十五位号码", "报现行证件的十八位号码"),
    ("ID-LENGTH", "号码长度不符", "报完整号码"),
    ("ID-PERMIT-PREFIX", "居住证号码前缀不符", "重新读取居住证号码"),
    ("ID-PROVINCE", "号码中的省份不存在", "重新读取证件号码"),
    ("ID-REGION", "号码中的县区从未存在", "与证件核对"),
    ("ID-SEQUENCE", "顺序码为 000", "与证件核对"),
    ("JOINT-BIRTH", "出生联办而非出生", "报实际的申请渠道"),
    ("KEY-FORM", "编号不合规", "请报送方给出不含个人信息的编号（不超过 64 个字母、数字和连接符）"),
    ("MAIL-NUMBER", "邮寄事件缺承运方或单号", "请报送方补报 carrier 和 tracking"),
    ("MAIL-OTHER", "不是这张卡的邮件", "与寄出的承运方和单号核对后更正，或剔除"),
    ("MOBILE-FORM", "手机号有误", "报手机号，不带前缀和空格"),
    ("NAME-CHARACTER", "姓名含不允许的字符", "按证件用字；生僻字报其 Unicode 码位，不用自造字"),
    ("NAME-EMPTY", "姓名为空", "按证件报姓名"),
    ("NAME-LATIN", "中国证件用了拉丁姓名", "按证件报姓名"),
    ("NAME-LENGTH", "姓名超过芯片长度", "与申领人商定证件上的简写"),
    ("NAME-MIXED", "汉字与拉丁字母混用", "按证件文字报姓名"),
    ("NAME-NORMALISED", "形近字符或空格已规范", "以后按规范写法报送"),
    ("NAME-RARE", "姓名含生僻字", "不必处理；与证件核对"),
    ("NAME-SEPARATOR", "间隔点在首尾或重复", "各部分之间用一个间隔点（U+00B7）"),
    ("NATIONALITY-AGREES", "国籍与号码不符", "与证件核对两者"),
    ("NATIONALITY-CODE", "没有这个国籍", "报三位字母代码"),
    ("NEWBORN-LANE", "非新生儿走新生儿通道", "优先级报普通或加急"),
    ("NOT-JSON", "不是 JSON", "每行报一个 JSON 对象"),
    ("NOT-UTF8", "不是 UTF-8", "用 UTF-8 编码"),
    ("OCCUPATION-CODE", "没有这个职业大类", "报职业大类代码"),
    ("OCCUPATION-MISSING", "缺职业", "报职业大类代码"),
    ("OUTLET-BANK", "网点属于另一家银行", "选择该银行的网点"),
    ("OUTLET-CHECK", "网点代码校验不符", "重新读取网点代码"),
    ("OUTLET-REGION", "网点不在本地区", "选择该银行在本地区的网点"),
    ("OUTLET-UNKNOWN", "没有这个网点", "从合作银行网点表中选择"),
    ("PAPER-AGE", "满十六周岁用户口簿", "用居民身份证申请"),
    ("PAPER-CLASS", "证件与号码类别不符", "报号码所在的证件"),
    ("PAPER-DATES", "证件有效期缺失或无法识别", "按证件报有效期"),
    ("PAPER-EXPIRED", "审核时证件已过期", "用有效证件申请"),
    ("PAPER-IN-PERSON", "未成年人其他证件须到场办理", "到合作银行网点申请"),
    ("PAPER-ISSUED", "证件签发早于出生或晚于审核", "与证件核对日期"),
    ("PAPER-TERM", "身份证有效期过长", "与证件核对日期"),
    ("PERMIT-PLACE", "居住证地区不符", "报号码所在的证件"),
    ("PERSON-LIVE-CARD", "一人第二张卡", "按补卡、换卡或换银行报送，并填原卡"),
    ("PERSON-OPEN-APPLICATION", "一人第二份申请", "等待前一份结果，或以更高修订号更正"),
    ("PHONE-FORM", "固定电话有误", "按 010-12345678 报，或不报"),
    ("PHOTO-ASPECT", "照片比例不符", "按比例裁剪"),
    ("PHOTO-AUTHORISATION", "照片缺授权材料", "补报授权材料"),
    ("PHOTO-BOMB", "照片无法使用", "申领人另交照片，以更高修订号报送"),
    ("PHOTO-BROKEN", "照片已损坏", "重新上传完整照片，以更高修订号报送"),
    ("PHOTO-BYTES", "照片文件过大或过小", "重新保存为 JPEG"),
    ("PHOTO-DECLARED", "照片与申报不符", "以更高修订号申报实际照片"),
    ("PHOTO-DEFAULT-AGE", "满七周岁用默认照片", "上传本人照片"),
    ("PHOTO-DEFAULT-OBJECT", "默认照片又附照片", "去掉照片，或报真实来源"),
    ("PHOTO-DIGEST", "照片摘要不符", "恢复所申报的文件后重新检查，或以更高修订号报送"),
    ("PHOTO-FORMAT", "照片格式不能用", "申领人另交照片，以更高修订号报送"),
    ("PHOTO-ID-PAPER", "照片取自申领人没有的身份证", "上传照片"),
    ("PHOTO-MISSING", "找不到照片", "以同一名称重新上传后重新检查，或以更高修订号报送"),
    ("PHOTO-OBJECT", "照片申报不全", "五项都要申报"),
    ("PHOTO-RENDER", "照片无法制作", "申领人另交照片，以更高修订号报送"),
    ("PHOTO-SIZE", "照片像素过少", "换用更大的照片"),
    ("PHOTO-SMALL", "照片过小", "申领人另交照片，以更高修订号报送"),
    ("PHOTO-TOO-LARGE", "照片过大", "申领人另交照片，以更高修订号报送"),
    ("PICKUP-AGENT", "成年人的卡由代办人领", "选择其他领取方式，如银行网点"),
    ("PICKUP-AGENT-OUTLET", "未成年人的卡不在开户网点领", "选择在开户网点由代办人领取"),
    ("PICKUP-BANK", "在另一家银行领取", "选择开户银行的网点"),
    ("PICKUP-EMPLOYER", "由单位领取但未填单位", "填写单位"),
    ("PICKUP-MAIL", "邮寄地址不全", "姓名、电话、邮编、地址都要填"),
    ("PICKUP-METHOD", "本地没有这种领取方式", "选择其他领取方式"),
    ("PICKUP-POINT", "没有这个领取点", "从领取点表中选择"),
    ("PICKUP-REGION", "领取点不在本地区", "选择本地区的领取点"),
    ("PREVIOUS-BANK", "与原卡银行不同", "保留原银行，或申请换银行"),
    ("PREVIOUS-BANK-CHANGE", "换银行仍报原银行", "选择另一家银行，或申请换卡"),
    ("PREVIOUS-CHECK", "原卡号校验不符", "与卡面核对"),
    ("PREVIOUS-FORBIDDEN", "首次申领填了原卡", "去掉原卡，或改报正确的种类"),
    ("PREVIOUS-NOT-LIVE", "原卡已终止", "填现在持有的卡；没有则按首次申领"),
    ("PREVIOUS-NOT-LOST", "报失的原卡未正式挂失", "先办正式挂失，再重新报送"),
    ("PREVIOUS-OTHER-BANK", "原卡属于另一家银行", "填原卡银行，或按换银行报送"),
    ("PREVIOUS-OTHER-PERSON", "原卡属于他人", "与手中的卡核对卡号"),
    ("PREVIOUS-REASON", "原因与种类不符", "填相符的原因"),
    ("PREVIOUS-REQUIRED", "缺原卡", "填原卡"),
    ("PREVIOUS-SAME-BANK", "换银行但银行未变", "选择另一家银行，或按换卡报送"),
    ("PREVIOUS-UNKNOWN", "原卡无人知晓", "核对卡号；旧卡先导入期初库存"),
    ("RECEIPT-BOX", "卡盒不属于此货件", "对照装箱清单更正货件号或盒号；混入的他盒按 point.wrong_box 报"),
    ("RECEIPT-COUNT", "清点数不可能", "按网点实际清点更正张数"),
    ("RECEIPT-ELSEWHERE", "非收货网点的签收", "核实货件在哪个网点；更正代码，或转送"),
    ("RECEIPT-LATE", "领取窗口已开后才签收", "剔除重复签收；请网点逐张查找"),
    ("RECEIPT-NOT-AS-SHIPPED", "签收与发货不符", "重新检查：卡片记在网点，并生成待决事项；或剔除重复签收"),
    ("REGION-CURRENT", "发卡地区不是现行区划", "报现行机构的区划代码"),
    ("REGION-FOLLOWED", "发卡地区已合并或更名", "本次不必处理，以后报现行代码"),
    ("RENEWAL-AGE", "未满十六周岁换成人卡", "按换卡申请，或等到满十六周岁"),
    ("RENEWAL-NOT-CHILD", "原卡不是儿童卡", "按换卡申请"),
    ("RESIDENCE-PERMIT", "外地儿童缺居住证明", "补报居住证明"),
    ("REVISION-CONFLICT", "同一修订号两种内容", "另一内容以更高修订号报送"),
    ("REVISION-GAP", "修订号有缺口", "报送缺少的修订"),
    ("REVISION-GAP-LAPSED", "缺少的修订逾期未到", "向报送方要缺少的修订后重新检查，或剔除"),
    ("REVISION-NOT-OPEN", "申请不在可更正状态", "撤回申请，或等待结果"),
    ("REVISION-ZERO", "修订号为零", "首次修订号为 1"),
    ("SEX-AGREES", "性别与号码不符", "与证件核对两者"),
    ("SEX-CODE", "没有这个性别代码", "报 1 或 2"),
    ("SHAPE", "字段种类或位置不对", "更正所指字段"),
    ("TOO-DEEP", "嵌套过深", "按报文格式报送"),
    ("TOO-LARGE", "报文过大", "材料以对象上传，报文只写名称"),
    ("UNKNOWN-CARD", "事件的卡无人知晓", "卡入账后重新检查；旧卡先导入期初库存"),
    ("UNKNOWN-SCHEMA", "不认识的报文版本", "schema 填已知版本"),
    ("UNKNOWN-SHIPMENT", "签收的货件无人知晓", "装箱清单处理后重新检查，或剔除"),
    ("UNKNOWN-TYPE", "不认识的事件种类", "升级后重新检查，或修正种类"),
    ("WITHDRAWAL-EARLY", "撤回先于申请到达", "不必处理；逾期再问报送方"),
    ("WITHDRAWAL-LAPSED", "要撤回的申请从未到达", "剔除，或申请到后重新检查"),
];

/// What a rule or a reason is called; its code where it is none of ours.
pub fn name(lang: Lang, code: &str) -> String {
    let known = RULES.iter().find(|(known, ..)| *known == code).filter(|_| lang == Lang::Zh);
    let name = known.map(|(_, name, _)| (*name).to_owned());
    name.or_else(|| rule_in_words(code).map(|rule| rule.name.to_owned())).unwrap_or_else(|| code.to_owned())
}

/// What puts right what breaks it; nothing where the code is none of ours.
pub fn fix(lang: Lang, code: &str) -> String {
    let known = RULES.iter().find(|(known, ..)| *known == code).filter(|_| lang == Lang::Zh);
    let fix = known.map(|(.., fix)| (*fix).to_owned());
    fix.or_else(|| rule_in_words(code).map(|rule| rule.fix.to_owned())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cardline::route::rules_in_words::rules_in_words;

    use super::RULES;

    #[test]
    fn every_rule_has_its_words() {
        let ours: BTreeSet<&str> = RULES.iter().map(|(code, ..)| *code).collect();
        let all: BTreeSet<&str> = rules_in_words().iter().map(|rule| rule.code).collect();
        assert_eq!(ours, all);
        assert_eq!(ours.len(), RULES.len(), "a rule stands twice");
    }
}
