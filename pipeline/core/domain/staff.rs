//! The people who work with the system: their roles, their scope, and what needs two of them.
//!
//! A user's role and scope never change: who changes desk gets another name. So an old row of history
//! still says what its actor was allowed to do.

use super::limits::MAX_USER_NAME_BYTES;

/// What a user is here for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Schedules batches, looks after the quarantine.
    Operator,
    /// Exchanges files with one bank.
    BankIt,
    /// Users, reference data, deadlines.
    Administrator,
    /// Reads everything in scope, changes nothing.
    Auditor,
    /// A program that runs the steps, and does nothing else.
    Service,
}

impl Role {
    /// Every role a person has, in the order tables show them.
    pub const ALL: [Role; 4] = [Role::Operator, Role::BankIt, Role::Administrator, Role::Auditor];

    /// Code in tables and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::BankIt => "bank-it",
            Role::Administrator => "administrator",
            Role::Auditor => "auditor",
            Role::Service => "service",
        }
    }

    /// The role of a code.
    pub fn of(code: &str) -> Option<Role> {
        Role::ALL.into_iter().chain([Role::Service]).find(|role| role.code() == code)
    }
}

/// What a user may see: one bank, one area (a region or the first digits of it), both, or everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope {
    /// Empty: every bank.
    pub bank: String,
    /// Empty: every region.
    pub area: String,
}

impl Scope {
    /// Everything.
    pub fn everything() -> Scope {
        Scope::default()
    }

    /// Whether nothing lies outside.
    pub fn is_everything(&self) -> bool {
        self.bank.is_empty() && self.area.is_empty()
    }

    /// The area that a region's code, or the beginning of one, names: two, four or six digits, without the
    /// zeros of a province's or prefecture's whole code, which no county has (GB/T 2260). `None`: it names none.
    pub fn area_of(code: &str) -> Option<&str> {
        let in_pairs = matches!(code.len(), 2 | 4 | 6) && code.bytes().all(|b| b.is_ascii_digit());
        let mut area = code;
        while let Some(wider) = area.strip_suffix("00") {
            area = wider;
        }
        (in_pairs && !area.is_empty()).then_some(area)
    }

    /// Whether what belongs to a bank and a region lies within; what belongs to none (empty) lies only
    /// within everything.
    pub fn covers(&self, bank: &str, region: &str) -> bool {
        (self.bank.is_empty() || self.bank == bank) && region.starts_with(&self.area)
    }

    /// Whether something of a bank and a region may lie within, where empty is every one.
    pub fn meets(&self, bank: &str, region: &str) -> bool {
        (self.bank.is_empty() || bank.is_empty() || self.bank == bank)
            && (region.is_empty() || region.starts_with(&self.area))
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.bank.as_str(), self.area.as_str()) {
            ("", "") => f.write_str("everything"),
            (bank, "") => write!(f, "bank {bank}"),
            ("", area) => write!(f, "area {area}"),
            (bank, area) => write!(f, "bank {bank}, area {area}"),
        }
    }
}

/// An action that one person asks for and another gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DualControl {
    ReleaseBatch,
    CancelBatch,
    /// A stream of files goes on with another number: one that misses a file, all after a restore, or ours
    /// with a batch that is rendered anew.
    NewSequence,
    /// A recycling batch goes to its bank: accounts are closed and plastic destroyed.
    DestroyPlastic,
    /// Many records leave in plain text.
    BulkExport,
    /// Many messages of the quarantine are put aside for good.
    BulkDiscard,
    /// A whole reference table is replaced, and codes end.
    ReplaceTable,
    /// Every record of a person is destroyed.
    ErasePerson,
    /// A case is decided so that it cannot be taken back: an application ends, or an account is closed.
    DecideCase,
    /// Pickup windows end earlier than their holders were told.
    CloseWindows,
    /// All that is at a point, or would come there, goes on to another.
    ReassignPoint,
}

impl DualControl {
    /// Every action.
    pub const ALL: [DualControl; 11] = [
        DualControl::ReleaseBatch,
        DualControl::CancelBatch,
        DualControl::NewSequence,
        DualControl::DestroyPlastic,
        DualControl::BulkExport,
        DualControl::BulkDiscard,
        DualControl::ReplaceTable,
        DualControl::ErasePerson,
        DualControl::DecideCase,
        DualControl::CloseWindows,
        DualControl::ReassignPoint,
    ];

