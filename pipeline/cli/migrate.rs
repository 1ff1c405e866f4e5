//! `migrate`: what a database has of the schema, what is pending, and running it.
//!
//! Every start of a worker does the same by itself; this command shows it, and lets it be done before.

use cardline::store::Ledger;
use cardline::store::schema::{Named, Schema};
use clap::Args;
use serde_json::json;

use super::context::Context;
use super::exit::Exit;
use super::print;

#[derive(Args)]
#[command(after_help = "Exit code 1 with --check: something is pending.
Example: cardline migrate --check || cardline migrate")]
pub struct MigrateArgs {
    /// Change nothing; exit code 1 when a migration is pending
    #[arg(long)]
    check: bool,
}

/// Shows every migration, and runs those pending unless only asked.
pub async fn run(context: &Context, args: MigrateArgs) -> anyhow::Result<Exit> {
    let address = &context.config.database.value;
    let ledger = if args.check { Ledger::unmigrated(address).await? } else { Ledger::to_migrate(address).await? };
    let schema = Schema::built_in();
    let before = ledger.schema_state(&schema).await?;
    let ran = if args.check { Vec::new() } else { ledger.migrate(&schema).await? };
    let word = |n: &Named| {
        if before.unknown.contains(&n.migration) {
            "newer than this program"
        } else if ran.contains(n) {
            "applied now"
        } else if before.pending.contains(n) && args.check {
            "pending"
        } else {
            "applied"
        }
    };
    let mut all: Vec<&Named> = before.applied.iter().chain(&before.pending).collect();
    all.sort_by_key(|named| named.migration);
    let rows: Vec<_> = all.iter().map(|n| vec![n.migration.to_string(), n.about.clone(), word(n).to_owned()]).collect();
    let document = json!({
        "pending": if args.check { &before.pending[..] } else { &[] }, "ran": ran, "applied": before.applied,
        "unknown": before.unknown, "floor": before.floor,
    });
    print::rows(context.output, &["migration", "about", "state"], &rows, &document)?;
    before.fits()?;
    Ok(Exit::of(!args.check || before.pending.is_empty()))
}
