//! The gate every command passes: who is acting, and whether the role and the scope allow it.
//!
//! Until there are users, any name passes. The database is not made for the question's sake.

use super::context::Context;
use super::roles::{Who, permit};
use super::session;
use crate::store::Ledger;
use crate::store::schema::Schema;

/// The migration that brought users.
const PEOPLE: i64 = 3;

/// Lets a command pass, and tells the context who is acting.
pub async fn admit(context: &mut Context, command: &str) -> anyhow::Result<()> {
    let Some(permit) = permit(command) else {
        anyhow::bail!("`{command}` is in no line of `cardline users roles`, so nobody may run it");
    };
    context.opening = permit.opening;
    let Who::Users(roles) = permit.who else { return Ok(()) };
    if !Ledger::is_there(&context.config.database.value) {
        return Ok(());
    }
    // The question leaves the schema as it is: `migrate` asks it too.
    let ledger = Ledger::unmigrated(&context.config.database.value).await?;
    let pending = ledger.schema_state(&Schema::built_in()).await?.pending;
    if pending.iter().any(|named| named.migration == PEOPLE) || !ledger.has_users().await? {
        return Ok(());
    }
    let viewer = session::prove(&ledger, context.named_actor()).await?;
    if !roles.contains(&viewer.role) {
        anyhow::bail!(
            "{} is {}, which may not run `{command}`; see `cardline users roles`",
            viewer.name,
            viewer.role.code()
        );
    }
    if permit.whole && !viewer.scope.is_everything() {
        anyhow::bail!(
            "`{command}` reaches beyond {}, which is all that {} sees; see `cardline users roles`",
            viewer.scope,
            viewer.name
        );
    }
    context.act_as(viewer);
    Ok(())
}
