//! The history replayed, row by row, and compared with the current states and the edges of the state
//! machines. Laws 1, 5 and 11 report what it finds.

use std::fmt;

use cardline_core::state_machines::LIVES;

use super::touched::{AlikeCards, Traced};
use crate::books::trace::{Follower, WayRow};
use crate::custody::generated::WAY;
use crate::limits::REPLAYED_CARDS_PER_PAGE;
use crate::store::{LedgerError, Tx};
use crate::{args, row};

row! {
    /// The current states of one application.
    struct Current {
        id: i64,
        application_id: String,
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

/// Cards with a history of their own: moved alone, or no longer in a batch they were in.
const ALONE: &str = "INSERT INTO alike
    SELECT v.subject, 1 FROM touched_application t CROSS JOIN move v WHERE v.scope = 'application' AND v.subject = t.id
    UNION SELECT r.application, 1 FROM touched_application t CROSS JOIN former_row r WHERE r.application = t.id
    UNION SELECT n.application, 1 FROM touched_application t CROSS JOIN answer n CROSS JOIN file f
        WHERE n.application = t.id AND f.id = n.file
            AND NOT EXISTS (SELECT 1 FROM account_row g WHERE g.application = t.id AND g.batch = f.batch)";

/// All others moved with their sets. Cards of the same sets have the same history, so of those in the same
/// states now only one is replayed.
const ALIKE: &str = "INSERT INTO alike SELECT min(c.id), count(*) FROM touched_card c LEFT JOIN alike x ON x.id = c.id WHERE x.id IS NULL
    GROUP BY c.chunk, c.account_batch, c.answer, c.production_batch, c.box_id, c.state, c.place, c.social, c.financial";

/// Replays the history of every card in `touched_card`, page by page: memory does not depend on
/// how many there are.
pub async fn replay(tx: &mut Tx) -> Result<Replayed, LedgerError> {
    tx.clear::<AlikeCards>().await?;
    tx.scratch(ALONE, args![]).await?;
    tx.scratch(ALIKE, args![]).await?;
    let alike = tx.rows::<(i64, i64)>("SELECT id, cards FROM alike ORDER BY id", args![]).await?;
    let mut found = Replayed::default();
    for page in alike.chunks(REPLAYED_CARDS_PER_PAGE) {
        tx.stage(page.iter().map(|&(id, _)| Traced { id }).collect()).await?;
        replay_page(tx, page, &mut found).await?;
    }
    Ok(found)
}

/// Replays one page, which is staged in `traced`.
async fn replay_page(tx: &mut Tx, page: &[(i64, i64)], found: &mut Replayed) -> Result<(), LedgerError> {
    let current = tx
        .rows::<Current>(
            "SELECT a.id, a.application_id, a.state, k.place, a.social, CASE WHEN c.application IS NULL THEN NULL ELSE a.financial END AS account
             FROM traced t JOIN application a ON a.id = t.id LEFT JOIN card k ON k.id = a.id LEFT JOIN account c ON c.application = a.id
             ORDER BY a.id",
            args![],
        )
        .await?;
    let mut rows = tx.rows::<WayRow>(&WAY, args![]).await?.into_iter().peekable();
    for (card, (_, alike)) in current.into_iter().zip(page) {
        let who = Who { card: &card, others: alike - 1 };
        let mut follower = Follower::new();
        while let Some(row) = rows.next_if(|row| row.id <= card.id) {
            if row.id == card.id {
                walk(&who, &row, &mut follower, found);
            }
        }
        compare(&who, &follower, found);
    }
    Ok(())
}

/// A card that is replayed, and how many others it stands for.
struct Who<'c> {
    card: &'c Current,
    others: i64,
}

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.others {
            0 => write!(f, "{}", self.card.application_id),
            others => write!(f, "{} and {others} others of the same sets", self.card.application_id),
        }
    }
}

fn walk(who: &Who<'_>, row: &WayRow, follower: &mut Follower, found: &mut Replayed) {
    let WayRow { seq, life, from_state: from, to_state: to, .. } = row;
    let known = LIVES.iter().find(|l| l.name == life).is_some_and(|l| l.edge(from, to).is_some());
    if !known {
        found.transition.push(format!("{who}: row {seq} moves {life} from {from} to {to}, which is no edge"));
    }
    if follower.follow(row).is_none() {
        found.custody.push(format!("{who}: row {seq} begins at {from}, but {life} stood at {}", follower.stands(life)));
    }
}

fn compare(who: &Who<'_>, follower: &Follower, found: &mut Replayed) {
    let Current { state, place, social, account, .. } = who.card;
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
