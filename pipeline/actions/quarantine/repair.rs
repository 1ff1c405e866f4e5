//! Repairs of messages in the quarantine: single members set in plain text, or whole corrected messages
//! from a file. The message as it came stays encrypted as it was; a repair makes another one.
//!
//! Personal values never come by the command line: whoever lists processes could read them there.

use std::collections::HashMap;
use std::path::Path;

use cardline_core::domain::open_form::{Form, has_form};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::refusal::{RepairError, RepairRefusal};
use crate::hex::hex;
use crate::limits::{REPAIR_BYTES_MAX, REPAIR_MESSAGES_MAX};
use crate::quarantine::disclosure::form_of;
use crate::quarantine::message_tree::can_be_rewritten;
use crate::route::intake::Lines;
use crate::step::StageError;

/// What is changed before messages are taken in again.
pub enum Repair {
    Nothing,
    Set(Vec<Assignment>),
    Corrected(Corrected),
}

impl Repair {
    /// The digest of what is changed, so that an operation confirms this and nothing else.
    pub fn digest(&self) -> String {
        match self {
            Repair::Nothing => String::new(),
            Repair::Set(list) => {
                let parts: Vec<(&String, &Value)> = list.iter().map(|a| (&a.path, &a.value)).collect();
                hex(&Sha256::digest(serde_json::json!(parts).to_string()))
            }
            Repair::Corrected(file) => file.digest.clone(),
        }
    }

    /// The message to take in, given the one that came. `alone`: the operation takes this one only, so
    /// a single corrected message is meant for it whatever its event id.
    pub fn of(&self, event_id: Option<&str>, came: Vec<u8>, alone: bool) -> Vec<u8> {
        match self {
            Repair::Nothing => came,
            Repair::Set(list) => set(&came, list).unwrap_or(came),
            Repair::Corrected(file) => match event_id.and_then(|id| file.messages.get(id)) {
                Some(corrected) => corrected.clone(),
                None if alone && file.messages.len() == 1 => file.messages.values().next().cloned().unwrap_or(came),
                None => came,
            },
        }
    }
}

/// `None`: the message cannot be written again without losing something of it.
fn set(came: &[u8], list: &[Assignment]) -> Option<Vec<u8>> {
    if !can_be_rewritten(came) {
        return None;
    }
    let mut message: Value = serde_json::from_slice(came).ok()?;
    for assignment in list {
        assignment.apply(&mut message)?;
    }
    Some(message.to_string().into_bytes())
}

/// `PATH=VALUE`: a member and what it becomes.
pub struct Assignment {
    path: String,
    value: Value,
}

impl Assignment {
    /// Reads `PATH=VALUE`; the value is text unless the place takes a number, or `PATH:=JSON` says so.
    ///
    /// # Errors
    /// What is wrong with it, without the value.
    pub fn read(text: &str) -> Result<Assignment, RepairRefusal> {
        let Some((path, value)) = text.split_once('=') else {
            return Err(RepairRefusal::NoAssignment);
        };
        let (path, json) = path.strip_suffix(':').map_or((path, false), |path| (path, true));
        let named = || path.to_owned();
        let form = match form_of(path) {
            None | Some(Form::Year | Form::District | Form::Digest) => {
                return Err(RepairRefusal::NotSetHere { path: named() });
            }
            Some(form) => form,
        };
        let value = match (json, form) {
            (true, _) => serde_json::from_str(value).map_err(|_| RepairRefusal::NoJson { path: named() })?,
            (false, Form::Count) => {
                value.parse::<u32>().map(Value::from).map_err(|_| RepairRefusal::NoWholeNumber { path: named() })?
            }
            (false, _) => Value::from(value),
        };
        match &value {
            Value::String(text) if !has_form(form, text) => Err(RepairRefusal::NotOfForm { path: named() }),
            Value::Array(_) | Value::Object(_) => Err(RepairRefusal::NotOneValue { path: named() }),
            _ => Ok(Assignment { path: named(), value }),
        }
    }

    fn apply(&self, message: &mut Value) -> Option<()> {
        let mut at = message;
        let mut parts = self.path.split('.').peekable();
        while let Some(part) = parts.next() {
            let (key, index) = match part.split_once('[') {
                Some((key, index)) => (key, Some(index.strip_suffix(']')?.parse::<usize>().ok()?)),
                None => (part, None),
            };
            let object = at.as_object_mut()?;
            if parts.peek().is_none() && index.is_none() {
                object.insert(key.to_owned(), self.value.clone());
                return Some(());
            }
            at = object.get_mut(key)?;
            if let Some(index) = index {
                at = at.as_array_mut()?.get_mut(index)?;
            }
        }
        *at = self.value.clone();
        Some(())
    }
}

