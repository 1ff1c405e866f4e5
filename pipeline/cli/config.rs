//! `config show`: what is in force and where it comes from.

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::exit::Exit;
use super::print;

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// 显示 Every key, its value (secrets masked) and its source
    Show,
}

/// Prints the configuration.
pub fn run(context: &Context, command: ConfigCommand) -> anyhow::Result<Exit> {
    let ConfigCommand::Show = command;
    let shown = context.config.shown();
    let rows: Vec<Vec<String>> =
        shown.iter().map(|(key, value, source)| vec![(*key).into(), value.clone(), (*source).into()]).collect();
    let document: Map<String, Value> = shown
        .into_iter()
        .map(|(key, value, source)| (key.to_owned(), json!({"value": value, "source": source})))
        .collect();
    print::rows(context.output, &["key", "value", "source"], &rows, &document)?;
    Ok(Exit::Ok)
}
