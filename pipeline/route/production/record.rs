//! One record of the personalization file: face, then chip by file and tag.

use cardline_core::domain::application::Application;
use cardline_core::domain::validity::{ChildCard, valid_to};
use cardline_core::domain::{identity_number, message, name};
use cardline_core::file_formats::{FileSpec, split_name};
use jiff::civil::Date;

use super::cut_rows::AccountedCard;
use super::package::photo_entry;
use crate::batching::cutting;
use crate::crypto::keys::RecordOf;
use crate::route::accounts::AccountNumbers;
use crate::step::{StageError, Worker};

/// One record in the bureau's columns, under a trial number; or why it cannot be carried, which does not
/// depend on the number.
pub fn record(worker: &Worker, spec: &FileSpec, card: &AccountedCard, today: Date) -> Result<Vec<String>, String> {
    let plain =
        worker.keys.decrypt_of(RecordOf::Message(card.message_id), &card.message).map_err(|_| cutting::CANNOT_OPEN)?;
    let decoded = message::decode(&plain).map_err(|_| "the stored application cannot be read")?;
    if decoded.application.application_id != card.application_id.as_str() {
        return Err(cutting::OF_ANOTHER.into());
    }
    let account = account_numbers(worker, card).map_err(|_| cutting::CANNOT_OPEN)?;
    let child_card = worker.policy.of(&decoded.application.region, today).child_card;
    let facts = Facts { application: &decoded.application, account: &account, card, today, child_card };
    let arranged = spec
        .arrange(|field| numbered(field, "000000000", 1).or_else(|| facts.value(field)))
        .and_then(|row| spec.check_row(&row).map(|()| row));
    arranged.map_err(|fault| format!("{} in {}: {}", fault.code.code(), fault.field, fault.message))
}

/// Our value of a field that follows from the card's number or its row.
pub fn numbered(field: &str, number: &str, row: usize) -> Option<String> {
    match field {
        "row" => Some(row.to_string()),
        "card_number" | "ssseef0507" => Some(number.into()),
        "print_photo" => Some(photo_entry("print", row)),
        "chip_photo" => Some(photo_entry("chip", row)),
        _ => None,
    }
}

/// The account of a card.
pub fn account_numbers(worker: &Worker, card: &AccountedCard) -> Result<AccountNumbers, StageError> {
    serde_json::from_slice(&worker.keys.decrypt_of(RecordOf::Account(card.id), &card.account)?)
        .map_err(|_| StageError::Shape("account numbers".into()))
}

/// What a record is made of.
struct Facts<'f> {
    application: &'f Application<'f>,
    account: &'f AccountNumbers,
    card: &'f AccountedCard,
    today: Date,
    child_card: ChildCard,
}

impl Facts<'_> {
    /// Our value of any other field of the personalization record (face, then chip by file and tag).
    fn value(&self, field: &str) -> Option<String> {
        let (a, holder) = (self.application, &self.application.holder);
        let name = || name::normalise(&holder.name).ok().map(|n| n.text.to_string());
        match field {
            "name" => name(),
            "ssseef0609" => name().map(|n| split_name(&n).0),
            "ssseef064e" => name().map(|n| split_name(&n).1),
            "social_security_number" | "ssseef0608" => Some(holder.whole_number()),
            "issue_date" | "ssseef0505" => Some(self.today.to_string()),
            "valid_to" | "ssseef0506" => {
                let born = holder.birth_date.parse().ok();
                Some(valid_to(self.today, born, self.child_card).to_string())
            }
            "bank" => Some(a.bank.to_string()),
            "region" => Some(self.card.region.clone()),
            "pan" => Some(self.account.pan.clone()),
            "ssseef0502" => Some("3".into()),
            "ssseef0503" => Some("3.00".into()),
            "ssseef060a" => Some(holder.sex.to_string()),
            "ssseef060b" => holder.ethnicity.as_deref().map(str::to_owned),
            "ssseef060c" => identity_number::parse(&holder.id_number).ok().and_then(|n| n.region().map(str::to_owned)),
            "ssseef060d" => Some(holder.birth_date.to_string()),
            "df01ef0623" => Some(holder.address.detail.to_string()),
            "df01ef0624" => Some(a.region.to_string()),
            "df01ef0628" => Some(holder.mobile.to_string()),
            "df01ef0a37" => Some(holder.nationality.to_string()),
            "attempt" => Some("1".into()),
            "delivery_point" => Some(self.card.point.clone()),
            _ => None,
        }
    }
}
