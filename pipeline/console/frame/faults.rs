//! What is wrong with a partner's file, in the words of officials. A fault says it itself in English; here is what each
//! code means in Chinese, with what to do. A test holds this list to the codes.

use cardline_core::file_formats::FaultCode;

use crate::lang::Lang;

/// Code, and what is wrong and what to do.
const FAULTS: &[(FaultCode, &str)] = &[
    (FaultCode::FileEmpty, "文件为空：请整份重发"),
    (FaultCode::FileByteOrderMark, "文件是 UTF-16：请按约定字符集重发"),
    (FaultCode::FileCharset, "字符集与约定不符：请按约定字符集重发"),
    (FaultCode::FileLineEnd, "行尾是 CRLF，约定为 LF：请改行尾后重发"),
    (FaultCode::FileTruncated, "文件不完整，或大小、摘要与标记不符：请整份重发"),
    (FaultCode::FileControl, "控制行缺失或无法识别：请核对版式后重发"),
    (FaultCode::FileCount, "控制行的行数与实际不符：请核对后重发"),
    (FaultCode::FileKind, "控制行写的是另一种文件：请核对后重发"),
    (FaultCode::FilePartner, "控制行写的是另一个合作方：请核对后重发"),
    (FaultCode::FileEnvelope, "信封打不开、签名或清单不符：请按约定重新封装后重发"),
    (FaultCode::FileMoreFaults, "错误太多，其余未列：请核对版式"),
    (FaultCode::RowColumns, "列数与版式不符：请核对版式"),
    (FaultCode::RowTrailer, "行末缺分隔符：请整份重发"),
    (FaultCode::RowLength, "行长与版式不符：请核对版式版本"),
    (FaultCode::FieldRequired, "必填项为空：请补填"),
    (FaultCode::FieldLength, "超过列宽：请缩短"),
    (FaultCode::FieldCharset, "含字符集无法表示的字符：请更换用字"),
    (FaultCode::FieldDelimiter, "内容含分隔符、换行或空字节：请去掉"),
    (FaultCode::FieldControl, "内容含控制字符：请去掉"),
    (FaultCode::FieldSpace, "内容首尾有空格：请去掉"),
    (FaultCode::FieldClass, "不是本列的内容类型（数字、日期等）：请更正"),
    (FaultCode::FieldConstant, "不是版式规定的固定值：请更正"),
    (FaultCode::FieldCode, "码表中没有此代码：请先约定"),
    (FaultCode::FieldMatch, "与所问不符（另一行、另一人或另一日）：请核对"),
    (FaultCode::XmlSyntax, "不是格式良好的 XML：请重新生成"),
    (FaultCode::XmlDoctype, "含文档类型声明，一律拒收：请去掉"),
    (FaultCode::XmlEncoding, "声明的编码与约定不符：请更正"),
    (FaultCode::XmlElement, "元素或文字位置不对：请核对版式"),
    (FaultCode::XmlAttribute, "属性缺失、多余或有误：请核对版式"),
    (FaultCode::XmlTotals, "合计与内容不符：请重新清点"),
    (FaultCode::XmlPosition, "盒内位置不连续或无序：请核对"),
    (FaultCode::XmlRepeat, "卡、盒或箱重复列出：请核对"),
];

/// What is wrong and what to do; the fault's own message in English.
pub fn said(lang: Lang, code: FaultCode, message: &str) -> String {
    let known = FAULTS.iter().find(|(known, _)| *known == code).filter(|_| lang == Lang::Zh);
    known.map_or_else(|| message.to_owned(), |(_, zh)| (*zh).to_owned())
}

/// A file's reason in Chinese, which the ledger keeps as `CODE in line N, and M more: …`.
pub fn reason(kept: &str) -> Option<String> {
    let (code, rest) = kept.split_once(" in line ")?;
    let (_, zh) = FAULTS.iter().find(|(known, _)| known.code() == code)?;
    let (line, rest) = rest.split_once(", and ")?;
    let (more, _) = rest.split_once(" more: ")?;
    let place = if line == "0" { "整份文件".to_owned() } else { format!("第 {line} 行") };
    let more = if more == "0" { String::new() } else { format!("（另有 {more} 处）") };
    Some(format!("{place}：{zh}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_words_once() {
        let ours: Vec<FaultCode> = FAULTS.iter().map(|(code, _)| *code).collect();
        assert_eq!(ours, FaultCode::ALL);
    }

    #[test]
    fn a_kept_reason_is_told_with_its_place() {
        let kept = "FILE-TRUNCATED in line 0, and 0 more: size or digest differ from the marker; send the file again";
        assert_eq!(reason(kept).as_deref(), Some("整份文件：文件不完整，或大小、摘要与标记不符：请整份重发"));
        let kept = "ROW-COLUMNS in line 7, and 2 more: 3 cells";
        assert_eq!(reason(kept).as_deref(), Some("第 7 行：列数与版式不符：请核对版式（另有 2 处）"));
        assert_eq!(reason("collected"), None);
    }
}
