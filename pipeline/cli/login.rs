//! `login` and `logout`: a session for the commands that follow.

use cardline::limits::SESSION_HOURS;
use cardline::store::Ledger;
use clap::Args;
use serde_json::json;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::session;

#[derive(Args)]
#[command(
    after_help = "The password is typed at the terminal, or is one line of standard input. The session's token lies in
CARDLINE_SESSION or ~/.cardline/session, readable by its owner alone. It ends after a working day, with
`cardline logout`, with a new password, and when the user is disabled.
Commands that run unattended prove themselves with CARDLINE_PASSWORD_FILE=FILE (mode 600) and --as USER instead.
Example: cardline login --as lin"
)]
pub struct LoginArgs {}

/// Logs a user in.
pub async fn login(context: &Context, _: LoginArgs) -> anyhow::Result<Exit> {
    let Some(name) = context.named_actor() else {
        return Err(Usage("say who you are: cardline login --as USER".into()).into());
    };
    let there = Ledger::is_there(&context.config.database.value);
    if !there || !context.ledger().await?.has_users().await? {
        anyhow::bail!(
            "there are no users yet; the first one is made with `cardline users add NAME --role administrator`"
        );
    }
    let ledger = context.ledger().await?;
    let password = session::ask(&format!("password of {name}"))?;
    let viewer = session::check(&ledger, name, &password).await?;
    session::open(&ledger, &viewer).await?;
    match context.output {
        Output::Json => {
            print::json(&json!({ "user": viewer.name, "role": viewer.role.code(), "bank": viewer.scope.bank,
            "area": viewer.scope.area, "hours": SESSION_HOURS }))?
        }
        _ => print::line(&format!(
            "logged in as {}, {}, for {SESSION_HOURS} hours; sees {}",
            viewer.name,
            viewer.role.code(),
            viewer.scope
        ))?,
    }
    Ok(Exit::Ok)
}

/// Ends the session.
pub async fn logout(context: &Context) -> anyhow::Result<Exit> {
    let there = Ledger::is_there(&context.config.database.value);
    let ledger = if there { Some(context.ledger().await?) } else { None };
    let was = session::end(ledger.as_ref()).await?;
    print::line(if was { "logged out" } else { "nobody was logged in" })?;
    Ok(Exit::Ok)
}
