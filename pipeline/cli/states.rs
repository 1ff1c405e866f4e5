//! `states`: the tables of states and edges, as they are in force.

use cardline_core::state_machines::{LIVES, Standing, StateMachine};
use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};

#[derive(Args)]
#[command(after_help = "Example: cardline states card")]
pub struct StatesArgs {
    /// One life only, such as `card`
    life: Option<String>,
}

/// Prints the states and edges of one life or of all.
pub fn run(context: &Context, args: StatesArgs) -> anyhow::Result<Exit> {
    let wanted = |life: &&&StateMachine| args.life.as_ref().is_none_or(|name| life.name == name.as_str());
    let lives: Vec<&StateMachine> = LIVES.iter().filter(wanted).copied().collect();
    if lives.is_empty() {
        let names: Vec<&str> = LIVES.iter().map(|life| life.name).collect();
        return Err(Usage(format!("no life is called so; the lives are {}", names.join(", "))).into());
    }
    match context.output {
        Output::Json => print::json(&lives.iter().map(|life| document(life)).collect::<Vec<_>>())?,
        Output::Csv => {
            let rows: Vec<_> = lives.iter().flat_map(|life| with_life(life, state_rows(life))).collect();
            print::csv(&["life", "state", "standing", "owner", "meaning"], &rows)?;
        }
        Output::Table => lives.iter().try_for_each(|life| table(life))?,
    }
    Ok(Exit::Ok)
}

fn table(life: &StateMachine) -> anyhow::Result<()> {
    print::line(&format!("{} — {}\n", life.name, life.about))?;
    print::line(&print::table(&["state", "standing", "owner", "meaning"], &state_rows(life)))?;
    let edges: Vec<_> = life.edges.iter().map(|e| vec![from(e.from).into(), e.to.into(), e.why.into()]).collect();
    print::line(&format!("\n{}\n", print::table(&["from", "to", "why"], &edges)))
}

fn from(state: &'static str) -> &'static str {
    if state.is_empty() { "(begin)" } else { state }
}

fn state_rows(life: &StateMachine) -> Vec<Vec<String>> {
    let row = |s: &cardline_core::state_machines::State| {
        vec![s.code.into(), standing(s.standing).into(), s.owner.into(), s.meaning.into()]
    };
    life.states.iter().map(row).collect()
}

fn with_life(life: &StateMachine, rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.into_iter().map(|row| [vec![life.name.to_owned()], row].concat()).collect()
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Under => "under way",
        Standing::Rest => "at rest",
        Standing::End => "final",
    }
}

fn document(life: &StateMachine) -> Value {
    let states: Vec<Value> = life
        .states
        .iter()
        .map(|s| json!({"state": s.code, "standing": standing(s.standing), "owner": s.owner, "meaning": s.meaning}))
        .collect();
    let edges: Vec<Value> = life.edges.iter().map(|e| json!({"from": e.from, "to": e.to, "why": e.why})).collect();
    json!({"life": life.name, "about": life.about, "states": states, "edges": edges})
}
