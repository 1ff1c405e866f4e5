//! Which command does what: one line for each, asked before any of them runs. Who may do it stands in
//! `people/permits.rs`.

use cardline::people::permits::Permission;
use cardline::store::Opening;
use clap::ArgMatches;

/// Who may run a command once there are users.
#[derive(Clone, Copy)]
pub enum Who {
    /// Needs no user: it reads no ledger, or only says whether the machine is fit.
    Anyone,
    /// A service user: steps act under their own names, for it.
    Worker,
    /// Users who may do this.
    Users(Permission),
}

/// One line of the table.
pub struct Line {
    /// The command as it is typed; with an option where that alone needs more.
    pub command: &'static str,
    pub who: Who,
    /// What it may do to the ledger it opens. One that only looks never makes anything.
    pub opening: Opening,
}

const fn line(command: &'static str, who: Who, opening: Opening) -> Line {
    Line { command, who, opening }
}

const fn anyone(command: &'static str) -> Line {
    line(command, Who::Anyone, Opening::Look)
}

/// It only looks.
const fn looks(command: &'static str, permission: Permission) -> Line {
    line(command, Who::Users(permission), Opening::Look)
}

/// It changes a ledger that is there.
const fn changes(command: &'static str, permission: Permission) -> Line {
    line(command, Who::Users(permission), Opening::Change)
}

/// It makes a ledger where there is none.
const fn makes(command: &'static str, permission: Permission) -> Line {
    line(command, Who::Users(permission), Opening::Make)
}

/// Every command, in the order of `--help`.
pub const COMMANDS: &[Line] = &[
    anyone("demo"),
    anyone("generate applications"),
    makes("intake", Permission::TakeInApplications),
    anyone("rules list"),
    anyone("rules explain"),
    anyone("rules check"),
    anyone("rules page"),
    looks("quarantine list", Permission::SeeQuarantine),
    looks("quarantine show", Permission::SeeQuarantine),
    changes("quarantine show --reveal", Permission::RevealMessage),
    changes("quarantine retry", Permission::RetryMessages),
    changes("quarantine discard", Permission::DiscardMessages),
    changes("quarantine export", Permission::ExportMessages),
    looks("quarantine disclosures", Permission::SeeDisclosures),
    line("run", Who::Worker, Opening::Make),
    line("serve", Who::Anyone, Opening::Make),
    line("tick", Who::Worker, Opening::Make),
    makes("import regions", Permission::ImportReferenceData),
    makes("import points", Permission::ImportReferenceData),
    makes("import outlets", Permission::ImportReferenceData),
    makes("import studios", Permission::ImportReferenceData),
    makes("import partners", Permission::ImportReferenceData),
    makes("import calendar", Permission::ImportReferenceData),
    makes("import cards", Permission::ImportCards),
    looks("import list", Permission::SeeImports),
    looks("trace", Permission::TraceCards),
    changes("find", Permission::TraceCards),
    looks("books", Permission::CheckBooks),
    looks("batch list", Permission::SeeBatches),
    looks("batch show", Permission::SeeBatches),
    looks("batch plan", Permission::SeeBatches),
    changes("batch cut", Permission::CutBatches),
    changes("batch hold", Permission::HoldBatches),
    changes("batch release", Permission::ReleaseBatches),
    changes("batch split", Permission::SplitBatches),
    changes("batch cancel", Permission::CancelBatches),
    changes("batch urgent", Permission::CutBatches),
    looks("photos list", Permission::SeePhotos),
    changes("photos retry", Permission::RetryPhotos),
    anyone("photos check"),
    looks("pickup waiting", Permission::SeePickups),
    looks("pickup due", Permission::SeePickups),
    looks("pickup overdue", Permission::SeePickups),
    looks("pickup silent", Permission::SeePickups),
    looks("pickup forecast", Permission::SeePickups),
    changes("pickup open", Permission::MoveWindows),
    changes("pickup extend", Permission::MoveWindows),
    changes("pickup close", Permission::MoveWindows),
    changes("pickup reassign", Permission::MoveWindows),
    changes("pickup list", Permission::KeepLists),
    changes("pickup record", Permission::KeepLists),
    changes("pickup sheet", Permission::KeepLists),
    looks("deadlines explain", Permission::TraceCards),
    looks("cases list", Permission::SeeCases),
    looks("cases show", Permission::SeeCases),
    changes("cases decide", Permission::DecideCases),
    looks("file inspect", Permission::InspectFiles),
    looks("file validate", Permission::InspectFiles),
    looks("file compare", Permission::InspectFiles),
    looks("exchange list", Permission::SeeFiles),
    line("exchange send", Who::Worker, Opening::Change),
    line("exchange poll", Who::Worker, Opening::Change),
    changes("exchange resend", Permission::SetUpExchange),
    changes("exchange test", Permission::SetUpExchange),
    looks("exchange missing", Permission::SeeMissingFiles),
    changes("exchange skip", Permission::SkipFiles),
    looks("keys list", Permission::SeeFiles),
    changes("keys new", Permission::KeepKeys),
    changes("keys rotate", Permission::KeepKeys),
    changes("keys revoke", Permission::KeepKeys),
    looks("keys export", Permission::SetUpExchange),
    changes("erase person", Permission::ErasePersons),
    looks("erase scan", Permission::ScanErasures),
    looks("topic list", Permission::SeeTopics),
    changes("topic accept", Permission::AcceptTopics),
    anyone("states"),
    makes("migrate", Permission::MigrateDatabase),
    changes("backup", Permission::BackUp),
    changes("reconcile show", Permission::SeeRecovery),
    changes("reconcile accept", Permission::AcceptRecovery),
    anyone("metrics list"),
    anyone("metrics page"),
    line("login", Who::Anyone, Opening::Change),
    line("logout", Who::Anyone, Opening::Change),
    makes("users add", Permission::ManageUsers),
    looks("users list", Permission::SeeUsers),
    changes("users disable", Permission::ManageUsers),
    changes("users enable", Permission::ManageUsers),
    changes("users unlock", Permission::ManageUsers),
    changes("users password", Permission::SetPasswords),
    changes("users token", Permission::HoldTokens),
    looks("users tokens", Permission::HoldTokens),
    // Whoever holds the keys, when nobody is left who could let them in.
    line("users recover", Who::Anyone, Opening::Change),
    anyone("users roles"),
    looks("approvals list", Permission::SeeApprovals),
    changes("approvals give", Permission::DecideApprovals),
    changes("approvals refuse", Permission::DecideApprovals),
    anyone("doctor"),
    anyone("config show"),
];