/// Corrected messages of a file, by their event id.
pub struct Corrected {
    messages: HashMap<String, Vec<u8>>,
    /// Event ids with their lines, in the order of the file.
    pub named: Vec<(String, i64)>,
    digest: String,
}

impl Corrected {
    /// Reads an NDJSON file. Every line is one whole message with its `event_id`.
    ///
    /// # Errors
    /// The line that is none, or the second one of an event.
    pub fn open(path: &Path) -> Result<Corrected, RepairError> {
        let shown = path.display().to_string();
        let bytes = std::fs::metadata(path).map_err(|e| StageError::file(&shown, e))?.len();
        if bytes > REPAIR_BYTES_MAX {
            return Err(RepairRefusal::FileTooLarge { file: shown }.into());
        }
        let mut lines = Lines::open(path)?;
        let (mut messages, mut named, mut digest) = (HashMap::new(), Vec::new(), Sha256::new());
        loop {
            let chunk = lines.next_chunk().map_err(|e| StageError::file(&shown, e))?;
            if chunk.is_empty() {
                return Ok(Corrected { messages, named, digest: hex(&digest.finalize()) });
            }
            for raw in chunk {
                let line = raw.position;
                let file = || shown.clone();
                digest.update(&raw.bytes);
                digest.update([b'\n']);
                let message: Value = serde_json::from_slice(&raw.bytes).unwrap_or_default();
                let Some(event_id) = message["event_id"].as_str() else {
                    return Err(RepairRefusal::NoEvent { file: file(), line }.into());
                };
                if messages.insert(event_id.to_owned(), raw.bytes.to_vec()).is_some() {
                    return Err(RepairRefusal::SameEvent { file: file(), line }.into());
                }
                if messages.len() > REPAIR_MESSAGES_MAX {
                    return Err(RepairRefusal::TooManyMessages { file: file(), line }.into());
                }
                named.push((event_id.to_owned(), line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(came: &str, edits: &[&str]) -> String {
        let list = edits.iter().map(|edit| Assignment::read(edit).unwrap_or_else(|e| panic!("{e:?}"))).collect();
        String::from_utf8(Repair::Set(list).of(None, came.into(), true)).unwrap()
    }

    #[test]
    fn a_member_is_set_and_the_rest_stays() {
        let came = r#"{"schema":"x","revision":"1","documents":[{"kind":"id_font"}]}"#;
        let now = repaired(came, &["schema=card.application.v1", "revision=2", "documents[0].kind=id_front"]);
        let now: Value = serde_json::from_str(&now).unwrap();
        assert_eq!(
            now,
            serde_json::json!({"schema": "card.application.v1", "revision": 2, "documents": [{"kind": "id_front"}]})
        );
    }

    #[test]
    fn what_cannot_be_written_anew_stays_as_it_came() {
        for came in ["not json", "[1]", r#"{"schema":"a","schema":"b"}"#, r#"{"holder":{"x":1,"x":2}}"#] {
            assert_eq!(repaired(came, &["region=110101"]), came);
        }
        assert_eq!(repaired(r#"{"documents":[]}"#, &["documents[3].kind=id_front"]), r#"{"documents":[]}"#);
    }

    #[test]
    fn personal_members_and_values_out_of_form_are_refused_without_repeating_the_value() {
        for edit in ["holder.name=Wang", "holder.mobile=13800000000", "region=13800000000", "kind=wang", "sex=1", "x"] {
            let refused = format!("{:?}", Assignment::read(edit).err().unwrap());
            let value = edit.split_once('=').map_or("no value", |(_, value)| value);
            assert!(!refused.contains(value), "{edit}: {refused}");
        }
    }

    #[test]
    fn other_edits_have_another_digest() {
        let digest =
            |edit: &str| Repair::Set(vec![Assignment::read(edit).unwrap_or_else(|e| panic!("{e:?}"))]).digest();
        assert_eq!(digest("region=110101"), digest("region=110101"));
        assert_ne!(digest("region=110101"), digest("region=110102"));
        assert_ne!(digest("region=110101"), digest("bank=ICBC"));
    }
}
