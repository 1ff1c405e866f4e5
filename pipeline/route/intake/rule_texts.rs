//! The rules only the ledger can answer, in words: the statements themselves are in `intake`.

use cardline_core::rules::{RuleText, Severity};

/// Rules against the ledger, sorted by code; each is a finding of its application.
pub const LEDGER_RULE_TEXTS: &[RuleText] = &[
    RuleText {
        code: "APPLICATION-LAPSED",
        name: "correction after the lapse",
        what: "a correction comes before the last day on which the application could be corrected",
        why: "a correction has a time limit; what lapsed is over, and others were told so",
        fix: "apply anew under another application_id",
        source: "s1; domain.md §3",
        severity: Severity::Error,
    },
    RuleText {
        code: "PERSON-LIVE-CARD",
        name: "second card of one person",
        what: "a first card only for a person without a card that is not cancelled",
        why: "one person has one card in a province; a second one would split the social functions",
        fix: "send it as replacement, exchange or bank_change with `previous_card`",
        source: "domain.md §3",
        severity: Severity::Error,
    },
    RuleText {
        code: "PERSON-OPEN-APPLICATION",
        name: "second application of one person",
        what: "no other application of the person under way",
        why: "two applications would open two accounts and make two cards",
        fix: "wait for the first one's outcome, or correct it with a higher `revision` of its application_id",
        source: "domain.md §3",
        severity: Severity::Error,
    },
    RuleText {
        code: "PREVIOUS-NOT-LIVE",
        name: "previous card that has ended",
        what: "the previous card is in use: not cancelled, and activated once",
        why: "a card that has ended has been followed already, or must be followed by a first issue",
        fix: "name the card the person has now; without one, apply as first_issue",
        source: "domain.md §3",
        severity: Severity::Error,
    },
    RuleText {
        code: "PREVIOUS-NOT-LOST",
        name: "lost card without formal loss",
        what: "a formal loss is reported for a previous card that is said to be lost",
        why: "a lost card must be blocked before another one is made; a provisional loss lapses",
        fix: "report the formal loss first (card.events), then send the application again",
        source: "domain.md §8",
        severity: Severity::Error,
    },
    RuleText {
        code: "PREVIOUS-OTHER-BANK",
        name: "previous card of another bank",
        what: "the new card's bank is the previous card's, as the ledger knows it, unless the bank is changed",
        why: "only a change of bank moves the financial account",
        fix: "name the previous card's bank, or send it as bank_change",
        source: "s2; domain.md §8",
        severity: Severity::Error,
    },
    RuleText {
        code: "PREVIOUS-OTHER-PERSON",
        name: "previous card of another person",
        what: "the previous card is the holder's own; after a changed number, of the number before",
        why: "a slip in the number would cancel a stranger's card",
        fix: "check the card number with the card at hand",
        source: "domain.md §3",
        severity: Severity::Error,
    },
    RuleText {
        code: "PREVIOUS-SAME-BANK",
        name: "change of bank to the bank the card has",
        what: "a change of bank names another bank than the previous card's, as the ledger knows it",
        why: "the account would be closed and opened again at one bank",
        fix: "choose another bank, or send it as exchange",
        source: "s2; domain.md §8",
        severity: Severity::Error,
    },
    RuleText {
        code: "PREVIOUS-UNKNOWN",
        name: "previous card nobody knows",
        what: "the previous card's number is one of ours, or of the opening stock",
        why: "a card made before this system is known only once the opening stock was imported",
        fix: "check the number; import old cards as opening stock",
        source: "domain.md §3",
        severity: Severity::Error,
    },
    RuleText {
        code: "RENEWAL-NOT-CHILD",
        name: "renewal of a card that is no child's",
        what: "the card renewed at sixteen was approved before the holder's sixteenth birthday",
        why: "an adult's card is replaced or exchanged; the renewal is the end of the child's card",
        fix: "apply as an exchange",
        source: "s0; domain.md §3, §8",
        severity: Severity::Error,
    },
];

/// What stops a message at its identity or its place in the order of revisions, sorted by code. No finding:
/// the message is kept, and a person or the missing revision decides.
pub const ARRIVAL_TEXTS: &[RuleText] = &[
    arrival(
        "EVENT-CONFLICT",
        "one event with two contents",
        "the same event_id always carries the same content",
        "nobody can say which of the two was meant, so a person decides",
        "send the other content under an event_id of its own",
    ),
    arrival(
        "REVISION-CONFLICT",
        "one revision with two contents",
        "the same application_id and revision always carry the same content",
        "nobody can say which of the two was meant, so a person decides",
        "send the other content as a higher revision",
    ),
    arrival(
        "REVISION-GAP",
        "revision before the one it follows",
        "revisions are taken in without a gap",
        "the missing one may still come, so this one waits until its deadline",
        "send the missing revision",
    ),
    arrival(
        "REVISION-NOT-OPEN",
        "revision of what is not open to correction",
        "a higher revision only for an application that was rejected or returned",
        "a card may be in the making already, so a person decides",
        "withdraw the application, or wait for its outcome",
    ),
];

