//! `users`: who works with the system.
//!
//! The first user is made while there is none, and administers everything; from then on every command
//! that acts or shows cards, files or cases runs under a user.

use std::path::PathBuf;

use anyhow::Context as _;
use cardline::people::permits::{may_be_first, may_set_password};
use cardline::people::services::Credential;
use cardline::people::users::{NewUser, UserRecord};
use cardline::store::{Ledger, Stamp};
use cardline::time::rfc3339_stored;
use cardline_core::domain::personal_text::looks_personal;
use cardline_core::domain::staff::{Role, Scope, name_fault};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::{print, roles, session, users_token};

#[derive(Subcommand)]
pub enum Users {
    /// 添加 Add a user; the first one is an administrator who sees everything
    Add(AddArgs),
    /// 列出 Who there is, with role, scope and state
    List,
    /// 停用 Disable a user; every session of theirs ends at once
    Disable {
        /// Name of the user
        name: String,
    },
    /// 启用 Enable a disabled user again
    Enable {
        /// Name of the user
        name: String,
    },
    /// 解锁 Let a user log in at once whom wrong passwords make wait
    Unlock {
        /// Name of the user
        name: String,
    },
    /// 改密 Set a password: your own, or as administrator somebody else's; sessions end
    #[command(
        after_help = "Of your own the present password is asked for first. At a terminal it is typed, else it is read from
standard input, a line each.
Example: cardline users password lin"
    )]
    Password {
        /// Name of the user
        name: String,
    },
    /// 令牌 Make a token for a program that acts as a user, or revoke one
    Token(users_token::TokenArgs),
    /// 令牌 Tokens that were made: your own, or everybody's for who sees the users
    Tokens {
        /// Only of this user
        name: Option<String>,
    },
    /// 恢复 Make NAME the administrator again, with the ledger's keys, when no administrator is left
    #[command(
        after_help = "For whoever holds the keys (the data folder), when the last administrator's password is lost, or their row was
changed by SQL. Refused while another administrator who sees everything is there. NAME is the last administrator, one
whose row was changed, or a new name. It is recorded in the history under `recovery`, and sessions of NAME end.
Example: cardline users recover boss"
    )]
    Recover {
        /// Name of the user
        name: String,
    },
    /// 角色 Which role may run which command, and be the second person for what
    Roles,
}

#[derive(Args)]
#[command(after_help = "The password is typed at the terminal, or is one line of standard input.
A name keeps its role and scope: a person who changes desk gets another name.
Examples:
  cardline users add admin-1 --role administrator
  cardline users add lin --role operator --area 1101
  cardline users add abc-files --role bank-it --bank ABC
A service is a program: `run` and `tick` work for one, once there are users. It has no password; its credential is
written once, into a new file (mode 600) that CARDLINE_SERVICE_FILE names for the worker.
  cardline users add steps-1 --role service --credential /etc/cardline/service")]
pub struct AddArgs {
    /// Name to act under: 2 to 32 of a-z, 0-9, dot and hyphen; not a person's own name
    name: String,
    /// What the user is here for
    #[arg(long, value_name = "ROLE", value_parser = ["operator", "bank-it", "administrator", "auditor", "service"])]
    role: String,
    /// New file for the credential of a service, readable by its owner alone [default: what service_file names]
    #[arg(long, value_name = "FILE")]
    credential: Option<PathBuf>,
    /// Sees only this bank's
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    bank: String,
    /// Sees only this region, or regions whose codes begin so
    #[arg(long, value_name = "DIGITS", default_value = "", hide_default_value = true)]
    area: String,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Users) -> anyhow::Result<Exit> {
    match command {
        Users::Add(args) => add(context, args).await,
        Users::List => list(context).await,
        Users::Disable { name } => set_state(context, &name, "disabled").await,
        Users::Enable { name } => set_state(context, &name, "enabled").await,
        Users::Unlock { name } => unlock(context, &name).await,
        Users::Password { name } => password(context, &name).await,
        Users::Token(args) => users_token::token(context, args).await,
        Users::Tokens { name } => users_token::tokens(context, name.as_deref()).await,
        Users::Recover { name } => recover(context, &name).await,
        Users::Roles => roles::show(context),
    }
}

