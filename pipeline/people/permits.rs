//! Who may do what: one list of everything people do here, with the roles that may and whether it takes
//! everything in scope. Every front end asks it before it does anything.
//!
//! Invariant: an auditor changes nothing. Not here: which command or page does it, whether a stream or a batch
//! lies within a scope (`authorisation.rs`), and what needs a second person (`core::domain::staff`).

use cardline_core::domain::staff::{Role, Scope};

use crate::store::Principal;

/// Something a person does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    TakeInApplications,
    SeeQuarantine,
    /// See a message in plain text; recorded.
    RevealMessage,
    RetryMessages,
    DiscardMessages,
    ExportMessages,
    /// See who had which messages in plain text.
    SeeDisclosures,
    ImportReferenceData,
    ImportCards,
    SeeImports,
    TraceCards,
    CheckBooks,
    /// See what people did, and check that it stands as it was written.
    SeeAudit,
    SeeBatches,
    CutBatches,
    /// Put batches and streams on hold.
    HoldBatches,
    ReleaseBatches,
    SplitBatches,
    CancelBatches,
    ErasePersons,
    /// See whether anything of what was destroyed is left.
    ScanErasures,
    SeePhotos,
    RetryPhotos,
    /// See which cards wait where, and until when.
    SeePickups,
    /// Open pickup windows and move their last day.
    MoveWindows,
    /// Make lists for points without network, and record what comes back.
    KeepLists,
    /// See what a person must decide.
    SeeCases,
    DecideCases,
    InspectFiles,
    /// See which files went out and came in.
    SeeFiles,
    SeeMissingFiles,
    /// Try how a partner is reached, where a file is placed and removed; send a file again; hand out our public keys.
    SetUpExchange,
    /// Make, enter, change and revoke keys of envelopes.
    KeepKeys,
    /// Let a partner's stream go on without numbers that never came.
    SkipFiles,
    SeeTopics,
    /// Go on with a topic that lost messages or was recreated.
    AcceptTopics,
    MigrateDatabase,
    BackUp,
    SeeRecovery,
    /// Let everything go on after a restore.
    AcceptRecovery,
    ManageUsers,
    SeeUsers,
    SetPasswords,
    /// Have tokens for programs made, see and revoke them; whose, `may_set_password` says.
    HoldTokens,
    SeeApprovals,
    DecideApprovals,
}

const ALL: &[Role] = &Role::ALL;
const ADMINISTRATORS: &[Role] = &[Role::Administrator];
const OPERATORS: &[Role] = &[Role::Operator, Role::Administrator];
const DECIDERS: &[Role] = &[Role::Operator, Role::BankIt, Role::Administrator];
const OVERSEERS: &[Role] = &[Role::Administrator, Role::Auditor];

/// Who has a permission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permit {
    pub roles: &'static [Role],
    /// Whether it reaches beyond any bank or area, so that only who sees everything may.
    pub whole: bool,
}

const fn within(roles: &'static [Role]) -> Permit {
    Permit { roles, whole: false }
}

const fn whole(roles: &'static [Role]) -> Permit {
    Permit { roles, whole: true }
}

