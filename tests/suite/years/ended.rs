//! In the end: what began long before has ended, or a person has it on the desk.

use cardline::args;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::card_states;
use jiff::Span;
use jiff::civil::Date;

/// So much later everything has ended or lies on a desk.
const MONTHS: i32 = 16;

/// Of what was approved by day `$1`: cards that are owed something and applications that went back, without an open
/// case of their own. What somebody had in hand since the instant `$2` began anew: it was lost, replaced, or its holder died.
const FORGOTTEN: &str = concat!(
    "SELECT a.application_id || ': ' || a.state || ' ' || COALESCE(c.place, '') || ', of ' || a.approved_on || ', due ' || COALESCE(a.due_on, '')
     FROM application a LEFT JOIN card c ON c.id = a.id
     WHERE a.approved_on <= $1 AND (c.place NOT IN (",
    card_states!(finished),
    ") OR a.state IN ('returned', 'rejected') OR (a.",
    card_states!(inactive),
    "))
     AND NOT EXISTS (SELECT 1 FROM move v WHERE v.scope = 'application' AND v.subject = a.id AND v.at > $2
        AND v.from_state IN ('in_hand', 'lost'))
     AND NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = a.id AND k.state IN ('open', 'escalated'))
     ORDER BY a.application_id"
);

/// Nothing that began so long before a day waits without a person.
pub async fn nothing_old_is_forgotten(worker: &Worker, last: Date) {
    let began = last.saturating_sub(Span::new().months(MONTHS));
    let mut tx = worker.ledger.read().await.unwrap();
    let forgotten = tx.rows::<(String,)>(FORGOTTEN, args![began, instant(began, 0, 0)]).await.unwrap();
    let old = "SELECT count(*) FROM application WHERE approved_on <= $1 AND old_number IS NULL";
    let old = tx.number(old, args![began]).await.unwrap();
    println!("  {old:>6} applications of {began} and before: {} without an end and a desk", forgotten.len());
    assert!(forgotten.is_empty(), "{forgotten:#?}");
}
