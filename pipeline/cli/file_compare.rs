//! `file compare`: whether the bytes of every file are still those of its digest.

use cardline::exchange::compare::{Bytes, kept, placed};
use cardline::exchange::files::FileRecord;
use cardline::step::Worker;
use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::file_read::known_partner;
use super::print;

#[derive(Args)]
#[command(
    after_help = "Exit code 1: something is changed or missing. A partner takes away what was placed: that is no fault.
Example: cardline file compare --partner ICBC"
)]
pub struct CompareArgs {
    /// Only the files of this partner
    #[arg(long, value_name = "CODE")]
    partner: Option<String>,
}

#[derive(Serialize)]
struct Compared {
    #[serde(flatten)]
    file: FileRecord,
    /// What we keep of it.
    kept: Bytes,
    /// What lies at the partner's.
    placed: Bytes,
}

/// Reads every file's bytes and compares them with the digest the ledger has.
pub async fn run(context: &Context, args: CompareArgs) -> anyhow::Result<Exit> {
    let worker = context.observer(context.now()).await?;
    let codes = worker.partners.all().map(|partner| partner.profile.code.as_str());
    args.partner.as_deref().map_or(Ok(()), |code| known_partner(codes, code))?;
    let mut compared = Vec::new();
    for file in worker.ledger.files().await? {
        let is_wanted = args.partner.as_ref().is_none_or(|code| *code == file.partner);
        // A file may hold any region, so who sees only an area sees none.
        if is_wanted && context.scope().covers(&file.partner, "") {
            compared.push(compare(&worker, file).await?);
        }
    }
    let rows: Vec<_> = compared.iter().map(row).collect();
    print::rows(context.output, &["id", "partner", "name", "state", "kept", "placed"], &rows, &compared)?;
    let wrong = compared.iter().filter(|c| c.kept.is_wrong() || c.placed.is_wrong()).count();
    if wrong > 0 {
        print::complain(&format!(
            "{wrong} files are not as they were frozen or received: restore what is changed or missing from a backup, remove what was purged and is left"
        ));
    }
    Ok(Exit::of(wrong == 0))
}

async fn compare(worker: &Worker, file: FileRecord) -> anyhow::Result<Compared> {
    let kept = kept(&worker.objects, &file).await?;
    let placed = match worker.partners.get(&file.partner) {
        Some(partner) => placed(partner, &file)?,
        None => Bytes::NotThere,
    };
    Ok(Compared { file, kept, placed })
}

fn row(c: &Compared) -> Vec<String> {
    let FileRecord { id, partner, name, state, .. } = &c.file;
    vec![id.to_string(), partner.clone(), name.clone(), state.clone(), c.kept.word().into(), c.placed.word().into()]
}