impl Permission {
    /// Who has it.
    pub const fn permit(self) -> Permit {
        match self {
            Permission::TakeInApplications => whole(OPERATORS),
            Permission::SeeQuarantine => within(ALL),
            Permission::RevealMessage => within(OPERATORS),
            Permission::RetryMessages => within(OPERATORS),
            Permission::DiscardMessages => within(OPERATORS),
            Permission::ExportMessages => within(OPERATORS),
            Permission::SeeDisclosures => within(OVERSEERS),
            Permission::ImportReferenceData => whole(ADMINISTRATORS),
            Permission::ImportCards => whole(ADMINISTRATORS),
            Permission::SeeImports => within(ALL),
            Permission::TraceCards => within(ALL),
            Permission::CheckBooks => whole(&[Role::Operator, Role::Administrator, Role::Auditor]),
            Permission::SeeAudit => whole(OVERSEERS),
            Permission::SeeBatches => within(ALL),
            Permission::CutBatches => within(OPERATORS),
            Permission::HoldBatches => within(OPERATORS),
            Permission::ReleaseBatches => within(OPERATORS),
            Permission::SplitBatches => within(OPERATORS),
            Permission::CancelBatches => within(OPERATORS),
            Permission::ErasePersons => within(ADMINISTRATORS),
            Permission::ScanErasures => whole(OVERSEERS),
            Permission::SeePhotos => within(ALL),
            Permission::RetryPhotos => within(OPERATORS),
            Permission::SeePickups => within(ALL),
            Permission::MoveWindows => within(ADMINISTRATORS),
            Permission::KeepLists => within(ADMINISTRATORS),
            Permission::SeeCases => within(ALL),
            Permission::DecideCases => within(DECIDERS),
            Permission::InspectFiles => within(ALL),
            Permission::SeeFiles => within(ALL),
            Permission::SeeMissingFiles => within(ALL),
            Permission::SetUpExchange => within(DECIDERS),
            Permission::KeepKeys => whole(ADMINISTRATORS),
            Permission::SkipFiles => within(DECIDERS),
            Permission::SeeTopics => whole(ALL),
            Permission::AcceptTopics => whole(ADMINISTRATORS),
            Permission::MigrateDatabase => whole(ADMINISTRATORS),
            Permission::BackUp => whole(ADMINISTRATORS),
            Permission::SeeRecovery => whole(OVERSEERS),
            Permission::AcceptRecovery => whole(ADMINISTRATORS),
            Permission::ManageUsers => whole(ADMINISTRATORS),
            Permission::SeeUsers => whole(OVERSEERS),
            Permission::SetPasswords => within(ALL),
            Permission::HoldTokens => within(ALL),
            Permission::SeeApprovals => within(ALL),
            Permission::DecideApprovals => within(DECIDERS),
        }
    }
}

/// Why somebody may not do something, in the order in which it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PermitRefusal {
    /// The role may not.
    Role { user: String, role: Role },
    /// It reaches beyond what the user sees.
    Scope { user: String, scope: Scope },
}

/// Whether somebody may do this.
pub fn check(principal: &Principal, permission: Permission) -> Result<(), PermitRefusal> {
    let permit = permission.permit();
    let user = || principal.name.clone();
    if !permit.roles.contains(&principal.role) {
        return Err(PermitRefusal::Role { user: user(), role: principal.role });
    }
    if permit.whole && !principal.scope.is_everything() {
        return Err(PermitRefusal::Scope { user: user(), scope: principal.scope.clone() });
    }
    Ok(())
}

/// Whether somebody may set the password of a user: their own, or as an administrator who sees everything.
pub fn may_set_password(principal: &Principal, name: &str) -> bool {
    principal.name == name || principal.role == Role::Administrator && principal.scope.is_everything()
}

/// Whether the first user may be this one: somebody must be able to add the others.
pub fn may_be_first(role: Role, scope: &Scope) -> bool {
    role == Role::Administrator && scope.is_everything()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(role: Role, area: &str) -> Principal {
        let scope = Scope { bank: String::new(), area: area.into() };
        Principal { user: 1, name: "lin".into(), role, scope, standing: 0, session: None }
    }

    #[test]
    fn a_password_is_ones_own_or_an_administrators() {
        let (lin, boss) = (principal(Role::Operator, ""), principal(Role::Administrator, ""));
        assert!(may_set_password(&lin, "lin") && !may_set_password(&lin, "wang") && may_set_password(&boss, "wang"));
        assert!(!may_set_password(&principal(Role::Administrator, "11"), "wang"));
    }

    #[test]
    fn the_role_is_asked_before_the_scope() {
        assert_eq!(check(&principal(Role::Operator, ""), Permission::TakeInApplications), Ok(()));
        assert_eq!(check(&principal(Role::Operator, "1101"), Permission::CutBatches), Ok(()));
        let narrow = check(&principal(Role::Operator, "1101"), Permission::TakeInApplications);
        assert!(matches!(narrow, Err(PermitRefusal::Scope { .. })), "{narrow:?}");
        let auditor = check(&principal(Role::Auditor, "1101"), Permission::TakeInApplications);
        assert!(matches!(auditor, Err(PermitRefusal::Role { role: Role::Auditor, .. })), "{auditor:?}");
    }
}
