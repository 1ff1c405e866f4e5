use proptest::prelude::*;

use super::*;

const PASS: &str = include_str!("../../../../../fixtures/rules/AGENT-ADULT/pass.json");

fn refused(text: &str) -> String {
    match decode(text.as_bytes()) {
        Ok(_) => String::new(),
        Err(defect) => format!("{} {defect}", defect.code()),
    }
}

#[test]
fn unknown_fields_are_noted_and_never_refuse() {
    let more = PASS.replacen('{', r#"{"tide": {"a": [1]}, "no plain word": 1, "mobile": 1,"#, 1);
    let more = more.replacen(r#""holder": {"#, r#""holder": {"m13800000000.6": 1, "1101.0519.85": 1, "#, 1);
    let decoded = decode(more.as_bytes()).ok().map(|decoded| decoded.unknown_fields);
    assert_eq!(decoded, Some(["?", "mobile", "holder.?"].map(str::to_owned).to_vec()));
}

#[test]
fn limits_come_first() {
    let large = vec![b' '; MAX_MESSAGE_BYTES + 1];
    assert_eq!(decode(&large).err(), Some(DecodeDefect::TooLarge));
    assert_eq!(decode(b"{\"a\": \"\xFF\"}").err(), Some(DecodeDefect::NotUtf8));
    let deep = "[".repeat(MAX_MESSAGE_BYTES);
    assert_eq!(refused(&deep), "TOO-DEEP nested deeper than 32 levels");
    let deep = PASS.replacen('{', &format!(r#"{{"deep": {}{},"#, "[".repeat(40), "]".repeat(40)), 1);
    assert_eq!(refused(&deep), "TOO-DEEP nested deeper than 32 levels");
}

#[test]
fn brackets_inside_text_are_no_depth() {
    let brackets = format!(r#"{{"note": "{} \" {}","#, "[".repeat(40), "{".repeat(40));
    assert!(decode(PASS.replacen('{', &brackets, 1).as_bytes()).is_ok());
}

#[test]
fn another_schema_is_unknown_whatever_its_shape() {
    let other = PASS.replace("card.application.v1", "card.application.v2");
    assert_eq!(refused(&other), "UNKNOWN-SCHEMA unknown schema");
    assert_eq!(refused(r#"{"schema": "x"}"#), "UNKNOWN-SCHEMA unknown schema");
}

#[test]
fn a_shape_is_named_by_path_and_never_by_value() {
    for (from, to, expected) in [
        (
            r#""kind": "first_issue""#,
            r#""kind": "x`, expected SECRET""#,
            "SHAPE kind: expected one of first_issue, replacement, exchange, bank_change, adult_renewal",
        ),
        (r#""revision": 1"#, r#""revision": "SECRET""#, "SHAPE revision: expected a whole number in range"),
        (r#""revision": 1"#, r#""revision": 99999999999"#, "SHAPE revision: expected a whole number in range"),
        (r#""sex": "1","#, "", "SHAPE holder.sex: expected to be present"),
        (r#""sex": "1","#, r#""sex": "1", "sex": "SECRET","#, "SHAPE holder.sex: expected to appear once"),
        (r#""sex": "1","#, r#""sex": {"SECRET": 1},"#, "SHAPE holder.sex: expected text"),
        (
            r#""household_head": false"#,
            r#""household_head": "SECRET""#,
            "SHAPE agent.household_head: expected true or false",
        ),
        (r#""kind": "agent_id_back""#, r#""kind": "SECRET""#, "SHAPE documents[1].kind: expected one of"),
        (r#""schema": "card.application.v1","#, "", "SHAPE schema: expected to be present"),
        (r#""bank": "ICBC","#, r#""bank": SECRET,"#, "NOT-JSON not JSON"),
    ] {
        assert!(PASS.contains(from), "{from}");
        let found = refused(&PASS.replacen(from, to, 1));
        assert!(found.starts_with(expected), "{found} instead of {expected}");
        assert!(!found.contains("SECRET"));
    }
    assert_eq!(refused("[]"), "SHAPE the message: expected an object");
    assert_eq!(refused("\"SECRET\""), "SHAPE the message: expected an object");
    assert_eq!(refused(""), "NOT-JSON not JSON");
    assert_eq!(refused(&format!("{PASS} {PASS}")), "NOT-JSON not JSON");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }
}

/// A member that should be an object is refused as a list of its members, however deep it lies.
#[test]
fn a_list_is_no_object() {
    let example: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../fixtures/rules/application.example.json")).unwrap();
    for member in ["/holder", "/agent", "/photo", "/pickup", "/consent", "/holder/address", "/documents/0"] {
        let mut message = example.clone();
        let place = message.pointer_mut(member).unwrap();
        *place = place.as_object().unwrap().values().cloned().collect();
        assert_eq!(decode(message.to_string().as_bytes()).err().map(|d| d.code()), Some("SHAPE"), "{member}");
    }
}

/// Everything a sender's program may get wrong about JSON itself, each with what is said of it.
#[test]
fn what_json_allows_and_we_do_not() {
    let long = "陈".repeat(10_000);
    let documents = format!("\"documents\": [{}", "{},".repeat(100_000));
    let many = format!("\"documents\": [{}", r#"{"kind":"id_front","object":"a","sha256":"b"},"#.repeat(100_000));
    for (from, to, expected) in [
        (r#""name": "#, r#""name": "\ud800", "nome": "#, "SHAPE holder.name: expected text without half characters"),
        (r#""name": "#, r#""name": "\udc00x", "nome": "#, "SHAPE holder.name: expected text without half characters"),
        (r#""name": "#, r#""name": 5, "nome": "#, "SHAPE holder.name: expected text"),
        (r#""name": "#, r#""name": null, "nome": "#, "SHAPE holder.name: expected text"),
        (r#""id_number": "#, r#""id_number": 110101201511201235, "nummer": "#, "SHAPE holder.id_number: expected text"),
        (r#""revision": 1"#, r#""revision": 1.5"#, "SHAPE revision: expected a whole number in range"),
        (r#""revision": 1"#, r#""revision": -1"#, "SHAPE revision: expected a whole number in range"),
        (r#""revision": 1"#, r#""revision": 1e400"#, "SHAPE revision: expected a whole number in range"),
        (r#""revision": 1"#, r#""revision": 1, "revision": 1"#, "SHAPE revision: expected to appear once"),
        (r#""holder": {"#, r#""holder": {}, "holder": {"#, "SHAPE holder"),
        (r#""documents": ["#, documents.as_str(), "SHAPE documents[0].kind: expected to be present"),
        (r#""documents": ["#, many.as_str(), "TOO-LARGE longer than 1048576 bytes"),
    ] {
        assert!(PASS.contains(from), "{from}");
        let found = refused(&PASS.replacen(from, to, 1));
        assert!(found.starts_with(expected), "{found} instead of {expected}");
    }
    // A long name is a name: the rules say what is wrong with it.
    assert_eq!(refused(&PASS.replacen(r#""name": ""#, &format!(r#""name": "{long}"#), 1)), "");
}
