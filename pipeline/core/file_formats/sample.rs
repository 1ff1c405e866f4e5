//! A small profile the unit tests work on.

use super::Profile;

/// A bank with the least a bank can have.
pub const PROFILE: &str = r#"code = "TEST"
name = "测试银行"
kind = "bank"
environment = "test"
version = 1
effective = "2026-01-01"
regions = ["110101"]
cnaps_prefixes = ["102"]
charset = "gb18030"
calendar = "china"
time_zone = "Asia/Shanghai"
answer_within_working_days = { account-request = 2 }
batch = { max_cards = 500, max_age_days = 2, cut_off = "16:30" }

[transport]
kind = "sftp"
host = "sftp.bank.test"
user = "cardline"
key_file = "icbc.key"
host_key = "sftp.bank.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
to = "/in"
from = "/out"

[envelope]
us = "PROVINCE1"

[codes.id_type]
resident_id = "00"
household_book = "01"
hk_macao_residence = "02"
taiwan_residence = "03"
foreign_permanent = "04"

[codes.validity]
long_term = "99991231"

[codes.account_answer]
"0000" = { reason = "opened", class = "opened" }
"0001" = { reason = "duplicate_request", class = "opened" }
"1001" = { reason = "identity_check_failed", class = "fixable" }
"1002" = { reason = "document_expired", class = "fixable" }
"1003" = { reason = "phone_not_holders", class = "fixable" }
"1004" = { reason = "rare_character", class = "fixable" }
"1005" = { reason = "guardian_missing", class = "fixable" }
"1006" = { reason = "bad_outlet", class = "fixable" }
"2001" = { reason = "too_many_accounts", class = "final" }
"2002" = { reason = "blocked", class = "final" }
"9999" = { reason = "timeout", class = "unknown" }

[[files]]
kind = "account-request"
direction = "out"
name = "{partner}_{region}_{date}_{sequence:06}.txt"
layout = "delimited"
trailing_delimiter = true
marker = ".ok"
control = [
  { field = "kind", required = true },
  { field = "count", class = "digits", required = true },
]
columns = [
  { field = "row", class = "digits", required = true },
  { field = "task" },
  { field = "name", name = "姓名", class = "name", max_bytes = 60 },
  { field = "id_type", codes = "id_type", max_bytes = 2 },
  { field = "id_number", max_bytes = 18 },
  { field = "id_valid_to", class = "date8", codes = "validity" },
  { field = "birth_date", class = "date8" },
]

[[files]]
kind = "account-result"
direction = "in"
name = "{partner}_R_{date}_{sequence:06}.txt"
layout = "delimited"
trailing_delimiter = true
control = [
  { field = "kind", required = true },
  { field = "partner", required = true },
  { field = "region", required = true },
  { field = "batch", required = true },
  { field = "sequence", class = "digits", required = true },
  { field = "request", class = "digits", required = true },
  { field = "count", class = "digits", required = true },
]
columns = [
  { field = "row", class = "digits", required = true },
  { field = "task" },
  { field = "name", max_bytes = 60 },
  { field = "id_type", codes = "id_type" },
  { field = "id_number" },
  { field = "code", codes = "account_answer", max_bytes = 4 },
  { field = "account" },
  { field = "text" },
]
"#;

/// The profile, loaded.
pub fn profile() -> Profile {
    match Profile::load(PROFILE, "TEST.toml") {
        Ok(profile) => profile,
        Err(fault) => panic!("{fault}"),
    }
}
