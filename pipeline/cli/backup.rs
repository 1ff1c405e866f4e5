//! `backup`: a consistent copy while workers run.

use std::path::PathBuf;

use cardline::actions::recovery::backup::back_up;
use clap::Args;

use super::context::Context;
use super::exit::Exit;
use super::print;

#[derive(Args)]
#[command(after_help = "SQLite only; a PostgreSQL is backed up by its own tools (ops/runbooks/restore.md).
Objects in a bucket are not copied: have their service keep a second place.
Keys are not in a backup: keep DATA/keys in another place.
Example: cardline backup --to /backup/cardline")]
pub struct BackupArgs {
    /// Folder of all backups; each gets a folder of its own in it, and they share `objects`
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Backs up the ledger and the objects.
pub async fn run(context: &Context, args: BackupArgs) -> anyhow::Result<Exit> {
    let now = context.now();
    let worker = context.observer(now).await?;
    let backup = back_up(&worker, &args.to, now).await?;
    let row = vec![
        backup.taken_at.clone(),
        backup.ledger.display().to_string(),
        backup.objects_added.map_or_else(|| "kept by their service".into(), |added| added.to_string()),
        backup.reached.seal.to_string(),
    ];
    print::rows(context.output, &["taken_at", "ledger", "objects_added", "seal"], &[row], &backup)?;
    Ok(Exit::Ok)
}
