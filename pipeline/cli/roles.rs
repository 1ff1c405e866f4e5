//! The table of who may run which command, and who may be the second person for what, as `users roles` shows it.

use cardline_core::domain::staff::{DualControl, Role};
use serde_json::json;

use super::commands::{COMMANDS, Line, Who};
use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};

/// Prints the table, and who may decide what needs two persons.
pub fn show(context: &Context) -> anyhow::Result<Exit> {
    let headings: Vec<&str> = ["command"].into_iter().chain(Role::ALL.map(Role::code)).chain(["scope"]).collect();
    let rows: Vec<Vec<String>> = COMMANDS.iter().map(row).collect();
    let gives: Vec<Vec<String>> = DualControl::ALL.into_iter().map(gives).collect();
    let giving = [&["second person for"], &headings[1..headings.len() - 1]].concat();
    match context.output {
        Output::Table => {
            print::line(&print::table(&headings, &rows))?;
            print::line(&format!("\n{}", print::table(&giving, &gives)))?;
        }
        Output::Csv => print::csv(&headings, &rows)?,
        Output::Json => {
            let codes = |roles: &[Role]| roles.iter().map(|role| role.code()).collect::<Vec<_>>();
            let command = |line: &Line| {
                let (roles, whole) = match line.who {
                    Who::Anyone => (json!("anyone"), false),
                    Who::Worker => (json!("worker"), true),
                    Who::Users(may) => (json!(codes(may.permit().roles)), may.permit().whole),
                };
                json!({ "command": line.command, "roles": roles, "whole": whole })
            };
            let commands: Vec<_> = COMMANDS.iter().map(command).collect();
            let actions = DualControl::ALL.map(|action| {
                json!({ "act": action.code(), "roles": action.approvers().iter().map(|role| role.code()).collect::<Vec<_>>() })
            });
            print::json(&json!({ "commands": commands, "second_person": actions }))?;
        }
    }
    Ok(Exit::Ok)
}

fn row(line: &Line) -> Vec<String> {
    let cell = |role: &Role| match line.who {
        Who::Users(may) => yes(may.permit().roles.contains(role)),
        Who::Anyone => "yes".to_owned(),
        Who::Worker => String::new(),
    };
    let scope = match line.who {
        Who::Anyone => "no user needed",
        Who::Worker => "a service user",
        Who::Users(may) if may.permit().whole => "only with everything in scope",
        Who::Users(_) => "within the user's scope",
    };
    [vec![line.command.to_owned()], Role::ALL.iter().map(cell).collect(), vec![scope.to_owned()]].concat()
}

fn gives(action: DualControl) -> Vec<String> {
    let cells = Role::ALL.iter().map(|role| yes(action.approvers().contains(role)));
    [action.code().to_owned()].into_iter().chain(cells).collect()
}

fn yes(may: bool) -> String {
    if may { "yes".into() } else { String::new() }
}
