//! The last administrator, recovered by whoever holds the keys of the ledger.
//!
//! Holding the keys allows more than this already: any row can be written with them. So nothing proves a person here;
//! but it is refused as long as an administrator is there who could do it as usual, and recorded under a name that
//! is nobody's. Not here: what somebody knows (`passwords.rs`).

use cardline_core::state_machines::USER;
use jiff::Timestamp;

use super::tries::{Place, forget_places, know};
use super::users::end_proofs;
use crate::store::row_macs::{RowKey, catalog};
use crate::store::stored_user::{StoredUser, stored_administrators, stored_user};
use crate::store::transition::{Along, Transition, move_one, write_move};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, transition};

/// Who stands in the history for whoever held the keys; no user's name.
const ACTOR: &str = "recovery";

/// Who made a user that was recovered: nobody, and it is not the first one.
const MADE_BY_RECOVERY: i64 = -1;

impl Ledger {
    /// Makes the user of a name the administrator with this password: the last one there was, one whose row was
    /// changed by SQL, or a new one where no administrator is left. The row is covered as it stands then.
    pub async fn recover_administrator(
        &self,
        name: &str,
        verifier: &str,
        place: &Place,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let key = tx.row_key().ok_or(LedgerError::NoKeys)?;
        // Two who recover at once queue here.
        tx.run("UPDATE users SET tries = tries WHERE role = 'administrator'", args![]).await?;
        refuse_beside(&mut tx, name, &key).await?;
        let found = stored_user(&mut tx, name).await?;
        if found.as_ref().is_some_and(|user| user.clone().principal(Some(&key)).is_ok() && !administers(user)) {
            // Somebody else's name, which keeps its role and its scope.
            return Err(LedgerError::UserExists);
        }
        let why = Stamp { at, actor: ACTOR, reason: "recovered with the keys of the ledger" };
        let id = match found {
            Some(user) => anew(&mut tx, user, verifier, why).await?,
            None => added(&mut tx, name, verifier, why).await?,
        };
        tx.cover_one(&catalog::USERS, id).await?;
        end_proofs(&mut tx, id).await?;
        forget_places(&mut tx, id).await?;
        know(&mut tx, id, place, at).await?;
        tx.commit().await
    }
}

/// Fails where another administrator is there, whose row stands as it was written.
async fn refuse_beside(tx: &mut Tx, name: &str, key: &RowKey) -> Result<(), LedgerError> {
    for user in stored_administrators(tx).await? {
        let other = user.name.clone();
        if other != name && user.principal(Some(key)).is_ok() {
            return Err(LedgerError::OtherAdministrator { user: other });
        }
    }
    Ok(())
}

fn administers(user: &StoredUser) -> bool {
    user.role == "administrator" && user.bank.is_empty() && user.area.is_empty() && user.state == "enabled"
}

async fn anew(tx: &mut Tx, user: StoredUser, verifier: &str, why: Stamp<'_>) -> Result<i64, LedgerError> {
    tx.run(
        "UPDATE users SET role = 'administrator', bank = '', area = '', verifier = $2, set_by = $3, set_at = $4 WHERE id = $1",
        args![user.id, verifier, why.actor, why.at],
    )
    .await?;
    let from = if user.state == "disabled" { "disabled" } else { "enabled" };
    move_one(tx, user.id, Transition::between(&USER, from, "enabled")?, Along::default(), why).await?;
    Ok(user.id)
}

async fn added(tx: &mut Tx, name: &str, verifier: &str, why: Stamp<'_>) -> Result<i64, LedgerError> {
    let rows = tx
        .run_returning::<(i64,)>(
            "INSERT INTO users (name, role, bank, area, state, verifier, set_by, set_at, made_by)
             VALUES ($1, 'administrator', '', '', 'enabled', $2, $3, $4, $5) RETURNING id",
            args![name, verifier, why.actor, why.at, MADE_BY_RECOVERY],
        )
        .await?;
    let id = rows.first().map(|(id,)| *id).ok_or(LedgerError::NoUser)?;
    write_move(tx, id, transition!(USER, "" => "enabled"), why).await?;
    Ok(id)
}
