//! Kafka: the broker, each topic with its partitions, and retention against what is unread.

use cardline::kafka::{Broker, BrokerError, Ends, PartitionEnd, retention_hours};
use cardline::store::Ledger;

use super::{CERTIFICATE, Finding};
use crate::context::Context;

/// Unread messages should have at least this long before the broker deletes them.
const RETENTION_HOURS_WANTED: i64 = 72;

/// What the broker says of one topic.
struct Topic {
    name: String,
    /// Whether we may do with it what we do; `None` where the broker does not have it.
    allowed: Option<bool>,
    ends: Vec<PartitionEnd>,
    /// How long the broker keeps messages; `None` forever, or where it does not say.
    retention_hours: Option<i64>,
}

/// What else is said when a server does not let us in, and what to do about it; the first that is found.
const REFUSALS: &[(&str, &str)] = &[
    (
        "certificate verify failed",
        "the server's certificate is of an authority not known here: name its certificate as ssl.ca.location",
    ),
    ("ssl.ca.location", "ssl.ca.location is to be the file with the certificate of the server's authority"),
    (
        "invalid credentials",
        "the server does not take this user or password: correct sasl.username or sasl.password_file",
    ),
    ("security.protocol", "the server wants encryption or a login, or neither: correct security.protocol"),
    ("mechanism", "the server and we know no common mechanism: correct sasl.mechanism"),
];

fn advice(said: &str) -> &'static str {
    let found = CERTIFICATE.iter().chain(REFUSALS).find(|(refusal, _)| said.contains(refusal));
    found.map_or("do what it says; ops/runbooks/kafka-down.md", |(_, advice)| advice)
}

/// Looks at every topic we read or write.
pub async fn findings(context: &Context, ledger: Option<&Ledger>) -> Vec<Finding> {
    let Some(broker) = Broker::of(&context.config) else {
        let advice = "set CARDLINE_KAFKA to take in messages; without it there are only files";
        return vec![Finding::warn("kafka", "no broker is configured", advice)];
    };
    let topics = &context.config.topics;
    let read = [topics.applications.clone(), topics.events.clone()];
    let written = [&topics.outcomes, &topics.notices, &topics.ecards, &topics.dead_letters].map(String::clone);
    let names = [&read[..], &written[..]].concat();
    let asked = tokio::task::block_in_place(|| ask(&broker, &names, read.len()));
    let told = match asked {
        Ok(told) => told,
        Err(error) => {
            let said = error.to_string();
            let advice = advice(&said);
            return vec![Finding::fail("kafka", said, advice)];
        }
    };
    let mut findings = vec![Finding::ok("kafka", format!("{} answers", broker.servers()))];
    for mut topic in told {
        if read.contains(&topic.name) && !topic.ends.is_empty() {
            // A broker that does not say is no fault.
            topic.retention_hours = retention_hours(&broker, &topic.name).await.unwrap_or(None);
        }
        let positions = match ledger {
            Some(ledger) if read.contains(&topic.name) => ledger.known_positions(&topic.name).await.unwrap_or_default(),
            _ => Vec::new(),
        };
        findings.push(judge(&topic, read.contains(&topic.name), &positions));
    }
    findings
}

/// The first `read` of these topics are read, the others are written.
fn ask(broker: &Broker, names: &[String], read: usize) -> Result<Vec<Topic>, BrokerError> {
    let asker = Ends::connect(broker)?;
    let mut topics = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let (allowed, ends) = match asker.describe(name) {
            Ok(None) => (None, Vec::new()),
            Ok(Some(found)) => (Some(if at < read { found.may_read } else { found.may_write }), asker.of(name)?),
            // A user who may not even look at it.
            Err(BrokerError::NotAllowed { .. }) => (Some(false), Vec::new()),
            Err(error) => return Err(error),
        };
        topics.push(Topic { name: name.clone(), allowed, ends, retention_hours: None });
    }
    Ok(topics)
}

