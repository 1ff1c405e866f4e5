//! Opening stock: one line about a card made before this system, checked and encrypted for the ledger.
//!
//! Invariant: an error names the column and never the value. Not here: reading the file (the command
//! line and the world both have their own source) and what is known already (the ledger).

use cardline_core::domain::application::IdType;
use cardline_core::domain::person::PersonNumber;
use cardline_core::domain::spreadsheet::{self, CURE};
use cardline_core::domain::{card_number, name, outlet_code, pan};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::actions::imports::legacy_rows::StockCard;
use crate::crypto::key_error::KeyError;
use crate::crypto::keys::Keys;
use crate::route::accounts::AccountNumbers;
use crate::route::recycling::StockHolder;

/// Where an old card stands when it is imported.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockState {
    /// In its holder's hand and in use.
    #[default]
    Active,
    /// Formally lost (挂失): a replacement may be asked for.
    Lost,
}

/// One line of opening stock, in the order of its CSV file.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockRow {
    pub card_number: String,
    pub name: String,
    pub id_type: IdType,
    pub id_number: String,
    pub bank: String,
    pub region: String,
    pub outlet: String,
    pub account: String,
    pub pan: String,
    pub issued_on: Date,
    /// May be left out, with its column.
    #[serde(default)]
    pub state: StockState,
}

impl StockRow {
    /// The columns of the CSV file; the last may be left out.
    pub const COLUMNS: [&'static str; 11] = [
        "card_number",
        "name",
        "id_type",
        "id_number",
        "bank",
        "region",
        "outlet",
        "account",
        "pan",
        "issued_on",
        "state",
    ];
}