/// The table's line for a command.
pub fn line_of(command: &str) -> Option<&'static Line> {
    COMMANDS.iter().find(|line| line.command == command)
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

    use cardline_core::domain::staff::Role;
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
        leaves(&crate::Cli::command(), "", &mut commands);
        let lines: Vec<&str> = COMMANDS.iter().map(|line| line.command).collect();
        let unique: BTreeSet<&str> = lines.iter().copied().collect();
        assert_eq!(unique.len(), lines.len(), "a command stands twice");
        for command in &commands {
            assert!(unique.contains(command.as_str()), "`{command}` is in no line of COMMANDS: say who may run it");
        }
        for line in unique {
            let command = line.split(" --").next().unwrap();
            assert!(commands.contains(command), "`{line}` is no command");
        }
    }

    #[test]
    fn only_what_brings_something_in_makes_a_ledger() {
        let making = |p: &&Line| p.opening == Opening::Make;
        let makes: Vec<&str> = COMMANDS.iter().filter(making).map(|p| p.command).collect();
        let imports = ["regions", "points", "outlets", "studios", "partners", "calendar", "cards"];
        let imports = imports.map(|table| format!("import {table}"));
        let mut expected = vec![
            "intake",
            "run",
            // It may be the first to start, and makes the first user by its link.
            "serve",
            "tick",
            "migrate",
            "users add",
        ];
        expected.extend(imports.iter().map(String::as_str));
        expected.sort_unstable_by_key(|command| COMMANDS.iter().position(|p| p.command == *command));
        assert_eq!(makes, expected);
        for command in ["books", "trace", "doctor", "batch list", "quarantine list", "photos list", "users list"] {
            assert_eq!(line_of(command).unwrap().opening, Opening::Look, "{command}");
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        const READS: &[&str] = &[
            "list",
            "missing",
            "show",
            "plan",
            "trace",
            "find",
            "books",
            "inspect",
            "validate",
            "compare",
            "password",
            "token",
            "tokens",
            "disclosures",
            "scan",
            "waiting",
            "due",
            "overdue",
            "silent",
            "forecast",
            "explain",
        ];
        let reads = |p: &&Line| READS.contains(&p.command.split(' ').next_back().unwrap_or_default());
        let may: Vec<&Line> = COMMANDS
            .iter()
            .filter(|p| matches!(p.who, Who::Users(may) if may.permit().roles.contains(&Role::Auditor)))
            .collect();
        assert!(may.len() > 8 && may.iter().all(reads), "{:?}", may.iter().map(|p| p.command).collect::<Vec<_>>());
    }
}
