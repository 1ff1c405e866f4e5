//! Why nothing was done to a user, in words.

use cardline::store::LedgerError;

use crate::answer::{Refusal, Words};

/// A refusal of the ledger that people can do something about.
pub fn refused(error: LedgerError) -> Refusal {
    let (zh, en) = match error {
        LedgerError::NoUser => return Refusal::Absent,
        LedgerError::UserExists => (
            "已有同名用户；换一个名字，旧名字不再给别人用",
            "A user of this name is there: take another, also where they left",
        ),
        LedgerError::LastAdministrator => (
            "这是最后一位能看到全部的管理员；先添加另一位",
            "This is the last administrator who sees everything: add another one first",
        ),
        LedgerError::ChangedRow { .. } => (
            "此用户的记录被绕过本系统改动过；请停用并检查账簿",
            "The row of this user was changed by something else: disable them and check the books",
        ),
        error => return error.into(),
    };
    Refusal::Conflict(Words::new(zh, en))
}

/// A demo's guests are no users, and make none: its command line stays open.
pub fn no_guest() -> Refusal {
    Refusal::Conflict(Words::new("演示的访客不是用户，不能管理用户", "A guest of a demo is no user, and manages none"))
}