/// Why a line of opening stock cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum StockError {
    #[error("column {column}: {message}")]
    Column { column: &'static str, message: String },
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The card of one line, its personal parts encrypted.
///
/// # Errors
/// A column that names no card, no person or no place; a key that does not work.
pub fn stock_card(keys: &Keys, row: &StockRow) -> Result<StockCard, StockError> {
    refuse_damage(row)?;
    // The check character is not judged: some regions reckoned theirs otherwise (domain.md §4).
    if !card_number::is_well_formed(&row.card_number) {
        return Err(wrong("card_number", "not nine of 0-9 and A-Z; were zeros at its beginning lost?"));
    }
    let person = PersonNumber::new(row.id_type, &row.id_number)
        .map_err(|defect| wrong("id_number", &format!("{defect}; compare it with the paper")))?;
    let name = name::normalise(&row.name)
        .map_err(|defect| wrong("name", &format!("{defect}; write the name of the paper")))?
        .text
        .into_owned();
    if !outlet_code::is_valid(&row.outlet) {
        return Err(wrong("outlet", "not twelve digits with the right check digit; give the outlet's code"));
    }
    if !is_account(&row.account) {
        return Err(wrong("account", "not 1 to 32 letters, digits or hyphens; give the bank's number of the account"));
    }
    if !pan::is_valid(&row.pan) {
        return Err(wrong("pan", "not 62 and 14 to 17 digits with the right check digit; compare it with the card"));
    }
    let row = &StockRow { name, ..row.clone() };
    let holder = StockHolder { name: row.name.clone(), id_number: row.id_number.clone() };
    let numbers = AccountNumbers { account: row.account.clone(), pan: row.pan.clone() };
    Ok(StockCard {
        card_number: row.card_number.clone(),
        person: keys.hash("person", &person.canonical()),
        region: row.region.clone(),
        bank: row.bank.clone(),
        outlet: row.outlet.clone(),
        issued_on: row.issued_on,
        lost: row.state == StockState::Lost,
        digest: Sha256::digest(line(row)).to_vec(),
        encrypted: keys.encrypt(&json(&holder)?)?,
        number_key: keys.hash("account", &format!("{}/{}", row.bank, row.account)),
        pan_key: keys.hash("pan", &row.pan),
        account: keys.encrypt(&json(&numbers)?)?,
    })
}

fn wrong(column: &'static str, message: &str) -> StockError {
    StockError::Column { column, message: message.to_owned() }
}

/// A cell that a spreadsheet changed is no longer what stood there, whatever its column takes.
fn refuse_damage(row: &StockRow) -> Result<(), StockError> {
    for (column, value) in [
        ("card_number", &row.card_number),
        ("name", &row.name),
        ("id_number", &row.id_number),
        ("bank", &row.bank),
        ("region", &row.region),
        ("outlet", &row.outlet),
        ("account", &row.account),
        ("pan", &row.pan),
    ] {
        if value.is_empty() {
            return Err(wrong(column, "empty; fill it in"));
        }
        if let Some(damage) = spreadsheet::damage(value) {
            return Err(wrong(column, &format!("{damage}; {CURE}")));
        }
    }
    Ok(())
}

fn is_account(account: &str) -> bool {
    account.len() <= 32 && account.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The line as its CSV file has it, without quotes: what its digest is taken of.
fn line(row: &StockRow) -> String {
    let id_type = serde_json::to_value(row.id_type).ok();
    let id_type = id_type.as_ref().and_then(|v| v.as_str()).unwrap_or("");
    let issued_on = row.issued_on.to_string();
    [
        &row.card_number,
        &row.name,
        id_type,
        &row.id_number,
        &row.bank,
        &row.region,
        &row.outlet,
        &row.account,
        &row.pan,
        &issued_on,
    ]
    .join(",")
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, StockError> {
    serde_json::to_vec(value).map_err(|_| StockError::Column { column: "name", message: "cannot be stored".into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(body: &str) -> String {
        format!("{body}{}", char::from(pan::check_digit(body).unwrap()))
    }

    fn row() -> StockRow {
        StockRow {
            card_number: card_number::from_serial(36_u64.pow(7) * 35 + 1).unwrap(),
            name: "测试样例".into(),
            id_type: IdType::ResidentId,
            id_number: concat!("110101", "20181120", "3214").into(),
            bank: "ICBC".into(),
            region: "110101".into(),
            outlet: "102100000030".into(),
            account: "a-1".into(),
            pan: numbered("621700000000001"),
            issued_on: jiff::civil::date(2019, 5, 1),
            state: StockState::Active,
        }
    }

    #[test]
    fn the_same_line_is_the_same_person_and_the_same_digest() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path()).unwrap();
        let (one, two) = (stock_card(&keys, &row()).unwrap(), stock_card(&keys, &row()).unwrap());
        assert!(one.person == two.person && one.digest == two.digest && one.number_key == two.number_key);
        let holder: StockHolder = serde_json::from_slice(&keys.decrypt(&one.encrypted).unwrap()).unwrap();
        assert_eq!(holder.name, "测试样例");
    }

    #[test]
    fn a_wrong_line_names_its_column_and_no_value() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path()).unwrap();
        let wrong = StockRow { id_number: concat!("110101", "20181120", "3215").into(), ..row() };
        let error = stock_card(&keys, &wrong).err().unwrap().to_string();
        assert!(error.starts_with("column id_number: ") && !error.contains("2018"), "{error}");
        let wrong = StockRow { card_number: "A1".into(), ..row() };
        assert!(stock_card(&keys, &wrong).err().unwrap().to_string().starts_with("column card_number: "));
    }
    /// The error of a line that was changed at one place; it holds no value of more than a sign or two.
    fn refused(change: impl FnOnce(&mut StockRow)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path()).unwrap();
        let mut row = row();
        change(&mut row);
        stock_card(&keys, &row).err().map_or_else(|| "taken".into(), |error| error.to_string())
    }

    #[test]
    fn what_a_spreadsheet_changed_is_refused_with_its_column_and_its_cure() {
        for (column, error) in [
            ("account", refused(|row| row.account = "6.21700E+18".into())),
            ("pan", refused(|row| row.pan = "6.217E+15".into())),
            ("id_number", refused(|row| row.id_number = "1.10101E+17".into())),
            ("outlet", refused(|row| row.outlet = "1.021E+11".into())),
            ("account", refused(|row| row.account = "1234.0".into())),
            ("card_number", refused(|row| row.card_number = "1.0E+08".into())),
        ] {
            assert!(error.starts_with(&format!("column {column}: ")) && error.ends_with(CURE), "{error}");
        }
    }

    #[test]
    fn numbers_names_and_codes_are_judged() {
        for (column, error) in [
            ("pan", refused(|row| row.pan = "6217000000000000".into())),
            ("pan", refused(|row| row.pan = "p-1".into())),
            ("name", refused(|row| row.name = "王?".into())),
            ("name", refused(|row| row.name = String::new())),
            ("outlet", refused(|row| row.outlet = "102100000031".into())),
            ("account", refused(|row| row.account = "a 1".into())),
            ("account", refused(|row| row.account = "a\0".into())),
        ] {
            assert!(error.starts_with(&format!("column {column}: ")), "{error}");
        }
        assert_eq!(refused(|row| row.name = "测试样例\u{3000}".into()), "taken");
    }
}