    /// Code in tables and files; never renamed.
    pub fn code(self) -> &'static str {
        match self {
            DualControl::ReleaseBatch => "release-batch",
            DualControl::CancelBatch => "cancel-batch",
            DualControl::NewSequence => "new-sequence",
            DualControl::DestroyPlastic => "destroy-plastic",
            DualControl::BulkExport => "bulk-export",
            DualControl::BulkDiscard => "bulk-discard",
            DualControl::ReplaceTable => "replace-table",
            DualControl::ErasePerson => "erase-person",
            DualControl::DecideCase => "decide-case",
            DualControl::CloseWindows => "close-windows",
            DualControl::ReassignPoint => "reassign-point",
        }
    }

    /// The action of a code.
    pub fn of(code: &str) -> Option<DualControl> {
        DualControl::ALL.into_iter().find(|action| action.code() == code)
    }

    /// Who may be the second person.
    pub fn approvers(self) -> &'static [Role] {
        match self {
            DualControl::ReleaseBatch | DualControl::CancelBatch | DualControl::BulkDiscard => {
                &[Role::Operator, Role::Administrator]
            }
            DualControl::NewSequence => &[Role::Operator, Role::BankIt, Role::Administrator],
            DualControl::DestroyPlastic
            | DualControl::BulkExport
            | DualControl::ReplaceTable
            | DualControl::ErasePerson
            | DualControl::DecideCase
            | DualControl::CloseWindows
            | DualControl::ReassignPoint => &[Role::Administrator],
        }
    }

    /// Whether whoever asked carries it out, by the same command again: what it takes or gives (a file)
    /// lies with that person. Otherwise it is carried out when it is given.
    pub fn is_collected(self) -> bool {
        matches!(self, DualControl::BulkExport | DualControl::ReplaceTable)
    }
}

/// Names of the system's own actors, which nobody may take.
const OWN_ACTORS: &[&str] = &[
    "operator",
    "administrator",
    "auditor",
    "scheduler",
    "exchange",
    "intake",
    "policy",
    "servicing",
    "ledger",
    "recovery",
    "system",
];

/// Why a text is no name of a user; `None` when it is one.
pub fn name_fault(name: &str) -> Option<&'static str> {
    let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    if !letters
        || !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !(2..=MAX_USER_NAME_BYTES).contains(&name.len())
    {
        return Some("a user's name has 2 to 32 of a-z, 0-9, dot and hyphen, and begins with a letter");
    }
    if OWN_ACTORS.contains(&name) || name.starts_with("worker") {
        return Some("this name is one of the system's own actors; take another");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        assert!(Role::ALL.into_iter().chain([Role::Service]).all(|role| Role::of(role.code()) == Some(role)));
        assert!(
            DualControl::ALL
                .into_iter()
                .all(|action| DualControl::of(action.code()) == Some(action) && !action.approvers().is_empty())
        );
        assert!(DualControl::ALL.into_iter().all(|action| !action.approvers().contains(&Role::Auditor)));
    }

    #[test]
    fn an_area_is_named_in_pairs_of_digits() {
        for (code, area) in [("11", "11"), ("1101", "1101"), ("110101", "110101"), ("522600", "5226"), ("520000", "52")]
        {
            assert_eq!(Scope::area_of(code), Some(area));
        }
        for wrong in ["", "0", "1", "110", "11010", "1101011", "00", "000000", "11x1", "１１"] {
            assert_eq!(Scope::area_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_scope_covers_its_bank_and_area_alone() {
        let scope = |bank: &str, area: &str| Scope { bank: bank.into(), area: area.into() };
        assert!(Scope::everything().covers("ABC", "110101") && Scope::everything().covers("", ""));
        assert!(scope("ABC", "").covers("ABC", "110101") && !scope("ABC", "").covers("CCB", "110101"));
        assert!(scope("", "1101").covers("CCB", "110101") && !scope("", "1101").covers("CCB", "330106"));
        assert!(!scope("", "1101").covers("", "") && !scope("ABC", "").covers("", ""));
        assert!(!scope("ABC", "33").covers("ABC", "110101"));
        assert!(scope("ABC", "1101").meets("", "") && scope("ABC", "1101").meets("ABC", "110101"));
        assert!(!scope("ABC", "1101").meets("CCB", "") && !scope("ABC", "1101").meets("", "330106"));
    }

    #[test]
    fn a_name_is_chosen_and_never_an_actors_or_a_persons() {
        for good in ["lin", "wang.2", "bank-it-7"] {
            assert_eq!(name_fault(good), None, "{good}");
        }
        for bad in ["", "x", "Lin", "林", "7up", "scheduler", "worker-1", "partner:abc", "a b", "operator"] {
            assert!(name_fault(bad).is_some(), "{bad}");
        }
    }
}
