//! `users roles`: which role may do what, and who may decide what needs two persons.

use cardline_core::domain::staff::{Act, Role};
use serde_json::json;

use super::context::Context;
use super::outcome::Outcome;
use super::print::{self, Output};
use super::roles::{PERMITS, Permit, Who};

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
