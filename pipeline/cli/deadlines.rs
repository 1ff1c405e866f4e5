//! `deadlines explain`: why something is due on its day.

use cardline::books::day_explained::{DayChange, ExplainedDay, RuleShown, explain_day};
use clap::Subcommand;
use jiff::Timestamp;

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};
use super::typed_values::instant;

#[derive(Subcommand)]
pub enum Deadlines {
    /// 解释 Why a card is due on its day: the rule, what it was counted from, days off, and what changed it
    #[command(after_help = "Example: cardline deadlines explain 110101-20260105-000000001")]
    Explain {
        /// An application id, a card number or a card identifier
        #[arg(value_name = "APPLICATION_ID|CARD")]
        card: String,
        /// The instant that counts as now, RFC 3339 [default: now]
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        at: Option<Timestamp>,
    },
}

/// Prints why a card is due on its day.
pub async fn run(context: &Context, command: Deadlines) -> anyhow::Result<Exit> {
    let Deadlines::Explain { card, at } = command;
    let now = context.look_at(at);
    let worker = context.observer(now).await?;
    let Some(day) = explain_day(&worker, &card, now).await? else {
        anyhow::bail!(
            "{} is no application id, card number or card identifier of this database ({})",
            print::visible(&card),
            context.config.shown().first().map_or("", |(_, address, _)| address.as_str())
        );
    };
    match context.output {
        Output::Json => print::json(&day)?,
        Output::Csv => print::csv(HEADINGS, &[row(&day)])?,
        Output::Table => {
            print::line(&lines(&day).join("\n"))?;
            if !day.changed.is_empty() {
                let changes: Vec<_> = day.changed.iter().map(change_row).collect();
                print::line(&format!("\n{}", print::table(CHANGE_HEADINGS, &changes)))?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// The explanation in words, line by line.
fn lines(day: &ExplainedDay) -> Vec<String> {
    let mut lines = vec![format!("application {}, {}", day.application_id, day.state)];
    let Some(due_on) = &day.due_on else {
        lines.push(format!("due         nothing is due; the turn is of: {}", day.owner));
        lines.push(promise(day));
        return lines;
    };
    let left = day.working_days_left.unwrap_or_default();
    lines.push(format!("due         {due_on} ({}), owed by: {}; working days left: {left}", day.kind, day.owner));
    let moved = if day.changed.is_empty() { "" } else { "; moved since, as the table tells" };
    lines.extend(day.rule.iter().map(|rule| format!("rule        {}{moved}", rule_in_words(rule))));
    lines.extend(day.counted_from.iter().map(|from| format!("counted     from {}: {}", from.on, from.because)));
    if !day.days_off.is_empty() {
        let days: Vec<String> = day.days_off.iter().map(ToString::to_string).collect();
        lines.push(format!("days off    {}", days.join(" ")));
    }
    if day.provisional {
        lines.push("calendar    provisional: a year in between has no calendar yet".into());
    }
    lines.push(promise(day));
    lines.push(match (day.agrees, day.reckoned_on) {
        (true, _) => format!("agrees      reckoned again, it is {due_on}"),
        (false, Some(on)) => {
            format!("differs     reckoned again, it is {on}: something set it that the history does not tell")
        }
        (false, None) => "differs     no move of the history sets this day".into(),
    });
    lines
}

fn rule_in_words(RuleShown { key, value, unit, policy_version, effective, section, partner }: &RuleShown) -> String {
    let by = match (policy_version, effective, section, partner) {
        (Some(version), Some(effective), Some(section), _) => {
            format!("policy version {version} of {effective}, section {section}")
        }
        (_, _, _, Some(partner)) => format!("the profile of {partner}"),
        _ => "the policy".into(),
    };
    format!("{key} = {value} {unit}, {by}")
}

fn promise(day: &ExplainedDay) -> String {
    let promise = &day.promise;
    format!(
        "promise     {}: {} natural days from the approval on {}, and {} for which the clock stood still",
        promise.promise_on, promise.days, promise.approved_on, promise.paused_days
    )
}

const HEADINGS: &[&str] = &[
    "application_id",
    "state",
    "kind",
    "owner",
    "due_on",
    "working_days_left",
    "rule",
    "value",
    "unit",
    "policy_version",
    "section",
    "partner",
    "counted_from",
    "because",
    "reckoned_on",
    "agrees",
];

fn row(day: &ExplainedDay) -> Vec<String> {
    let rule = day.rule.as_ref();
    let text = |text: Option<String>| text.unwrap_or_default();
    let counted = day.counted_from.as_ref();
    vec![
        day.application_id.clone(),
        day.state.clone(),
        day.kind.to_owned(),
        day.owner.clone(),
        text(day.due_on.clone()),
        text(day.working_days_left.map(|left| left.to_string())),
        text(rule.map(|rule| rule.key.to_owned())),
        text(rule.map(|rule| rule.value.to_string())),
        text(rule.map(|rule| rule.unit.to_owned())),
        text(rule.and_then(|rule| rule.policy_version).map(|version| version.to_string())),
        text(rule.and_then(|rule| rule.section.clone())),
        text(rule.and_then(|rule| rule.partner.clone())),
        text(counted.map(|from| from.on.to_string())),
        text(counted.map(|from| from.because.clone())),
        text(day.reckoned_on.map(|on| on.to_string())),
        day.agrees.to_string(),
    ]
}

const CHANGE_HEADINGS: &[&str] = &["on", "from", "to", "why", "by", "because"];

fn change_row(change: &DayChange) -> Vec<String> {
    let DayChange { on, by, from, to, why, because } = change;
    vec![on.to_string(), from.to_string(), to.to_string(), (*why).to_owned(), by.clone(), because.clone()]
}
