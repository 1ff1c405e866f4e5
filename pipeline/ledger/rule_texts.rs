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

#[cfg(test)]
mod tests {
    use super::LEDGER_RULE_TEXTS;

    #[test]
    fn the_list_is_sorted_and_shares_no_code_with_the_catalogue() {
        assert!(LEDGER_RULE_TEXTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(LEDGER_RULE_TEXTS.iter().all(|text| cardline_core::rules::explain(text.0).is_none()));
    }
}