/// One topic against what was taken in of it.
fn judge(topic: &Topic, read: bool, positions: &[(i64, i64)]) -> Finding {
    match topic.allowed {
        None if read && !positions.is_empty() => {
            let advice = "it was deleted, or this is another cluster: find out which (ops/runbooks/topic-missing.md)";
            return Finding::fail("topic", format!("{} is not there any more", topic.name), advice);
        }
        None => {
            let advice = "correct its name under [topics] of the configuration, or create it";
            return Finding::warn("topic", format!("{} is not there", topic.name), advice);
        }
        Some(false) => {
            let operation = if read { "READ" } else { "WRITE" };
            let advice = format!("have {operation} granted to this user (an ACL of the topic)");
            return Finding::fail("topic", format!("{} may not be used by this user", topic.name), advice);
        }
        Some(true) => {}
    }
    let kept =
        topic.retention_hours.map_or_else(|| "kept for ever or not told".into(), |hours| format!("kept {hours} h"));
    let found = format!("{}: {} partitions, {kept}", topic.name, topic.ends.len());
    if !read {
        return Finding::ok("topic", found);
    }
    let (mut unread, mut lost) = (0, Vec::new());
    for end in &topic.ends {
        let next = positions.iter().find(|(partition, _)| *partition == end.partition).map_or(0, |(_, next)| *next);
        unread += end.end.saturating_sub(next.max(end.first)).max(0);
        if next < end.first || next > end.end {
            lost.push(format!("partition {} at {next}, the broker has {} to {}", end.partition, end.first, end.end));
        }
    }
    let found = format!("{found}, {unread} unread");
    if !lost.is_empty() {
        let advice = "messages were lost or the topic was made anew; intake stops there until a person decides";
        return Finding::fail("topic", format!("{found}; {}", lost.join(", ")), advice);
    }
    match topic.retention_hours {
        Some(hours) if unread > 0 && hours < RETENTION_HOURS_WANTED => {
            let advice = "let intake catch up, or raise retention.ms: the broker deletes what nobody has taken in";
            Finding::warn("topic", found, advice)
        }
        _ => Finding::ok("topic", found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_judged_by_what_is_unread_and_what_is_kept() {
        let topic = |retention_hours| Topic {
            name: "card.applications".into(),
            allowed: Some(true),
            ends: vec![
                PartitionEnd { partition: 0, first: 10, end: 50 },
                PartitionEnd { partition: 1, first: 0, end: 5 },
            ],
            retention_hours,
        };
        let verdict = |hours, positions: &[(i64, i64)]| judge(&topic(hours), true, positions).verdict;
        assert_eq!(verdict(Some(168), &[(0, 20), (1, 5)]), "ok");
        assert_eq!(verdict(Some(24), &[(0, 50), (1, 5)]), "ok", "nothing is unread");
        assert_eq!(verdict(Some(24), &[(0, 49), (1, 5)]), "warn");
        assert_eq!(verdict(None, &[(0, 20), (1, 0)]), "ok");
        assert_eq!(verdict(None, &[(0, 9), (1, 5)]), "FAIL", "messages were deleted unread");
        assert_eq!(verdict(None, &[(0, 51), (1, 5)]), "FAIL", "the topic was made anew");
        let missing = |read, positions: &[(i64, i64)]| {
            judge(&Topic { allowed: None, ends: Vec::new(), ..topic(None) }, read, positions)
        };
        assert_eq!((missing(true, &[]).verdict, missing(true, &[(0, 7)]).verdict), ("warn", "FAIL"));
        assert!(missing(true, &[]).advice.contains("create it") && missing(false, &[]).advice.contains("create it"));
        assert!(!missing(true, &[(0, 7)]).advice.contains("create it"), "it may have been deleted");
        let refused = judge(&Topic { allowed: Some(false), ..topic(None) }, false, &[]);
        assert!(refused.verdict == "FAIL" && refused.advice.contains("WRITE"), "{}", refused.advice);
        let found = judge(&topic(Some(24)), true, &[(0, 20), (1, 5)]).found;
        assert_eq!(found, "card.applications: 2 partitions, kept 24 h, 30 unread");
    }
}
