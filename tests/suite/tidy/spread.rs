//! What is known of a kind of batch, a kind of file or a state of cards stays in few files.
//!
//! Each is at home in its catalogue and in the stages of the route. A new one needs nothing else; whoever else names
//! one says why here, so that such knowledge cannot spread unnoticed.

use std::collections::BTreeSet;

use cardline_core::batch_kinds::BatchKind;
use cardline_core::file_formats::FileKind;
use cardline_core::state_machines::CARD;

use super::sources::{code, sources};

const HOMES: &[&str] = &[
    "core/batch_kinds.rs",
    "core/file_formats/layouts/kind.rs",
    "core/state_machines/card.rs",
    "custody/containers.rs",
    "route/",
    // Partners' own side of the files, and words for people.
    "world/",
    "cli/",
    "console/",
];

/// Words of card states that mean other things, too.
const AMBIGUOUS: &[&str] = &["held", "missing", "lost", "spoiled", "destroyed"];

/// Who else names what, and why.
const USES: &[(&str, &[&str], &str)] = &[
    ("actions/batches/plan.rs", &["account"], "what has no photo yet waits for this batch and no other"),
    ("actions/batches/urgent.rs", &["account", "waiting_account"], "what has its account is in a batch with a lane"),
    ("actions/imports/legacy_rows.rs", &["in_hand"], "old cards come into the ledger so"),
    ("actions/recovery/after_restore.rs", &["personalization"], "a package, which names a PAN that is kept as a hash"),
    ("books/balance.rs", &["in_hand", "recalled", "stored", "to_recycle", "in_recycling"], "examples the demo shows"),
    (
        "books/figures/answer_times.rs",
        &["account-request", "account-result", "production-report", "recycling-request", "recycling-result"],
        "which file answers which",
    ),
    (
        "books/figures/counting.rs",
        &["account", "in_hand", "in_mail", "on_shelf", "production", "stored", "with_unit"],
        "what passed",
    ),
    ("books/figures/yields.rs", &["in_transit", "production"], "what a bureau makes, and what is on its way"),
    ("books/laws/account.rs", &["waiting_account", "in_account_batch", "no_plastic"], "before an account"),
    ("books/laws/batch_balance.rs", &["account"], "whom the bank opens no account for leaves the batch"),
    ("books/laws/card_balance.rs", &["production"], "the law of orders, good and spoiled cards"),
    ("books/laws/deadline.rs", &["waiting_account"], "the one waiting room whose cards have a day of their own"),
    ("books/laws/deadline.rs", &["on_shelf"], "a window that ended waits while a person is asked"),
    ("books/laws/one_place.rs", &["waiting_account"], "what waits there is in the queue, and nothing else is"),
    ("books/laws/one_place.rs", &["in_hand", "recalled"], "offenders planted for its test"),
    ("cases/deliveries.rs", &["in_transit"], "whose turn it is once a case ended"),
    ("cases/deadlines/activation.rs", &["in_hand"], "how often its holder was reminded"),
    ("books/laws/custody.rs", &["in_mail"], "how often a card was sent"),
    ("cases/deadlines/cards.rs", &["with_unit", "in_mail", "stored"], "they have deadlines of their own kinds"),
    ("cases/deadlines/mail.rs", &["in_mail"], "what a carrier has, and when it is asked"),
    ("cases/deadlines/shipments.rs", &["on_shelf", "in_transit"], "a window ends, a delivery is late"),
    ("cases/deadlines/uncollected.rs", &["stored", "to_recycle"], "what nobody collected, and what follows"),
    ("cases/deadlines/units.rs", &["with_unit", "recalled"], "what a unit has, and what follows"),
    (
        "core/state_machines/decision.rs",
        &["waiting_account", "no_plastic", "to_recycle"],
        "where what a person decides of a card on hold moves it",
    ),
    ("core/file_formats/layouts/describe.rs", &["production-report"], "its reasons are words of a person"),
    ("core/file_formats/profiles/lint.rs", &["personalization"], "the one file with sections"),
    ("core/file_formats/profiles/lint_files.rs", &["personalization", "shipping-manifest"], "a tar, and XML"),
    ("custody/believed.rs", &["in_transit"], "a shipment is on its way or was received"),
    ("erasing/person.rs", &["no_plastic"], "a card that was never made has ended, and its state does not say so"),
    ("erasing/destroy.rs", &["personalization"], "photos go with the package they were rendered for"),
    ("erasing/rows.rs", &["account"], "a photo is needed from the account batch to the package"),
    (
        "messages/notice_rows.rs",
        &["on_shelf", "in_hand", "recalled", "stored"],
        "whether what a notice tells is still so",
    ),
    ("messages/relay.rs", &["waiting_account", "waiting_production", "in_production"], "who travels to the shelf"),
    ("messages/relay.rs", &["produced", "in_transit", "at_point"], "who travels to the shelf, after a decision"),
    (
        "messages/relay.rs",
        &["on_shelf", "with_unit", "in_hand", "in_mail", "recalled", "stored"],
        "what others are told",
    ),
    (
        "messages/told.rs",
        &["produced", "on_shelf", "in_hand", "in_mail", "recalled", "stored", "in_transit"],
        "what others are told",
    ),
    ("photos/renditions.rs", &["waiting_account"], "a photo is needed before the first batch"),
    ("reference/effect.rs", &["on_shelf"], "a window never ends earlier than its holders were told"),
    ("reference/effect.rs", &["stored"], "months move with no calendar"),
    ("reference/touched.rs", &["waiting_account", "in_account_batch"], "an outlet that opens is needed until then"),
];

/// A name, and how it stands in code or in a statement.
fn names() -> Vec<(String, Vec<String>)> {
    let quoted = |word: &str| vec![format!("'{word}'"), format!("\"{word}\"")];
    let batches = BatchKind::ALL.iter().map(|kind| {
        let word = kind.word;
        let forms = [format!("BatchKind::{}", word.to_uppercase()), format!("kind = '{word}'"), format!("'{word}/")];
        (word.to_owned(), forms.into())
    });
    let files = FileKind::ALL.iter().map(|kind| {
        let mut forms = quoted(kind.name());
        forms.push(format!("FileKind::{kind:?}"));
        (kind.name().to_owned(), forms)
    });
    let states = CARD.states.iter().map(|state| state.code).filter(|code| !AMBIGUOUS.contains(code));
    batches.chain(files).chain(states.map(|code| (code.to_owned(), quoted(code)))).collect()
}

#[test]
fn kinds_and_states_are_known_where_they_belong() {
    let names = names();
    let mut found = BTreeSet::new();
    for source in sources().iter().filter(|source| !HOMES.iter().any(|home| source.path.starts_with(home))) {
        // Offenders that a law plants for its test are examples.
        let lines = source.lines.iter().map(|line| code(line)).filter(|line| !line.contains("planted("));
        let text = lines.collect::<Vec<_>>().join("\n");
        let named = names.iter().filter(|(_, forms)| forms.iter().any(|form| text.contains(form)));
        found.extend(named.map(|(name, _)| format!("{}: {name}", source.path)));
    }
    let listed = USES.iter().flat_map(|(file, names, _)| names.iter().map(move |name| format!("{file}: {name}")));
    let listed: BTreeSet<String> = listed.collect();
    let (new, gone): (Vec<_>, Vec<_>) = (found.difference(&listed).collect(), listed.difference(&found).collect());
    assert!(new.is_empty(), "make it a fact of the kind or the state, or say here why not: {new:#?}");
    assert!(gone.is_empty(), "no longer so: {gone:#?}");
}
