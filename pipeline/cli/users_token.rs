//! `users token|tokens`: what a program holds to act as a user.

use cardline::limits::{TOKEN_DAYS, TOKEN_DAYS_MAX};
use cardline::people::permits::{Permission, check, may_set_password};
use cardline::people::tokens::{ListedToken, MadeToken, TokenRefusal, make};
use cardline::store::{Principal, Stamp};
use cardline::time::rfc3339;
use clap::Args;
use serde_json::json;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::session::NO_USERS;

#[derive(Args)]
#[command(
    after_help = "The token is printed once and kept as a digest. It has the role and the scope of its user, and ends when the user is
disabled or gets another password. Your own, or as an administrator who sees everything somebody else's: who may set
a password may do as much. It is recorded in the history of the user.
Examples:
  cardline users token abc-files --days 90
  cardline users tokens abc-files
  cardline users token --revoke 3"
)]
pub struct TokenArgs {
    /// Name of the user
    #[arg(required_unless_present = "revoke")]
    name: Option<String>,
    /// For how many days it works
    #[arg(long, value_name = "N", default_value_t = TOKEN_DAYS, value_parser = clap::value_parser!(u32).range(1..=i64::from(TOKEN_DAYS_MAX)))]
    days: u32,
    /// End the token of this id instead
    #[arg(long, value_name = "ID", conflicts_with = "name")]
    revoke: Option<i64>,
}

/// Makes a token, or ends one.
pub async fn token(context: &Context, args: TokenArgs) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let Some(viewer) = ledger.viewer().cloned() else { anyhow::bail!(NO_USERS) };
    let why = Stamp { at: context.now(), actor: &context.actor, reason: "" };
    if let Some(id) = args.revoke {
        let of = (!oversees(&viewer, Permission::ManageUsers)).then_some(viewer.name.as_str());
        if !ledger.revoke_token(id, of, why).await? {
            anyhow::bail!("no token has the id {id}; see `cardline users tokens`");
        }
        print::line(&format!("token {id} is revoked"))?;
        return Ok(Exit::Ok);
    }
    let name = args.name.ok_or_else(|| Usage("whose token: cardline users token NAME".into()))?;
    if !may_set_password(&viewer, &name) {
        anyhow::bail!("only an administrator who sees everything makes somebody else's token");
    }
    let made = match make(&ledger, &name, args.days, why).await? {
        Ok(made) => made,
        Err(TokenRefusal::NoUser) => {
            anyhow::bail!("no enabled user has the name {}; see `cardline users list`", print::visible(&name))
        }
        Err(TokenRefusal::Service) => {
            anyhow::bail!("{name} is a service: it runs the steps with its credential, and needs no token")
        }
    };
    show(context, &name, &made)
}

fn show(context: &Context, name: &str, made: &MadeToken) -> anyhow::Result<Exit> {
    let expires = rfc3339(made.until);
    let document = json!({ "id": made.id, "name": name, "expires": expires, "token": made.token.text() });
    let row = vec![made.id.to_string(), name.to_owned(), expires.clone(), made.token.text().to_owned()];
    match context.output {
        Output::Table => {
            print::line(made.token.text())?;
            print::complain(&format!("token {} of {name}, until {expires}; it is not shown again", made.id));
        }
        output => print::rows(output, &["id", "name", "expires", "token"], &[row], &document)?,
    }
    Ok(Exit::Ok)
}

fn oversees(viewer: &Principal, permission: Permission) -> bool {
    check(viewer, permission).is_ok()
}

const HEADINGS: &[&str] = &["id", "name", "made", "by", "expires", "last_used", "works"];

/// Lists tokens: one's own, or everybody's for who sees the users.
pub async fn tokens(context: &Context, name: Option<&str>) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let Some(viewer) = ledger.viewer().cloned() else { anyhow::bail!(NO_USERS) };
    let all = oversees(&viewer, Permission::SeeUsers);
    if !all && name.is_some_and(|name| name != viewer.name) {
        anyhow::bail!("{} sees only tokens of their own", viewer.name);
    }
    let of = if all { name } else { Some(viewer.name.as_str()) };
    let listed = ledger.tokens(of, context.now()).await?;
    let rows: Vec<_> = listed.iter().map(row).collect();
    print::rows(context.output, HEADINGS, &rows, &listed)?;
    Ok(Exit::Ok)
}

fn row(t: &ListedToken) -> Vec<String> {
    let works = if t.works { "yes" } else { "no" };
    let used = t.last_used.clone().unwrap_or_default();
    vec![t.id.to_string(), t.name.clone(), t.made.clone(), t.made_by.clone(), t.expires.clone(), used, works.into()]
}