/// Why a message stands in the quarantine though it could be read, beside [`ARRIVAL_TEXTS`]; sorted by code.
pub const HELD_TEXTS: &[RuleText] = &[
    arrival(
        "CITY-LATE",
        "city's receipt of a shipment that is not on its way",
        "the point has the shipment already",
        "the point's own count says more than one on the way",
        "nothing; discard it",
    ),
    arrival(
        "EVENT-FUTURE",
        "event from the future",
        "the event says that it happened more than a day from now",
        "what has not happened moves no card; a wrong year would set every day after it",
        "repair `at`, or have the sender set its clock and send it again",
    ),
    arrival(
        "EVENT-INSTANT",
        "event without an instant",
        "the event says no instant",
        "an event without its instant cannot be put in order",
        "repair `at` from a file (RFC 3339 with offset), or have the sender send it again",
    ),
    arrival(
        "EVENT-NOT-POSSIBLE",
        "event that cannot have happened",
        "the card does not stand where the event supposes",
        "a card moves only along the edges of its life; the event would invent what did not happen",
        "look at the history of the card. Retry once the missing event came, or discard it",
    ),
    arrival(
        "EVENT-SUBJECT",
        "event about nothing",
        "the event names no card, application or shipment",
        "without it nobody knows whom it is about",
        "repair it, or have the sender send it again",
    ),
    arrival(
        "HAND-OVER-BY",
        "card handed to somebody who may not take it",
        "`by` names nobody who may take this card, as a child without an agent or guardian",
        "the policy of the region says who may collect (documents 002, 003)",
        "ask the point who has the card; repair `by`, or discard it and have the card brought back",
    ),
    arrival(
        "HAND-OVER-EARLY",
        "hand-over before the card lay there",
        "`at` lies more than a day before the first window of its card was opened",
        "a card cannot be handed out before it is there; the year or the clock is wrong",
        "ask the point when it was; repair `at`, or discard it and have the card brought back",
    ),
    arrival(
        "HAND-OVER-MAIL",
        "card collected by mail that was never sent",
        "the card lies on the shelf of its point, and no `card.sent_by_mail` came",
        "a card that nobody sent cannot have been delivered",
        "ask the point who has the card; send `card.sent_by_mail` first, or discard it",
    ),
    arrival(
        "HAND-OVER-PAPERS",
        "hand-over without everything that must be shown",
        "a paper that the policy asks for is not among the evidence, or an agent's is the holder's own",
        "the policy of the region says what must be shown, by bank and by who takes the card",
        "ask the point what was shown; repair `evidence`, or discard it and have the card brought back",
    ),
    arrival(
        "HAND-OVER-PLACE",
        "card handed over elsewhere",
        "`place` is not the point where the card lies: another one, one that has closed, or none we know",
        "a card is handed out where it lies; a child's at the opening outlet and nowhere else (document 003)",
        "ask which point has the card; repair `place.code`, or discard it",
    ),
    arrival(
        "KEY-FORM",
        "identifier out of form",
        "an identifier is not of its form, or looks like a person's number",
        "identifiers stand in the open: in tables, file names and messages",
        "have the sender give it an opaque identifier of at most 64 letters, digits, hyphens, underscores, dots",
    ),
    arrival(
        "MAIL-NUMBER",
        "event of the mail without carrier or number",
        "`carrier` or `tracking` is missing",
        "without both nobody can ask the carrier, nor tell one letter from another",
        "repair both, or have the sender send it again",
    ),
    arrival(
        "MAIL-OTHER",
        "event about another letter",
        "`carrier` or `tracking` is not that under which the card was sent the last time",
        "it says nothing of where this card is",
        "compare both with `card.sent_by_mail` and repair them; or discard it",
    ),
    arrival(
        "RECEIPT-BOX",
        "receipt that names a box of another shipment",
        "the box is none of the shipment's; or a wrong box is not named, or is the shipment's own",
        "cards are counted against the carton they were packed in",
        "compare `shipment` and `box` with the manifest and repair them; a box that lies in the wrong carton is `point.wrong_box`",
    ),
    arrival(
        "RECEIPT-COUNT",
        "receipt whose count cannot be",
        "the count is missing or negative, or the carton cannot hold so many cards, lack them or have them damaged",
        "a slip of the pen would keep a carton from its people",
        "repair `count` as the point counts it: of `point.received` all cards, else those short, over or damaged",
    ),
    arrival(
        "RECEIPT-ELSEWHERE",
        "receipt of another point",
        "`place` is not the point to which the carton goes: another one, one that has closed, or none we know",
        "cards would be looked for where they are not",
        "ask which point has the carton; repair `place.code` or `shipment`, or have it sent on",
    ),
    arrival(
        "RECEIPT-LATE",
        "receipt after the pickup window opened",
        "the shipment is neither on its way nor waiting at the point",
        "people were told that their cards are there, or have them",
        "discard a second receipt; have the point look for single cards",
    ),
    arrival(
        "RECEIPT-NOT-AS-SHIPPED",
        "receipt of other cards than were shipped",
        "a release before this one met a count that does not agree with the shipment",
        "a card without a custodian may be in anybody's hands",
        "retry it: the carton is at the point, and a case asks about it; or discard a second receipt",
    ),
    arrival(
        "REVISION-GAP-LAPSED",
        "missing revision that never came",
        "the earlier revision did not come in time",
        "nothing waits without end",
        "ask the sender for the missing revision and retry; or discard it",
    ),
    arrival(
        "UNKNOWN-CARD",
        "event of an unknown card",
        "no card or application of that number is known",
        "an event that came before its card, or names another province's",
        "retry once the card is known; import old cards as opening stock",
    ),
    arrival(
        "UNKNOWN-SHIPMENT",
        "receipt of an unknown shipment",
        "no shipment of that number is known",
        "a receipt that came before the bureau's manifest, or of another province",
        "retry once the manifest was applied; or discard it",
    ),
    arrival(
        "UNKNOWN-TYPE",
        "unknown type of event",
        "the type of the event is none this version knows",
        "what is not understood is not guessed",
        "retry after the release that knows it; or repair `type`",
    ),
    arrival(
        "WITHDRAWAL-EARLY",
        "withdrawal before its application",
        "the application that is withdrawn has not come yet",
        "messages may overtake each other; it is carried out the moment the application comes",
        "nothing. When its day passes, ask the sender which application was meant",
    ),
    arrival(
        "WITHDRAWAL-LAPSED",
        "withdrawal of what never came",
        "the application that is withdrawn never came",
        "nothing waits without end",
        "discard it; or retry once the application is known",
    ),
];

