//! Which role may do what: one table for every command, asked before any of them runs.

use cardline_core::domain::staff::{Act, Role};
use clap::ArgMatches;
use serde_json::json;

use super::context::Context;
use super::outcome::Outcome;
use super::print::{self, Output};

/// Who may run a command once there are users.
#[derive(Clone, Copy)]
pub enum Who {
    /// Needs no user: it reads no ledger, or only says whether the machine is fit.
    Anyone,
    /// The system itself: steps act under their own names.
    Worker,
    Users(&'static [Role]),
}

/// One line of the table.
pub struct Permit {
    /// The command as it is typed; with an option where that alone needs more.
    pub command: &'static str,
    pub who: Who,
    /// Whether it reaches beyond any bank or area, so that only who sees everything may run it.
    pub whole: bool,
}

const ALL: &[Role] = &Role::ALL;
const ADMINISTRATORS: &[Role] = &[Role::Administrator];
const OPERATORS: &[Role] = &[Role::Operator, Role::Administrator];
const DECIDERS: &[Role] = &[Role::Operator, Role::BankIt, Role::Administrator];
const OVERSEERS: &[Role] = &[Role::Administrator, Role::Auditor];

const fn anyone(command: &'static str) -> Permit {
    Permit { command, who: Who::Anyone, whole: false }
}

const fn within(command: &'static str, roles: &'static [Role]) -> Permit {
    Permit { command, who: Who::Users(roles), whole: false }
}

const fn whole(command: &'static str, roles: &'static [Role]) -> Permit {
    Permit { command, who: Who::Users(roles), whole: true }
}

/// Every command, in the order of `--help`.
pub const PERMITS: &[Permit] = &[
    anyone("demo"),
    anyone("generate applications"),
    whole("intake", OPERATORS),
    anyone("rules list"),
    anyone("rules explain"),
    anyone("rules check"),
    anyone("rules page"),
    within("quarantine list", ALL),
    within("quarantine show", ALL),
    within("quarantine show --reveal", OPERATORS),
    within("quarantine retry", OPERATORS),
    within("quarantine discard", OPERATORS),
    within("quarantine export", OPERATORS),
    Permit { command: "run", who: Who::Worker, whole: true },
    Permit { command: "tick", who: Who::Worker, whole: true },
    whole("import regions", ADMINISTRATORS),
    whole("import points", ADMINISTRATORS),
    whole("import outlets", ADMINISTRATORS),
    whole("import partners", ADMINISTRATORS),
    whole("import calendar", ADMINISTRATORS),
    whole("import cards", ADMINISTRATORS),
    within("import list", ALL),
    within("trace", ALL),
    whole("books", &[Role::Operator, Role::Administrator, Role::Auditor]),
    within("batch list", ALL),
    within("batch show", ALL),
    within("batch plan", ALL),
    within("batch cut", OPERATORS),
    within("batch hold", OPERATORS),
    within("batch release", OPERATORS),
    within("batch split", OPERATORS),
    within("batch cancel", OPERATORS),
    within("photos list", ALL),
    within("photos retry", OPERATORS),
    anyone("photos check"),
    within("file inspect", ALL),
    within("exchange missing", ALL),
    within("exchange skip", DECIDERS),
    whole("topic list", ALL),
    whole("topic accept", ADMINISTRATORS),
    anyone("states"),
    whole("migrate", ADMINISTRATORS),
    whole("backup", ADMINISTRATORS),
    whole("reconcile show", OVERSEERS),
    whole("reconcile accept", ADMINISTRATORS),
    anyone("metrics list"),
    anyone("metrics page"),
    anyone("login"),
    anyone("logout"),
    whole("users add", ADMINISTRATORS),
    whole("users list", OVERSEERS),
    whole("users disable", ADMINISTRATORS),
    whole("users enable", ADMINISTRATORS),
    within("users password", ALL),
    anyone("users roles"),
    within("approvals list", ALL),
    within("approvals give", DECIDERS),
    within("approvals refuse", DECIDERS),
    anyone("doctor"),
    anyone("config show"),
];

/// The table's line for a command.
pub fn permit(command: &str) -> Option<&'static Permit> {
    PERMITS.iter().find(|permit| permit.command == command)
}

