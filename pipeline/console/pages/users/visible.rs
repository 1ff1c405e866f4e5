//! Whom of the users somebody sees.

use cardline::people::permits::Permission;
use cardline::people::users::UserRecord;

use crate::answer::Refusal;
use crate::asked::Asked;

/// The user of the path: oneself, or anybody for who sees the users; others are absent, whether they are there or not.
pub async fn visible(asked: &Asked) -> Result<UserRecord, Refusal> {
    let name = asked.part(0);
    if asked.principal()?.name != name && !asked.may(Permission::SeeUsers) {
        return Err(Refusal::Absent);
    }
    let (worker, now) = asked.worker().await?;
    let users = worker.ledger.users(now).await?;
    users.into_iter().find(|user| user.name == name).ok_or(Refusal::Absent)
}
