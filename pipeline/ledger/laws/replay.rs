//! Laws 1, 5 and 11: the history replayed, row by row, against the current state and the tables of
//! edges.

use cardline_core::lives::LIVES;

use super::TRACED;
use crate::args;
use crate::ledger::LedgerError;
use crate::ledger::engine::Tx;
use crate::ledger::trace::{Follower, WAY, WayRow};
use crate::limits::REPLAYED_CARDS_PER_PAGE;

/// Current states of one application: id, application id, state, place, social, account.
type Current = (i64, String, String, Option<String>, String, Option<String>);

/// What the replay found, for each of the three laws.
#[derive(Default)]
pub struct Replayed {
    /// Law 1: the last row of history is not the current state.
    pub place: Vec<String>,
    /// Law 5: a hole: an own move begins where the card does not stand.
    pub custody: Vec<String>,
    /// Law 11: a move that is no edge.
    pub transition: Vec<String>,
}

/// Replays every card in `touched_application`, page by page: memory does not depend on how many there are.
pub async fn replay(tx: &mut Tx) -> Result<Replayed, LedgerError> {
    let ids = tx.rows::<(i64,)>("SELECT id FROM touched_application ORDER BY id", args![]).await?;
    let mut found = Replayed::default();
    for page in ids.chunks(REPLAYED_CARDS_PER_PAGE) {
        tx.stage(&TRACED, page.iter().map(|(id,)| args![*id]).collect()).await?;
        replay_page(tx, &mut found).await?;
    }
    Ok(found)
}

/// Replays everything staged in `traced`.
async fn replay_page(tx: &mut Tx, found: &mut Replayed) -> Result<(), LedgerError> {
    let current = tx
        .rows::<Current>(
            "SELECT a.id, a.application_id, a.state, k.place, a.social, CASE WHEN c.application IS NULL THEN NULL ELSE a.financial END
             FROM traced t JOIN application a ON a.id = t.id LEFT JOIN card k ON k.id = a.id LEFT JOIN account c ON c.application = a.id
             ORDER BY a.id",
            args![],
        )
        .await?;
    let mut rows = tx.rows::<WayRow>(WAY, args![]).await?.into_iter().peekable();
    for card in current {
        let mut follower = Follower::new();
        while let Some(row) = rows.next_if(|row| row.0 <= card.0) {
            if row.0 == card.0 {
                walk(&card, &row, &mut follower, found);
            }
        }
        compare(&card, &follower, found);
    }
    Ok(())
}

fn walk(card: &Current, row: &WayRow, follower: &mut Follower, found: &mut Replayed) {
    let (_, seq, _, life, _, from, to, _, _) = row;
    let known = LIVES.iter().find(|l| l.name == life).is_some_and(|l| l.edge(from, to).is_some());
    if !known {
        found.transition.push(format!("{}: row {seq} moves {life} from {from} to {to}, which is no edge", card.1));
    }
    if follower.follow(row).is_none() {
        found.custody.push(format!(
            "{}: row {seq} begins at {from}, but {life} stood at {}",
            card.1,
            follower.stands(life)
        ));
    }
}

fn compare(card: &Current, follower: &Follower, found: &mut Replayed) {
    let (_, application_id, state, place, social, account) = card;
    let pairs = [
        ("application", Some(state.as_str())),
        ("card", place.as_deref()),
        // A rejected application has no card, so no function of one.
        ("social", (state != "rejected" && !follower.stands("social").is_empty()).then_some(social.as_str())),
        ("account", account.as_deref()),
    ];
    for (life, now) in pairs {
        if let Some(now) = now
            && follower.stands(life) != now
        {
            found
                .place
                .push(format!("{application_id}: {life} is {now}, its history ends at {:?}", follower.stands(life)));
        }
    }
}
