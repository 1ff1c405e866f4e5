//! The words of an alert, in Chinese and English, and the shape each receiver wants them in.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::rows::WaitingAlert;
use super::target::{Shape, Target};
use crate::time::rfc3339_stored;

/// The two texts of a kind; `{about}` and `{count}` are filled in.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "halted",
        "数据库曾被恢复，所有作业暂停，等待管理员确认。",
        "All work has stopped until an administrator accepts what was found of the database.",
    ),
    ("books-broken", "账目核对不通过，请查看核对结果。", "A law of the books does not hold: look at the check."),
    (
        "books-not-checked",
        "账目已超过 26 小时未核对通过。",
        "The laws of the books have not all held, or were not checked, for 26 hours.",
    ),
    (
        "disk-low",
        "主机 {about} 的数据目录可用空间不足 1 GiB。",
        "Less than 1 GiB is free in the data folder of {about}.",
    ),
    (
        "set-aside",
        "{about}：{count} 项作业搁置，其余作业照常。",
        "{about}: {count} pieces of work are set aside; everything else goes on.",
    ),
    (
        "overdue-answer",
        "{about}：{count} 个文件逾期未回复，已催办。",
        "{about}: answers to {count} files are overdue; the partner is chased.",
    ),
    ("cases-open", "有 {count} 个事项等待人工处理。", "{count} cases wait for a person."),
    (
        "cases-escalated",
        "有 {count} 个事项逾期未处理，已上报。",
        "{count} cases were not decided in time and were escalated.",
    ),
    ("deadline", "{count} 项（{about}）已超过期限。", "{count} things ({about}) are past their day."),
];

/// What is said of an alert in both languages; a kind of a later version says its name.
fn texts(alert: &WaitingAlert) -> (String, String) {
    let found = TEXTS.iter().find(|(kind, ..)| *kind == alert.kind);
    let (_, chinese, english) = found.unwrap_or(&("", "{about}：{count}", "{about}: {count}"));
    let filled = |text: &str| text.replace("{about}", &alert.about).replace("{count}", &alert.count.to_string());
    (filled(chinese), filled(english))
}

/// The message of an alert in a receiver's shape.
pub(super) fn body(shape: Shape, alert: &WaitingAlert) -> Value {
    let (chinese, english) = texts(alert);
    let urgent = if alert.urgent { "【紧急】" } else { "" };
    let at = rfc3339_stored(alert.found_at);
    let text = format!("{urgent}制卡系统：{chinese}\nCardline: {english}\n{at}");
    match shape {
        Shape::WeCom | Shape::DingTalk => json!({ "msgtype": "text", "text": { "content": text } }),
        Shape::Feishu => json!({ "msg_type": "text", "content": { "text": text } }),
        Shape::Json => json!({
            "kind": alert.kind, "about": alert.about, "count": alert.count, "urgent": alert.urgent,
            "found_at": at, "text": { "zh-CN": chinese, "en": english },
        }),
    }
}

/// The address and the message as they are sent: signed, where the receiver wants it and a secret is there.
pub(super) fn signed(target: &Target, mut body: Value, now: Timestamp) -> (String, Value) {
    let mut address = target.address.clone();
    if let Some(secret) = &target.secret {
        match target.shape {
            // The secret signs the text, and both stand in the address.
            Shape::DingTalk => {
                let at = now.as_millisecond();
                let sign = encoded(&signature(secret.as_bytes(), format!("{at}\n{secret}").as_bytes()));
                let begin = if address.contains('?') { '&' } else { '?' };
                address.push_str(&format!("{begin}timestamp={at}&sign={sign}"));
            }
            // The text signs nothing, and both stand in the message.
            Shape::Feishu => {
                let at = now.as_second();
                body["timestamp"] = at.to_string().into();
                body["sign"] = signature(format!("{at}\n{secret}").as_bytes(), b"").into();
            }
            Shape::WeCom | Shape::Json => {}
        }
    }
    (address, body)
}

fn signature(key: &[u8], text: &[u8]) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(text);
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// Base64 in an address.
fn encoded(base64: &str) -> String {
    base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// Whether an answer of 200 says that the message was taken: these receivers say an error in the body.
pub(super) fn refusal_in(shape: Shape, answer: &[u8]) -> Option<String> {
    let key = match shape {
        Shape::WeCom | Shape::DingTalk => "errcode",
        Shape::Feishu => "code",
        Shape::Json => return None,
    };
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    match answer[key].as_i64() {
        Some(0) => None,
        Some(code) => Some(format!("the receiver answers {key} {code}")),
        None => Some(format!("the receiver's answer has no {key}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(shape: Shape, address: &str) -> Target {
        Target { address: address.into(), shape, secret: Some("this is secret".into()), id: String::new() }
    }

    #[test]
    fn messages_are_signed_as_the_receivers_reckon() {
        let now = Timestamp::from_second(1_600_000_000).unwrap();
        let (address, body) = signed(&target(Shape::DingTalk, "https://h/send?access_token=t"), json!({}), now);
        let sign = "https://h/send?access_token=t&timestamp=1600000000000&sign=";
        assert!(address.starts_with(sign) && body == json!({}), "{address}");
        assert!(address[sign.len()..].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'%'), "{address}");
        let (address, body) = signed(&target(Shape::Feishu, "https://h/hook/t"), json!({}), now);
        assert_eq!((address.as_str(), body["timestamp"].as_str()), ("https://h/hook/t", Some("1600000000")));
        assert_eq!(body["sign"].as_str().map(str::len), Some(44));
        let (address, body) = signed(&target(Shape::WeCom, "https://h/send?key=t"), json!({}), now);
        assert_eq!((address.as_str(), body), ("https://h/send?key=t", json!({})));
    }

    #[test]
    fn an_error_in_an_answer_of_200_is_seen() {
        assert_eq!(refusal_in(Shape::WeCom, br#"{"errcode":0,"errmsg":"ok"}"#), None);
        assert!(refusal_in(Shape::DingTalk, br#"{"errcode":310000}"#).is_some_and(|told| told.contains("310000")));
        assert!(
            refusal_in(Shape::Feishu, br#"{"code":19021}"#).is_some() && refusal_in(Shape::Feishu, b"ok").is_some()
        );
        assert_eq!(refusal_in(Shape::Json, b"ok"), None);
    }
}