const fn arrival(
    code: &'static str,
    name: &'static str,
    what: &'static str,
    why: &'static str,
    fix: &'static str,
) -> RuleText {
    RuleText { code, name, what, why, fix, source: "contract/messages.md", severity: Severity::Error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::intake::settle::rules::{IDENTITY, LEDGER_RULES};

    /// The codes statements write: in each the first quoted word of capitals with a hyphen, if any.
    fn codes(statements: &[&str]) -> Vec<String> {
        let is_code = |word: &&str| word.contains('-') && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
        let first = |sql: &&str| sql.split('\'').skip(1).step_by(2).find(is_code).map(str::to_owned);
        let mut codes: Vec<String> = statements.iter().filter_map(first).collect();
        codes.sort_unstable();
        codes
    }

    fn of(texts: &[RuleText]) -> Vec<&'static str> {
        texts.iter().map(|text| text.code).collect()
    }

    #[test]
    fn every_statement_has_its_text_and_every_text_its_statement() {
        assert_eq!(codes(LEDGER_RULES), of(LEDGER_RULE_TEXTS));
        assert_eq!(codes(IDENTITY), of(ARRIVAL_TEXTS));
    }

    #[test]
    fn every_reason_given_in_the_sources_has_its_text() {
        let sources = [
            include_str!("settle/rules.rs"),
            include_str!("settle/seen.rs"),
            include_str!("../../cases/deadlines/messages.rs"),
            include_str!("../servicing/settle/cards.rs"),
            include_str!("../servicing/settle/receipts.rs"),
            include_str!("../servicing/settle/waves.rs"),
            include_str!("check.rs"),
            include_str!("../servicing/event.rs"),
        ];
        // Read as it stands there: a reason is a quoted word of capitals with a hyphen.
        let is_code = |word: &&str| {
            word.contains('-') && word.len() > 5 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
        };
        let known: Vec<&str> =
            HELD_TEXTS.iter().chain(ARRIVAL_TEXTS).chain(LEDGER_RULE_TEXTS).map(|text| text.code).collect();
        let read = ["FIELD-UNKNOWN", "NOT-JSON", "NOT-UTF8", "TOO-LARGE", "UNKNOWN-SCHEMA"];
        let mut seen = 0;
        for word in sources.iter().flat_map(|text| text.split(['\'', '"'])).filter(is_code) {
            assert!(
                known.contains(&word) || read.contains(&word) || cardline_core::rules::explain(word).is_some(),
                "{word} has no text"
            );
            seen += 1;
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn the_lists_are_filled_and_share_no_code_with_the_catalogue() {
        for text in LEDGER_RULE_TEXTS.iter().chain(ARRIVAL_TEXTS).chain(HELD_TEXTS) {
            assert!(cardline_core::rules::explain(text.code).is_none(), "{}", text.code);
            for words in [text.name, text.what, text.why, text.fix, text.source] {
                assert!(!words.is_empty() && words.trim() == words, "{}", text.code);
            }
        }
    }
}
