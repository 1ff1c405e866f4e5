//! What is wrong with a list that came back, and why a line of it was refused, as officials say it. The library tells
//! it in English; what has no Chinese here is shown as it is told.

use cardline::actions::imports::reference_file::RowFault;

use crate::frame::states;
use crate::lang::Lang;

/// What follows the state of a card that is elsewhere, and what is said of it in Chinese.
const ELSEWHERE: (&str, &str) = (
    " now, and was not handed over here; look at its way, ask the point where the card is, and tell the point what to do with it",
    "卡已不在此网点的货架上，也没有登记在此领取；请查看其去向，向网点核实卡在何处，并告知网点如何处理。现状：",
);

/// How a text begins, and that in Chinese; what follows stays.
const BEGINNINGS: &[(&str, &str)] = &[
    ("a guardian shows the household book: ", "监护人须出示户口簿："),
    ("a quotation mark in this line is not closed, or a cell has several lines", "此行引号未闭合，或单元格内有换行"),
    ("an agent shows the own identity card: ", "代办人须出示本人身份证："),
    ("cannot be read as CSV: a quotation mark is not closed", "不能按 CSV 读取：引号未闭合"),
    ("handed over since, by another record", "其间已由另一记录领取"),
    ("has another word than ", "含有规定以外的词；可用："),
    ("has cells on sheet ", "另一张工作表也有内容，请只保留清单所在的一张；表号："),
    (
        "has one cell only; save the list as CSV with commas between its cells, or as .xlsx",
        "只有一个单元格；请另存为以逗号分隔的 CSV，或 .xlsx",
    ),
    (
        "is a date cell, in which the spreadsheet may have turned day and month; write it as text, its year first, as 2026-02-10",
        "是日期格式的单元格，月日可能被颠倒；请设为文本，按 2026-02-10 的样子填写",
    ),
    ("is a formula; put its value there, as text", "是公式；请改填其值（文本）"),
    (
        "is a number of the spreadsheet, which keeps fifteen digits: export the list anew, with this column as text",
        "被表格软件变成了数字，超过十五位会丢失；请重新导出清单，保持此列为文本",
    ),
    (
        "is a zip and no workbook of Excel that can be read, or one that was cut off; save it anew as .xlsx",
        "不是可读取的 Excel 文件，或文件不完整；请另存为 .xlsx",
    ),
    ("is an error of the spreadsheet; write it as text", "是表格软件的错误值；请填写文本"),
    ("is another list than that of the first line; give one file for each", "与第一行不是同一份清单；每份清单一个文件"),
    (
        "is encrypted or a workbook of the kind before 2007; save it as .xlsx without a password",
        "已加密，或是 2007 年以前的格式；请去掉密码，另存为 .xlsx",
    ),
    ("is far longer than anything that stands there", "内容过长"),
    (
        "is larger than any list; export the list anew and fill in nothing beside it",
        "超过任何清单的大小；请重新导出，只填写规定的列",
    ),
    (
        "is merged with others, whose values are gone; undo that and fill them in again",
        "是合并单元格，其余内容已丢失；请取消合并后重新填写",
    ),
    (
        "is no day with its year first, as 2026-02-10, 2026年2月10日 or 20260210; it is not guessed",
        "不是年份在前的日期（如 2026-02-10、2026年2月10日、20260210），不作猜测",
    ),
    ("is no number of a line", "不是行号"),
    ("is none of ", "不在可用的词之内："),
    (
        "is not what the list says of this card: its columns were sorted apart, or the cell was edited; fill in a list that is exported anew, and sort whole lines only",
        "与清单上这张卡的内容不符：列被分开排序，或单元格被改动；请重新导出清单填写，排序须整行",
    ),
    ("is true or false of the spreadsheet; write it as text", "是逻辑值；请填写文本"),
    ("lies at another point now", "现在另一网点"),
    ("lies before the day on which its window was opened", "早于领取窗口开放之日"),
    ("lies in the future", "是将来的日期"),
    (
        "list, number, application and control sum do not belong together: the line was changed; export the list anew",
        "清单、行号、申请编号与校验码不符，此行被改动；请重新导出清单",
    ),
    ("no card that you see stands under this number of the list", "清单的这一行没有您可见的卡"),
    ("no line below the columns; nothing was recorded", "表头以下没有内容，未登记"),
    ("no line of the file that can be read names this card of the list", "文件中没有可读取的行写明清单上的这张卡"),
    ("not on the shelf any more: ", "已不在架："),
    ("recorded before", "之前已登记"),
    ("say what was shown: ", "请填写出示的证件："),
    ("stands in the file twice; the first line counts", "在文件中出现两次，以第一次为准"),
    ("the card is ", ELSEWHERE.1),
    (
        "the card is in somebody's hands by another record; ask the point which is right",
        "另一记录显示卡已被领取；请向网点核实",
    ),
    ("the column is missing; export the list anew and keep its first line", "缺少此列；请重新导出，保留表头"),
    ("the column stands there twice; export the list anew", "此列出现两次；请重新导出"),
    (
        "the line has more cells than the first one; write several papers as 身份证、户口簿, with no comma between",
        "此行的单元格比表头多；多种证件请写作“身份证、户口簿”，不用逗号",
    ),
];

/// Why a line was refused.
pub fn said(lang: Lang, reason: &str) -> String {
    if lang == Lang::En {
        return reason.to_owned();
    }
    // Of two that fit the longer one stands later.
    let known =
        BEGINNINGS.iter().filter_map(|(kept, zh)| Some(format!("{zh}{}", reason.strip_prefix(kept)?))).next_back();
    let said = known.unwrap_or_else(|| reason.to_owned());
    // Of a card that is elsewhere only its state follows.
    let state = said.strip_prefix(ELSEWHERE.1).and_then(|rest| rest.strip_suffix(ELSEWHERE.0));
    state.map_or_else(|| said.clone(), |state| format!("{}{}", ELSEWHERE.1, states::word(lang, state)))
}

/// What is wrong with the whole file, in Chinese.
pub fn fault(fault: &RowFault) -> String {
    let message = said(Lang::Zh, &fault.message);
    match (fault.line, fault.column.as_str()) {
        (0, _) => message,
        (line, "") => format!("第 {line} 行：{message}"),
        (line, column) => format!("第 {line} 行 {column} 列：{message}"),
    }
}

#[cfg(test)]
mod tests {
    use cardline::actions::pickup::lists::reading::read;

    use super::*;

    #[test]
    fn a_reason_stands_once_and_in_order() {
        assert!(BEGINNINGS.is_sorted_by(|one, other| one.0 < other.0));
    }

    #[test]
    fn what_is_wrong_is_said_in_chinese() {
        let told = read(b"PK\x03\x04 and more").unwrap_err();
        assert_eq!(fault(&told), "不是可读取的 Excel 文件，或文件不完整；请另存为 .xlsx");
        let told = read(b"list,no\n").unwrap_err();
        assert_eq!(fault(&told), "第 1 行 application_id 列：缺少此列；请重新导出，保留表头");
        assert_eq!(said(Lang::Zh, "is none of holder (本人)"), "不在可用的词之内：holder (本人)");
        assert_eq!(said(Lang::Zh, "something new"), "something new");
        let elsewhere = said(Lang::Zh, &format!("the card is in_transit{}", ELSEWHERE.0));
        assert!(elsewhere.starts_with("卡已不在") && elsewhere.ends_with("现状：配送中"), "{elsewhere}");
    }
}
