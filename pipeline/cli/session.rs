//! Who is at the keyboard: the token of a login in a file of its own, or a password file for unattended
//! commands. Neither a password nor a token is ever an argument, printed or logged.

use std::io::{IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cardline::config::private_file::first_line;
use cardline::people::passwords::Password;
use cardline::people::sessions::{self, Token};
use cardline::people::tries::Place;
use cardline::step::keys_of;
use cardline::store::{Ledger, Opening, Principal};

use super::context::Context;
use super::exit::Usage;
use super::refusals::no_login;
use super::typed_line::secret_line;

/// What is said where a command is about users and there are none.
pub const NO_USERS: &str =
    "there are no users yet; the first one is made with `cardline users add NAME --role administrator`";

/// Where the token lies: `CARDLINE_SESSION`, or a file in the home folder.
fn path() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("CARDLINE_SESSION") {
        return Ok(path.into());
    }
    let home = std::env::var_os("HOME").ok_or_else(|| {
        Usage("there is no home folder for the session's file; name one with CARDLINE_SESSION".into())
    })?;
    Ok(Path::new(&home).join(".cardline").join("session"))
}

/// Makes a session and keeps its token where only its owner can read it.
pub async fn open(ledger: &Ledger, principal: &Principal) -> anyhow::Result<()> {
    let path = path()?;
    let named = || format!("session file {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(named)?;
    let token = Token::random();
    // A temporary file of tempfile is its owner's alone from the first byte.
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(named)?;
    writeln!(file, "{}", token.text()).with_context(named)?;
    sessions::begin(ledger, principal, &token, ledger.clock().await?).await?;
    file.persist(&path).map_err(|error| error.error).with_context(named)?;
    Ok(())
}

/// Ends the session and removes its file; whether there was one.
pub async fn end(ledger: Option<&Ledger>) -> anyhow::Result<bool> {
    let path = path()?;
    let Some(token) = first_line(&path)? else { return Ok(false) };
    if let Some(ledger) = ledger {
        sessions::end(ledger, &Token::kept(token)).await?;
    }
    std::fs::remove_file(&path).with_context(|| format!("session file {}", path.display()))?;
    Ok(true)
}

/// Who is acting: proved by a password file, or by a live session. `name` is what `--as` says.
pub async fn prove(ledger: &Ledger, context: &Context) -> anyhow::Result<Principal> {
    let name = context.named_actor();
    let asked = name.unwrap_or("USER");
    // A worker that starts does the same.
    anyhow::ensure!(
        ledger.keeps_logins().await?,
        "the database is of the version before, and sessions of that have ended; bring it up to date: cardline login --as {asked}"
    );
    // Whether a session was opened by the program, and not written by SQL, only the keys can tell.
    keys_of(ledger, &context.key_folder(), Opening::Look).await?;
    if let Some(path) = std::env::var_os("CARDLINE_PASSWORD_FILE") {
        let path = PathBuf::from(path);
        let name = name.ok_or_else(|| Usage("CARDLINE_PASSWORD_FILE needs --as USER beside it".into()))?;
        let typed = first_line(&path)?.with_context(|| format!("password file {} is not there", path.display()))?;
        return check(ledger, name, &Password::typed(&typed)).await;
    }
    let Some(token) = first_line(&path()?)? else {
        anyhow::bail!("there are users, so every command needs one: cardline login --as {asked}");
    };
    let proved = sessions::by_token(ledger, &Token::kept(token), name, ledger.clock().await?).await;
    proved.map_err(|error| no_login(error, asked))
}

/// The enabled user whose password this is.
pub async fn check(ledger: &Ledger, name: &str, password: &Password) -> anyhow::Result<Principal> {
    let proved = sessions::by_password(ledger, name, password, &place()).await;
    proved.map_err(|error| no_login(error, name))
}

/// Where a password comes from here: this account of this machine, as the kernel knows them.
pub fn place() -> Place {
    let account = std::fs::metadata("/proc/self").map(|about| about.uid().to_string()).unwrap_or_default();
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Place::of(&format!("{account}@{}", machine.trim_end()))
}

/// A password typed at a terminal, or the next line of standard input.
pub fn ask(prompt: &str) -> anyhow::Result<Password> {
    let password = Password::typed(&secret_line(prompt, "a password")?);
    anyhow::ensure!(!password.is_empty(), "no password on standard input; give one line, or use a terminal");
    Ok(password)
}

/// A new password: typed twice at a terminal.
pub fn ask_new(prompt: &str) -> anyhow::Result<Password> {
    let password = ask(prompt)?;
    if std::io::stdin().is_terminal() && !password.is(&ask("the same again")?) {
        anyhow::bail!("the two passwords differ; nothing was changed");
    }
    Ok(password)
}
