//! Which role may do what: one table for every command, asked before any of them runs.

use cardline_core::domain::staff::Role;
use clap::ArgMatches;

use crate::store::Opening;

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
    /// What it may do to the ledger it opens. One that only looks never makes anything.
    pub opening: Opening,
}

impl Permit {
    /// It makes a ledger where there is none.
    const fn makes(mut self) -> Permit {
        self.opening = Opening::Make;
        self
    }

    /// It changes a ledger that is there.
    const fn changes(mut self) -> Permit {
        self.opening = Opening::Change;
        self
    }

    /// It only looks.
    const fn looks(mut self) -> Permit {
        self.opening = Opening::Look;
        self
    }
}

const ALL: &[Role] = &Role::ALL;
const ADMINISTRATORS: &[Role] = &[Role::Administrator];
const OPERATORS: &[Role] = &[Role::Operator, Role::Administrator];
const DECIDERS: &[Role] = &[Role::Operator, Role::BankIt, Role::Administrator];
const OVERSEERS: &[Role] = &[Role::Administrator, Role::Auditor];

const fn anyone(command: &'static str) -> Permit {
    Permit { command, who: Who::Anyone, whole: false, opening: Opening::Look }
}

const fn worker(command: &'static str) -> Permit {
    Permit { command, who: Who::Worker, whole: true, opening: Opening::Change }
}

const fn within(command: &'static str, roles: &'static [Role]) -> Permit {
    Permit { command, who: Who::Users(roles), whole: false, opening: Opening::Change }
}

const fn whole(command: &'static str, roles: &'static [Role]) -> Permit {
    Permit { command, who: Who::Users(roles), whole: true, opening: Opening::Change }
}

/// Every command, in the order of `--help`.
pub const PERMITS: &[Permit] = &[
    anyone("demo"),
    anyone("generate applications"),
    whole("intake", OPERATORS).makes(),
    anyone("rules list"),
    anyone("rules explain"),
    anyone("rules check"),
    anyone("rules page"),
    within("quarantine list", ALL).looks(),
    within("quarantine show", ALL).looks(),
    within("quarantine show --reveal", OPERATORS),
    within("quarantine retry", OPERATORS),
    within("quarantine discard", OPERATORS),
    within("quarantine export", OPERATORS),
    worker("run").makes(),
    worker("tick").makes(),
    whole("import regions", ADMINISTRATORS).makes(),
    whole("import points", ADMINISTRATORS).makes(),
    whole("import outlets", ADMINISTRATORS).makes(),
    whole("import partners", ADMINISTRATORS).makes(),
    whole("import calendar", ADMINISTRATORS).makes(),
    whole("import cards", ADMINISTRATORS).makes(),
    within("import list", ALL).looks(),
    within("trace", ALL).looks(),
    whole("books", &[Role::Operator, Role::Administrator, Role::Auditor]).looks(),
    within("batch list", ALL).looks(),
    within("batch show", ALL).looks(),
    within("batch plan", ALL).looks(),
    within("batch cut", OPERATORS),
    within("batch hold", OPERATORS),
    within("batch release", OPERATORS),
    within("batch split", OPERATORS),
    within("batch cancel", OPERATORS),
    within("photos list", ALL).looks(),
    within("photos retry", OPERATORS),
    anyone("photos check"),
    within("file inspect", ALL).looks(),
    within("exchange missing", ALL).looks(),
    within("exchange skip", DECIDERS),
    whole("topic list", ALL).looks(),
    whole("topic accept", ADMINISTRATORS),
    anyone("states"),
    whole("migrate", ADMINISTRATORS).makes(),
    whole("backup", ADMINISTRATORS),
    whole("reconcile show", OVERSEERS),
    whole("reconcile accept", ADMINISTRATORS),
    anyone("metrics list"),
    anyone("metrics page"),
    anyone("login").changes(),
    anyone("logout").changes(),
    whole("users add", ADMINISTRATORS).makes(),
    whole("users list", OVERSEERS).looks(),
    whole("users disable", ADMINISTRATORS),
    whole("users enable", ADMINISTRATORS),
    within("users password", ALL),
    anyone("users roles"),
    within("approvals list", ALL).looks(),
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
    fn only_what_brings_something_in_makes_a_ledger() {
        let making = |p: &&Permit| p.opening == Opening::Make;
        let makes: Vec<&str> = PERMITS.iter().filter(making).map(|p| p.command).collect();
        let imports = ["regions", "points", "outlets", "partners", "calendar", "cards"].map(|t| format!("import {t}"));
        let mut expected = vec!["intake", "run", "tick", "migrate", "users add"];
        expected.extend(imports.iter().map(String::as_str));
        expected.sort_unstable_by_key(|command| PERMITS.iter().position(|p| p.command == *command));
        assert_eq!(makes, expected);
        for command in ["books", "trace", "doctor", "batch list", "quarantine list", "photos list", "users list"] {
            assert_eq!(permit(command).unwrap().opening, Opening::Look, "{command}");
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
