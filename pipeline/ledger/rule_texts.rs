//! The rules only the ledger can answer, in words: the statements themselves are in `intake`.

/// Code, what is demanded, why, and what the sender does about it; sorted by code.
pub const LEDGER_RULE_TEXTS: &[(&str, &str, &str, &str)] = &[
    (
        "APPLICATION-LAPSED",
        "The application lapsed: it was not corrected in time.",
        "A correction has a time limit (s1); what lapsed is over, and others were told so.",
        "Apply anew under another application_id.",
    ),
    (
        "FIELD-UNKNOWN",
        "The message has a member this version does not know.",
        "A note only: producers may add members first, and the sealed message keeps them.",
        "Nothing, if the member is meant; otherwise correct its spelling.",
    ),
    (
        "PERSON-LIVE-CARD",
        "A first card is asked for, though the person has a card that is not cancelled.",
        "One person has one card in a province; a second one would split the social functions.",
        "Send it as replacement, exchange or bank_change with `previous_card`.",
    ),
    (
        "PERSON-OPEN-APPLICATION",
        "The person has another application under way.",
        "Two applications would open two accounts and make two cards.",
        "Wait for the first one's outcome, or correct it with a higher `revision` of its application_id.",
    ),
    (
        "PREVIOUS-NOT-LIVE",
        "The previous card is cancelled, or was never in use.",
        "A card that has ended has been followed already, or must be followed by a first issue.",
        "Name the card the person has now; without one, apply as first_issue.",
    ),
    (
        "PREVIOUS-NOT-LOST",
        "The previous card is said to be lost, but no loss was reported for it.",
        "A lost card must be blocked before another one is made.",
        "Report the loss first (card.events), then send the application again.",
    ),
    (
        "PREVIOUS-OTHER-BANK",
        "The new card is asked of another bank than the previous one.",
        "Only a change of bank moves the financial account.",
        "Name the previous card's bank, or send it as bank_change.",
    ),
    (
        "PREVIOUS-OTHER-PERSON",
        "The previous card belongs to another person.",
        "A slip in the number would cancel a stranger's card.",
        "Check the card number with the card at hand.",
    ),
    (
        "PREVIOUS-UNKNOWN",
        "No card of that number is known.",
        "A card made before this system is known only once the opening stock was imported.",
        "Check the number; import old cards with `cardline import cards FILE`.",
    ),
];

/// Reasons why a message stands in the quarantine though it could be read; sorted by code.
pub const HELD_TEXTS: &[(&str, &str, &str, &str)] = &[
    (
        "EVENT-CONFLICT",
        "Another message came first under this event_id, with other content.",
        "An event_id names one fact for ever; which of the two is true only a person can tell.",
        "Compare the two. Discard this one to keep the first; or let it correct the first as a further revision.",
    ),
    (
        "EVENT-INSTANT",
        "The event says no instant.",
        "An event without its instant cannot be put in order.",
        "Repair `at` from a file (RFC 3339 with offset), or have the sender send it again.",
    ),
    (
        "EVENT-NOT-POSSIBLE",
        "The card does not stand where the event supposes.",
        "A card moves only along the edges of its life; the event would invent what did not happen.",
        "Look at `cardline trace`. Retry once the missing event came, or discard it.",
    ),
    (
        "EVENT-SUBJECT",
        "The event names no card, application or shipment.",
        "Without it nobody knows whom it is about.",
        "Repair it, or have the sender send it again.",
    ),
    (
        "KEY-FORM",
        "An identifier is not of its form, or looks like a person's number.",
        "Identifiers stand in the open: in tables, file names and messages.",
        "Have the sender give it an opaque identifier of at most 64 letters, digits, hyphens, underscores, dots.",
    ),
    (
        "RECEIPT-NOT-AS-SHIPPED",
        "The point counted other cards than were shipped, or the shipment is not on its way.",
        "A card without a custodian may be in anybody's hands.",
        "Have the point count again; retry once the shipment is on its way, or discard a second receipt.",
    ),
    (
        "REVISION-CONFLICT",
        "This revision of the application came before, with other content.",
        "A revision names one content for ever; which of the two is true only a person can tell.",
        "Compare the two. Discard this one to keep the first; or let it correct the first as a further revision.",
    ),
    (
        "REVISION-GAP",
        "An earlier revision of the application has not come yet.",
        "Revisions are taken in in their order, so it waits for the missing one until its day.",
        "Nothing yet. When its day passes, ask the sender for the missing revision.",
    ),
    (
        "REVISION-GAP-LAPSED",
        "The earlier revision did not come in time.",
        "Nothing waits without end.",
        "Ask the sender for the missing revision and retry; or discard it.",
    ),
    (
        "REVISION-NOT-OPEN",
        "The application is not open to correction: it is accepted, or over.",
        "What a card is being made of does not change under way.",
        "Discard it. If it matters, have the application withdrawn and made again.",
    ),
    (
        "UNKNOWN-CARD",
        "No card or application of that number is known.",
        "An event that came before its card, or names another province's.",
        "Retry once the card is known; import old cards with `cardline import cards FILE`.",
    ),
    (
        "UNKNOWN-SHIPMENT",
        "No shipment of that number is known.",
        "A receipt that came before the bureau's manifest, or of another province.",
        "Retry once the manifest was applied; or discard it.",
    ),
    (
        "UNKNOWN-TYPE",
        "The type of the event is none this version knows.",
        "What is not understood is not guessed.",
        "Retry after the release that knows it; or repair `type`.",
    ),
    (
        "WITHDRAWAL-EARLY",
        "The application that is withdrawn has not come yet.",
        "Messages may overtake each other; it is carried out the moment the application comes.",
        "Nothing. When its day passes, ask the sender which application was meant.",
    ),
    (
        "WITHDRAWAL-LAPSED",
        "The application that is withdrawn never came.",
        "Nothing waits without end.",
        "Discard it; or retry once the application is known.",
    ),
];

#[cfg(test)]
mod tests {
    use super::{HELD_TEXTS, LEDGER_RULE_TEXTS};

    #[test]
    fn every_reason_given_in_the_sources_has_its_text() {
        let sources = [
            include_str!("intake.rs"),
            include_str!("care.rs"),
            include_str!("servicing.rs"),
            include_str!("../stages/intake/check.rs"),
            include_str!("../stages/servicing/event.rs"),
        ];
        // Read as it stands there: a reason is a quoted word of capitals with a hyphen.
        let is_code = |word: &&str| {
            word.contains('-') && word.len() > 5 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
        };
        let known: Vec<&str> = HELD_TEXTS.iter().chain(LEDGER_RULE_TEXTS).map(|text| text.0).collect();
        let read = ["NOT-JSON", "NOT-UTF8", "TOO-LARGE", "UNKNOWN-SCHEMA"];
        let mut seen = 0;
        for word in sources.iter().flat_map(|text| text.split(['\'', '"'])).filter(is_code) {
            assert!(known.contains(&word) || read.contains(&word), "{word} has no text");
            seen += 1;
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn the_list_is_sorted_and_shares_no_code_with_the_catalogue() {
        for list in [LEDGER_RULE_TEXTS, HELD_TEXTS] {
            assert!(list.windows(2).all(|pair| pair[0].0 < pair[1].0));
            assert!(list.iter().all(|text| cardline_core::rules::explain(text.0).is_none()));
        }
        assert!(HELD_TEXTS.iter().all(|held| LEDGER_RULE_TEXTS.iter().all(|rule| rule.0 != held.0)));
    }
}