/// The command as it was typed, without its arguments.
pub fn typed(matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    let mut at = matches;
    while let Some((word, below)) = at.subcommand() {
        words.push(word);
        at = below;
    }
    words.join(" ")
}

/// Prints the table, and who may decide what needs two persons.
pub fn show(context: &Context) -> anyhow::Result<Outcome> {
    let headings: Vec<&str> = ["command"].into_iter().chain(Role::ALL.map(Role::code)).chain(["scope"]).collect();
    let rows: Vec<Vec<String>> = PERMITS.iter().map(row).collect();
    let gives: Vec<Vec<String>> = Act::ALL.into_iter().map(gives).collect();
    let giving = [&["second person for"], &headings[1..headings.len() - 1]].concat();
    match context.output {
        Output::Table => {
            print::line(&print::table(&headings, &rows))?;
            print::line(&format!("\n{}", print::table(&giving, &gives)))?;
        }
        Output::Csv => print::csv(&headings, &rows)?,
        Output::Json => {
            let roles = |permit: &Permit| match permit.who {
                Who::Anyone => json!("anyone"),
                Who::Worker => json!("worker"),
                Who::Users(roles) => json!(roles.iter().map(|role| role.code()).collect::<Vec<_>>()),
            };
            let commands: Vec<_> = PERMITS
                .iter()
                .map(|permit| json!({ "command": permit.command, "roles": roles(permit), "whole": permit.whole }))
                .collect();
            let acts = Act::ALL.map(|act| {
                json!({ "act": act.code(), "roles": act.approvers().iter().map(|role| role.code()).collect::<Vec<_>>() })
            });
            print::json(&json!({ "commands": commands, "second_person": acts }))?;
        }
    }
    Ok(Outcome::Ok)
}

fn row(permit: &Permit) -> Vec<String> {
    let cell = |role: &Role| match permit.who {
        Who::Users(roles) => yes(roles.contains(role)),
        Who::Anyone => "yes".to_owned(),
        Who::Worker => String::new(),
    };
    let scope = match (permit.who, permit.whole) {
        (Who::Anyone, _) => "no user needed",
        (Who::Worker, _) => "the system itself",
        (_, true) => "only with everything in scope",
        (_, false) => "within the user's scope",
    };
    [vec![permit.command.to_owned()], Role::ALL.iter().map(cell).collect(), vec![scope.to_owned()]].concat()
}

fn gives(act: Act) -> Vec<String> {
    let cells = Role::ALL.iter().map(|role| yes(act.approvers().contains(role)));
    [act.code().to_owned()].into_iter().chain(cells).collect()
}

fn yes(may: bool) -> String {
    if may { "yes".into() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    fn leaves(command: &clap::Command, before: &str, found: &mut BTreeSet<String>) {
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            let name = format!("{before} {}", below.get_name()).trim().to_owned();
            if below.has_subcommands() {
                leaves(below, &name, found);
            } else {
                found.insert(name);
            }
        }
    }

    #[test]
    fn every_command_has_one_line_and_every_line_a_command() {
        let mut commands = BTreeSet::new();
        leaves(&crate::cli::Cli::command(), "", &mut commands);
        let lines: Vec<&str> = PERMITS.iter().map(|permit| permit.command).collect();
        let unique: BTreeSet<&str> = lines.iter().copied().collect();
        assert_eq!(unique.len(), lines.len(), "a command stands twice");
        for command in &commands {
            assert!(unique.contains(command.as_str()), "`{command}` is in no line of PERMITS: say who may run it");
        }
        for line in unique {
            let command = line.split(" --").next().unwrap();
            assert!(commands.contains(command), "`{line}` is no command");
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        const READS: &[&str] = &["list", "missing", "show", "plan", "trace", "books", "inspect", "password"];
        let reads = |p: &&Permit| READS.contains(&p.command.split(' ').next_back().unwrap_or_default());
        let may: Vec<&Permit> =
            PERMITS.iter().filter(|p| matches!(p.who, Who::Users(roles) if roles.contains(&Role::Auditor))).collect();
        assert!(may.len() > 8 && may.iter().all(reads), "{:?}", may.iter().map(|p| p.command).collect::<Vec<_>>());
    }
}