/// A name that a user may have.
fn check_name(name: &str) -> anyhow::Result<()> {
    if let Some(fault) = name_fault(name) {
        return Err(Usage(fault.into()).into());
    }
    if looks_personal(name) {
        return Err(Usage("a user's name is no person's number: it stands in the history".into()).into());
    }
    Ok(())
}

async fn add(context: &Context, args: AddArgs) -> anyhow::Result<Exit> {
    let AddArgs { name, role, credential, bank, area } = args;
    check_name(&name)?;
    let named = if area.is_empty() { Some("") } else { Scope::area_of(&area) };
    let letters = bank.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let Some(area) = named.filter(|_| letters).map(str::to_owned) else {
        return Err(Usage(
            "--area takes 2, 4 or 6 digits of a region's code such as 1101, --bank a bank's code such as ABC".into(),
        )
        .into());
    };
    let role = Role::of(&role).ok_or_else(|| Usage("no such role; see `cardline users roles`".into()))?;
    let scope = Scope { bank, area };
    let ledger = context.ledger().await?;
    let first = ledger.viewer().is_none();
    if first && !may_be_first(role, &scope) {
        return Err(Usage("the first user is an administrator without --bank and --area".into()).into());
    }
    if !first && !scope.bank.is_empty() && !is_bank(context, &scope.bank)? {
        return Err(Usage(format!("no partner has the code {}; see the folder of partner profiles", scope.bank)).into());
    }
    if role == Role::Service {
        return add_service(context, &ledger, name, scope, credential).await;
    }
    if credential.is_some() {
        return Err(Usage("--credential is for --role service; a person has a password".into()).into());
    }
    let verifier = tokio::task::block_in_place(|| {
        session::ask_new(&format!("password of {name}"))?.verifier(&name).map_err(anyhow::Error::from)
    })?;
    let actor = if first { name.clone() } else { context.actor.clone() };
    let why = Stamp { at: context.now(), actor: &actor, reason: "added" };
    ledger.add_user(&NewUser { name: name.clone(), role, scope: scope.clone(), verifier }, why).await?;
    ledger.know_place(&name, &session::place(), context.now()).await?;
    print::line(&format!("{name} is added: {}, sees {scope}", role.code()))?;
    if first {
        print::line(&format!("from now on every command needs a user: cardline login --as {name}"))?;
    }
    Ok(Exit::Ok)
}

/// Adds a service. Its credential is in the file before the user is there, or nobody would have it.
async fn add_service(
    context: &Context,
    ledger: &Ledger,
    name: String,
    scope: Scope,
    file: Option<PathBuf>,
) -> anyhow::Result<Exit> {
    if !scope.is_everything() {
        return Err(
            Usage("a service runs the steps, which work on everything: leave --bank and --area out".into()).into()
        );
    }
    let Some(file) = file.or_else(|| context.config.service_file.value.clone()) else {
        return Err(Usage("say where the service's credential is to be written: --credential FILE".into()).into());
    };
    let credential = Credential::new(&name);
    credential.write(&file).with_context(|| format!("credential {}: nothing was added", file.display()))?;
    let new = NewUser { name: name.clone(), role: Role::Service, scope, verifier: credential.verifier() };
    let why = Stamp { at: context.now(), actor: &context.actor, reason: "added" };
    if let Err(error) = ledger.add_user(&new, why).await {
        // Ours alone: it was made new, and is of no use.
        std::fs::remove_file(&file).with_context(|| format!("credential {}", file.display()))?;
        return Err(error.into());
    }
    print::line(&format!("{name} is added: service; its credential is in {}", file.display()))?;
    print::line("workers use it where CARDLINE_SERVICE_FILE or service_file names that file")?;
    Ok(Exit::Ok)
}

fn is_bank(context: &Context, code: &str) -> anyhow::Result<bool> {
    let profiles = cardline::exchange::load_profiles(context.config.partners.value.as_deref())?;
    Ok(profiles.iter().any(|profile| profile.code == code))
}

/// A user with instants in words.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    user: UserRecord,
    set_on: String,
}

