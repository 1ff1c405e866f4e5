//! The gate every command passes: who is acting, and whether the role and the scope allow it.
//!
//! Until there are users, any name passes. The database is not made for the question's sake.

use cardline::people::permits::check;
use cardline::people::services::{self, Credential};
use cardline::people::sessions;
use cardline::step::keys_of;
use cardline::store::Ledger;

use super::commands::{Who, line_of};
use super::context::Context;
use super::refusals::{no_permit, no_service};
use super::session;

/// Lets a command pass, and records in the context who is acting.
pub async fn admit(context: &mut Context, command: &str) -> anyhow::Result<()> {
    let Some(line) = line_of(command) else {
        anyhow::bail!("`{command}` is in no line of `cardline users roles`, so nobody may run it");
    };
    context.opening = line.opening;
    let permission = match line.who {
        Who::Users(permission) => Some(permission),
        // The daemon takes no instant, listens before the database answers, and asks by itself.
        Who::Worker if command != "run" => None,
        Who::Worker | Who::Anyone => return Ok(()),
    };
    if !Ledger::is_there(&context.config.database.value) {
        return Ok(());
    }
    let database = &context.config.database.value;
    let opened = match permission {
        // The question leaves the schema as it is: `migrate` asks it too.
        Some(_) => Ledger::unmigrated(database).await,
        // As the daemon does, which brings the schema up to date first.
        None => Ledger::opened(database, context.opening).await,
    };
    let ledger = match (opened, permission) {
        // A worker's command tells by itself what is wrong with the database.
        (Err(_), None) => return Ok(()),
        (opened, _) => opened?,
    };
    if !sessions::are_needed(&ledger).await? {
        return Ok(());
    }
    if permission.is_none() {
        keys_of(&ledger, &context.key_folder(), context.opening).await?;
        let credential = Credential::read(context.config.service_file.value.as_deref())?;
        context.service = services::admit(&ledger, credential.as_ref()).await.map_err(no_service)?;
    }
    if let Some(permission) = permission {
        let principal = session::prove(&ledger, context).await?;
        check(&principal, permission).map_err(|refusal| no_permit(refusal, command))?;
        context.act_as(principal);
    }
    context.keep_time_of(ledger.clock().await?);
    Ok(())
}
