//! The history replayed, row by row, and compared with the current states and the edges of the state
//! machines. Laws 1, 5 and 11 report what it finds.

use cardline_core::state_machines::LIVES;

use super::touched::Traced;
use crate::books::trace::{Follower, WayRow};
use crate::custody::generated::WAY;
use crate::limits::REPLAYED_CARDS_PER_PAGE;
use crate::store::{LedgerError, Tx};
use crate::{args, row};

row! {
    /// The current states of one application.
    struct Current {
        id: i64,
        state: String,
        place: Option<String>,
        social: String,
        account: Option<String>,
    }
}

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

/// Replays the history of a card of each row of `touched_card`, page by page: memory does not depend on how many
/// there are. Cards of the same sets have the same history.
pub async fn replay(tx: &mut Tx) -> Result<Replayed, LedgerError> {
    let cards = tx.rows::<(i64, String)>("SELECT id, who FROM touched_card ORDER BY id", args![]).await?;
    let mut found = Replayed::default();
    for page in cards.chunks(REPLAYED_CARDS_PER_PAGE) {
        tx.stage(page.iter().map(|&(id, _)| Traced { id }).collect()).await?;
        replay_page(tx, page, &mut found).await?;
    }
    Ok(found)
}

/// Replays one page, which is staged in `traced`.
async fn replay_page(tx: &mut Tx, page: &[(i64, String)], found: &mut Replayed) -> Result<(), LedgerError> {
    let current = tx
        .rows::<Current>(
            "SELECT a.id, a.state, k.place, a.social, CASE WHEN c.application IS NULL THEN NULL ELSE a.financial END AS account
             FROM traced t JOIN application a ON a.id = t.id LEFT JOIN card k ON k.id = a.id LEFT JOIN account c ON c.application = a.id
             ORDER BY a.id",
            args![],
        )
        .await?;
    let mut rows = tx.rows::<WayRow>(&WAY, args![]).await?.into_iter().peekable();
    for (card, (_, who)) in current.into_iter().zip(page) {
        let mut follower = Follower::new();
        while let Some(row) = rows.next_if(|row| row.id <= card.id) {
            if row.id == card.id {
                walk(who, &row, &mut follower, found);
            }
        }
        compare(who, &card, &follower, found);
    }
    Ok(())
}

fn walk(who: &str, row: &WayRow, follower: &mut Follower, found: &mut Replayed) {
    let WayRow { seq, life, from_state: from, to_state: to, .. } = row;
    let known = LIVES.iter().find(|l| l.name == life).is_some_and(|l| l.edge(from, to).is_some());
    if !known {
        found.transition.push(format!("{who}: row {seq} moves {life} from {from} to {to}, which is no edge"));
    }
    if follower.follow(row).is_none() {
        found.custody.push(format!("{who}: row {seq} begins at {from}, but {life} stood at {}", follower.stands(life)));
    }
}

fn compare(who: &str, card: &Current, follower: &Follower, found: &mut Replayed) {
    let Current { state, place, social, account, .. } = card;
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
            found.place.push(format!("{who}: {life} is {now}, its history ends at {:?}", follower.stands(life)));
        }
    }
}