const HEADINGS: &[&str] = &["name", "role", "scope", "state", "sessions", "password_set", "by"];

async fn list(context: &Context) -> anyhow::Result<Exit> {
    let users = context.ledger().await?.users(context.now()).await?;
    let listed: Vec<Listed> =
        users.into_iter().map(|user| Listed { set_on: rfc3339_stored(user.set_at), user }).collect();
    let rows: Vec<_> = listed.iter().map(row).collect();
    print::rows(context.output, HEADINGS, &rows, &listed)?;
    Ok(Exit::Ok)
}

fn row(listed: &Listed) -> Vec<String> {
    let u = &listed.user;
    let scope = Scope { bank: u.bank.clone(), area: u.area.clone() };
    let state = if u.waits { format!("{} (waits: wrong passwords)", u.state) } else { u.state.clone() };
    let (sessions, set_on) = (u.sessions.to_string(), listed.set_on[..10].to_owned());
    vec![u.name.clone(), u.role.clone(), scope.to_string(), state, sessions, set_on, u.set_by.clone()]
}

/// The user of a name, as lists show one.
async fn find(context: &Context, ledger: &Ledger, name: &str) -> anyhow::Result<UserRecord> {
    let user = ledger.users(context.now()).await?.into_iter().find(|user| user.name == name);
    user.with_context(|| format!("no user has the name {}; see `cardline users list`", print::visible(name)))
}

async fn unlock(context: &Context, name: &str) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let user = find(context, &ledger, name).await?;
    if user.state != "enabled" {
        anyhow::bail!("{name} is {}; first: cardline users enable {name}", user.state);
    }
    let why = Stamp { at: context.now(), actor: &context.actor, reason: "unlocked" };
    ledger.unlock_user(name, why).await?;
    print::line(&format!("{name} may log in at once, wherever wrong passwords came from"))?;
    Ok(Exit::Ok)
}

async fn set_state(context: &Context, name: &str, to: &'static str) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let user = find(context, &ledger, name).await?;
    if user.state == to {
        print::line(&format!("{name} was {to} before; nothing was changed"))?;
        return Ok(Exit::Ok);
    }
    let reason = if to == "disabled" { "left, or must not act any more" } else { "came back" };
    ledger.move_user(name, to, Stamp { at: context.now(), actor: &context.actor, reason }).await?;
    print::line(&format!("{name} is {to}"))?;
    Ok(Exit::Ok)
}

async fn recover(context: &Context, name: &str) -> anyhow::Result<Exit> {
    check_name(name)?;
    let ledger = context.ledger().await?;
    if !ledger.has_users().await? {
        anyhow::bail!(session::NO_USERS);
    }
    let verifier = tokio::task::block_in_place(|| {
        session::ask_new(&format!("new password of {name}"))?.verifier(name).map_err(anyhow::Error::from)
    })?;
    ledger.recover_administrator(name, &verifier, &session::place(), ledger.clock().await?).await?;
    print::line(&format!("{name} is the administrator, and sees everything; log in: cardline login --as {name}"))?;
    print::line(
        "recorded under recovery; then run cardline books --full and look at who else may act: cardline users list",
    )?;
    Ok(Exit::Ok)
}

async fn password(context: &Context, name: &str) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let Some(viewer) = ledger.viewer() else { anyhow::bail!(session::NO_USERS) };
    if viewer.name == name {
        session::check(&ledger, name, &session::ask("present password")?).await?;
    } else if !may_set_password(viewer, name) {
        anyhow::bail!("only an administrator who sees everything sets somebody else's password");
    } else if find(context, &ledger, name).await?.role == Role::Service.code() {
        anyhow::bail!("{name} is a service and has no password; add another service, and disable {name}");
    }
    let verifier = tokio::task::block_in_place(|| {
        session::ask_new(&format!("new password of {name}"))?.verifier(name).map_err(anyhow::Error::from)
    })?;
    let why = Stamp { at: context.now(), actor: &context.actor, reason: "set a password" };
    ledger.set_verifier(name, &verifier, &session::place(), why).await?;
    print::line(&format!("the password of {name} is set; log in again: cardline login --as {name}"))?;
    Ok(Exit::Ok)
}
