//! Printing: tables, JSON and CSV on standard output; a closed output ends the command quietly.

use std::io::{ErrorKind, Write};
use std::path::Path;

use cardline_core::domain::visible::{self, inert};
use clap::ValueEnum;
use serde::Serialize;

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Output {
    Table,
    Json,
    Csv,
}

/// Whoever read standard output went away (`cardline … | head`): no error, nothing more to say.
#[derive(Debug, thiserror::Error)]
#[error("standard output was closed")]
pub struct OutputClosed;

/// Prints text of one or more lines; what could steer a terminal is shown.
pub fn line(text: &str) -> anyhow::Result<()> {
    raw(format!("{}\n", lines_visible(text)).as_bytes())
}

/// Prints bytes as they are.
pub fn raw(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        Err(error) => Err(anyhow::Error::new(error).context("standard output")),
    }
}

/// Prints a line on standard error; when that is gone there is nobody left to tell.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", lines_visible(text));
}

/// Tells how much was listed: below a table; beside a file, with its name, where the list was written to one.
pub fn listed(output: Output, file: Option<&Path>, told: &str) -> anyhow::Result<()> {
    match (file, output) {
        (Some(file), Output::Table) => line(&format!("{}: {told}", file.display())),
        (Some(file), _) => {
            complain(&format!("{}: {told}", file.display()));
            Ok(())
        }
        (None, Output::Table) => line(&format!("\n{told}")),
        (None, _) => Ok(()),
    }
}

/// Prints one JSON document, indented. What could steer a terminal is escaped, so the document says the same.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    line(&visible::json_document(value)?)
}

/// Prints rows in the asked-for way; `document` is what JSON shows.
pub fn rows<T: Serialize>(output: Output, headings: &[&str], rows: &[Vec<String>], document: &T) -> anyhow::Result<()> {
    match output {
        Output::Json => json(document),
        Output::Csv => csv(headings, rows),
        Output::Table => line(&table(headings, rows)),
    }
}

/// Prints rows as CSV with a heading line.
pub fn csv(headings: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(headings)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell).into_owned()))?;
    }
    raw(&writer.into_inner().map_err(|_| anyhow::anyhow!("the table cannot be written as CSV"))?)
}

/// A plain table: columns two spaces apart, no lines, no colour, no wrapping.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// As [`visible`], line by line.
fn lines_visible(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Text that cannot steer a terminal: such characters are shown by their code point.
pub fn visible(text: &str) -> String {
    visible::visible(text).into_owned()
}

pub use cardline_core::domain::visible::grouped as grouped_digits;

#[cfg(test)]
mod tests {
    use super::lines_visible;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(lines_visible("a\u{202e}b\n\u{1b}[2J\u{9b}c\u{feff}"), "a\\u{202e}b\n\\u{1b}[2J\\u{9b}c\\u{feff}");
    }
}
