//! A law that cannot fail is a defect: corruption is planted by hand, and the law it breaks must say so.

use cardline::store::Ledger;
use cardline::time::instant;
use cardline::world::play::day;

use super::arrivals::{execute, number};
use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::{Play, broken};

on_both_engines!(every_law_can_fail);

/// Cards and days of the play; it stops in the middle, when something stands in every waiting room.
const PLAY: (u64, u32, u32) = (150, 48, 34);

/// One thing done to the tables behind the ledger's back.
pub(super) struct Plant {
    pub(super) law: i64,
    /// Tables to be put back.
    tables: &'static [&'static str],
    /// An index that stands in the way of the corruption, and what makes it again.
    index: Option<(&'static str, &'static str)>,
    pub(super) sql: &'static str,
}

pub(super) const fn plant(law: i64, tables: &'static [&'static str], sql: &'static str) -> Plant {
    Plant { law, tables, index: None, sql }
}

const PLANTS: &[Plant] = &[
    plant(1, &["application"], "UPDATE application SET state = 'refused' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')"),
    plant(1, &["application"], "UPDATE application SET place = 'recalled' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')"),
    plant(1, &["application"], "UPDATE application SET social = 'suspended' WHERE id = (SELECT min(id) FROM application WHERE social = 'active')"),
    plant(1, &["application"], "UPDATE application SET financial = 'sealed' WHERE id = (SELECT min(id) FROM application WHERE financial = 'active')"),
    plant(1, &["application"], "UPDATE application SET queue = 'account' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')"),
    plant(1, &["application"], "UPDATE application SET place = 'waiting_account', queue = NULL WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')"),
    plant(1, &["shipment"], "UPDATE shipment SET place = 'in_transit' WHERE place = 'on_shelf'"),
    plant(1, &["move"], "DELETE FROM move WHERE seq = (SELECT max(seq) FROM move WHERE life = 'social' AND scope = 'application')"),
    plant(2, &["chunk"], "UPDATE chunk SET received = received + 1 WHERE id = (SELECT min(id) FROM chunk)"),
    plant(2, &["chunk"], "UPDATE chunk SET received = received + 1, rejected = rejected + 1 WHERE id = (SELECT max(id) FROM chunk)"),
    plant(2, &["chunk"], "UPDATE chunk SET accepted = accepted - 1, repeated = repeated + 1 WHERE id = (SELECT max(id) FROM chunk WHERE accepted > 0)"),
    plant(2, &["message"], "DELETE FROM message WHERE id = (SELECT min(id) FROM message)"),
    plant(2, &["message"], "UPDATE message SET outcome = 'rejected' WHERE id = (SELECT min(id) FROM message WHERE outcome = 'accepted')"),
    plant(2, &["move"], "DELETE FROM move WHERE seq = (SELECT max(seq) FROM move WHERE event_id IS NOT NULL)"),
    plant(2, &["chunk"], "UPDATE chunk SET first = first - 1 WHERE id = (SELECT max(id) FROM chunk WHERE first > 0)"),
    plant(2, &["chunk"], "UPDATE chunk SET next = next + 1 WHERE id = (SELECT max(id) FROM chunk)"),
    plant(2, &["source_offset"], "UPDATE source_offset SET next = next + 1"),
    plant(2, &["chunk", "message"], "DELETE FROM chunk WHERE id = (SELECT max(id) FROM chunk)"),
    plant(3, &["batch"], "UPDATE batch SET cards = cards + 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'account')"),
    plant(3, &["file"], "UPDATE file SET rows = rows - 1 WHERE id = (SELECT max(id) FROM file WHERE direction = 'out')"),
    plant(3, &["file"], "UPDATE file SET batch = NULL WHERE id = (SELECT min(id) FROM file WHERE direction = 'out')"),
    plant(3, &["application"], "UPDATE application SET account_batch = account_batch + 1 WHERE id = (SELECT min(id) FROM application WHERE account_batch IS NOT NULL)"),
    plant(3, &["production_row"], "DELETE FROM production_row WHERE application = (SELECT max(application) FROM production_row)"),
    plant(3, &["recycling_row"], "DELETE FROM recycling_row WHERE application = (SELECT max(application) FROM recycling_row)"),
    plant(3, &["batch"], "UPDATE batch SET answered = answered - 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'account' AND answered > 0)"),
    plant(3, &["batch"], "UPDATE batch SET answered = cards + 1 WHERE kind = 'recycling'"),
    plant(3, &["batch"], "UPDATE batch SET state = 'answered' WHERE answered < cards"),
    plant(4, &["batch"], "UPDATE batch SET good = good - 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'production' AND good > 0)"),
    plant(4, &["batch"], "UPDATE batch SET good = good - 1, spoiled = spoiled + 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'production' AND good > 0)"),
    plant(4, &["batch"], "UPDATE batch SET pulled = pulled + 1 WHERE id = (SELECT min(id) FROM batch WHERE kind = 'production')"),
    plant(4, &["spoilage"], "DELETE FROM spoilage"),
    plant(4, &["spoilage"], "UPDATE spoilage SET remade = NOT remade"),
    plant(4, &["made"], "DELETE FROM made WHERE application = (SELECT max(application) FROM made)"),
    plant(5, &["made"], "DELETE FROM made WHERE application = (SELECT m.application FROM made m JOIN application a ON a.id = m.application WHERE a.place = 'in_hand' ORDER BY 1 LIMIT 1)"),
    plant(5, &["application"], "UPDATE application SET place = 'waiting_production' WHERE id = (SELECT max(application) FROM made)"),
    plant(5, &["box"], "UPDATE box SET cards = cards + 1 WHERE id = (SELECT min(id) FROM box)"),
    plant(5, &["box"], "UPDATE box SET point = 'elsewhere' WHERE id = (SELECT min(id) FROM box WHERE shipment IS NOT NULL)"),
    plant(5, &["box"], "UPDATE box SET shipment = NULL WHERE id = (SELECT min(id) FROM box WHERE shipment IS NOT NULL)"),
    plant(5, &["shipment"], "UPDATE shipment SET cards = cards - 1 WHERE id = (SELECT min(id) FROM shipment)"),
    plant(5, &["made"], "UPDATE made SET box = (SELECT max(id) FROM box) WHERE application = (SELECT m.application FROM made m WHERE m.box <> (SELECT max(id) FROM box) ORDER BY 1 LIMIT 1)"),
    plant(5, &["move"], "DELETE FROM move WHERE seq = (SELECT min(v.seq) FROM move v WHERE v.scope = 'application' AND v.life = 'social' AND v.from_state <> ''
        AND EXISTS (SELECT 1 FROM move w WHERE w.scope = v.scope AND w.life = v.life AND w.subject = v.subject AND w.seq > v.seq))"),
    Plant {
        law: 6,
        tables: &["application"],
        index: Some(("application_live", "CREATE UNIQUE INDEX application_live ON application (person) WHERE live")),
        sql: "UPDATE application SET live = TRUE, open = FALSE, person = (SELECT person FROM application WHERE live ORDER BY id LIMIT 1) WHERE id = (SELECT max(id) FROM application)",
    },
    Plant {
        law: 6,
        tables: &["application"],
        index: Some(("application_open", "CREATE UNIQUE INDEX application_open ON application (person) WHERE open")),
        sql: "UPDATE application SET open = TRUE, person = (SELECT person FROM application WHERE open ORDER BY id LIMIT 1) WHERE id = (SELECT min(id) FROM application WHERE NOT open)",
    },
    plant(6, &["application"], "UPDATE application SET live = FALSE WHERE social = 'active'"),
    plant(7, &["application"], "UPDATE application SET place = 'no_plastic' WHERE id = (SELECT max(application) FROM account)"),
    plant(7, &["application"], "UPDATE application SET financial = 'closed' WHERE id = (SELECT min(id) FROM application WHERE financial = 'active' AND place = 'in_hand')"),
    plant(7, &["account"], "DELETE FROM account WHERE application = (SELECT max(application) FROM production_row)"),
    plant(7, &["application"], "UPDATE application SET place = 'destroyed' WHERE id = (SELECT max(application) FROM account)"),
    plant(8, &["file"], "UPDATE file SET sequence = sequence + 1 WHERE id = (SELECT max(id) FROM file WHERE sequence IS NOT NULL)"),
    plant(8, &["file"], "DELETE FROM file WHERE id = (SELECT min(f.id) FROM file f WHERE f.sequence = 1 AND EXISTS (SELECT 1 FROM file g WHERE g.partner = f.partner AND g.kind = f.kind AND g.direction = f.direction AND g.sequence = 2))"),
    plant(8, &["file"], "UPDATE file SET sha256 = 'none' WHERE id = (SELECT min(id) FROM file)"),
    plant(8, &["file"], "UPDATE file SET state = 'placed', batch = NULL, due_on = '2026-01-01' WHERE id = (SELECT min(id) FROM file WHERE direction = 'out')"),
    plant(8, &["file"], "UPDATE file SET sha256 = (SELECT f.sha256 FROM file f WHERE f.id = (SELECT min(id) FROM file WHERE direction = 'in' AND state = 'applied'))
        WHERE direction = 'in' AND state = 'applied' AND partner = (SELECT f.partner FROM file f WHERE f.id = (SELECT min(id) FROM file WHERE direction = 'in' AND state = 'applied'))"),
    plant(9, &["answer"], "INSERT INTO answer (file, row, application, outcome, reason) SELECT c.answer, 999999, c.application, 'final', 'x' FROM account c
        WHERE c.answer > 0 AND NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = c.application) ORDER BY c.application LIMIT 1"),
    plant(9, &["answer"], "INSERT INTO answer (file, row, application, outcome, reason) SELECT n.file, 999999, n.application, 'final', 'x' FROM answer n
        WHERE n.outcome = 'fixable' AND NOT EXISTS (SELECT 1 FROM desk_case k WHERE k.application = n.application) ORDER BY n.application LIMIT 1"),
    plant(10, &["application"], "UPDATE application SET due_on = '2026-01-01' WHERE place IN ('to_recycle', 'awaiting_return', 'with_unit')"),
    plant(10, &["application"], "UPDATE application SET owner = 'nobody' WHERE place IN ('to_recycle', 'awaiting_return', 'with_unit')"),
    plant(10, &["application"], "UPDATE application SET state = 'returned', due_on = '2026-01-01' WHERE id = (SELECT min(id) FROM application WHERE place = 'in_hand')"),
    plant(10, &["batch"], "UPDATE batch SET due_on = '2026-01-01' WHERE state <> 'answered'"),
    plant(10, &["batch"], "UPDATE batch SET to_produce = 1, due_on = '2026-01-01' WHERE id = (SELECT min(id) FROM batch)"),
    plant(10, &["shipment"], "UPDATE shipment SET due_on = '2026-01-01' WHERE NOT done"),
    plant(10, &["desk_case"], "UPDATE desk_case SET state = 'open', due_on = '2026-01-01'"),
    plant(10, &["message"], "UPDATE message SET outcome = 'waiting', due_on = '2026-01-01' WHERE id = (SELECT max(id) FROM message)"),
    plant(11, &["move"], "UPDATE move SET to_state = 'destroyed' WHERE seq = (SELECT min(seq) FROM move WHERE life = 'card' AND scope = 'chunk')"),
    plant(11, &["move"], "UPDATE move SET count = count + 1 WHERE seq = (SELECT min(seq) FROM move)"),
    plant(11, &["seal"], "UPDATE seal SET digest = 'none' WHERE no = (SELECT max(no) FROM seal)"),
    plant(12, &["application"], "UPDATE application SET reason = '13800000000' WHERE id = (SELECT max(id) FROM application)"),
    plant(12, &["move"], "UPDATE move SET actor = '王伟' WHERE seq = (SELECT max(seq) FROM move)"),
    plant(12, &["move"], "UPDATE move SET reason = 'of 110101198503072238' WHERE seq = (SELECT max(seq) FROM move)"),
    plant(12, &["file"], "UPDATE file SET name = 'KH-6222000000000000.dat' WHERE id = (SELECT max(id) FROM file)"),
    plant(12, &["message"], "UPDATE message SET reason = '王伟' WHERE id = (SELECT max(id) FROM message)"),
    plant(12, &["desk_case"], "UPDATE desk_case SET reason = '13800000000'"),
    plant(12, &["spoilage"], "UPDATE spoilage SET reason = '王伟'"),
    plant(12, &["answer"], "UPDATE answer SET reason = '王伟'"),
];

async fn every_law_can_fail(database: Database) {
    let engine = database.engine;
    let (cards, days, until) = PLAY;
    let mut play = Play::new(database, 5, cards, days).await;
    for n in 0..until {
        play.day(n).await;
    }
    let ledger = &play.worker.ledger;
    assert_eq!(broken(&play.books(until - 1, true).await), Vec::<String>::new());
    let mut unseen = Vec::new();
    for plant in PLANTS {
        if let Some(wrong) = breaks(ledger, plant, until).await {
            unseen.push(format!("law {}: {wrong}: {}", plant.law, plant.sql));
        }
    }
    // What the database itself refuses on SQLite: two cards under one identifier.
    if engine == Engine::Postgres {
        execute(ledger, "ALTER TABLE made DROP CONSTRAINT made_identifier_key").await;
        let sql = "UPDATE made SET identifier = (SELECT min(identifier) FROM made)";
        unseen.extend(breaks(ledger, &plant(4, &["made"], sql), until).await.map(str::to_owned));
    }
    execute(ledger, "CREATE TABLE vault (password TEXT)").await;
    assert!(!holds(ledger, 12, until).await, "a column for a password");
    execute(ledger, "DROP TABLE vault").await;
    assert!(unseen.is_empty(), "{unseen:#?}");
    assert_eq!(broken(&play.books(until - 1, true).await), Vec::<String>::new(), "something was not put back");
    // Laws 13 and 14 are about people, of whom a play has none: `scope.rs` and `four_eyes.rs` plant theirs.
    assert!((1..=12).all(|law| PLANTS.iter().any(|plant| plant.law == law)));
    play.end().await;
}

async fn holds(ledger: &Ledger, law: i64, until: u32) -> bool {
    ledger.books(instant(day(until - 1), 18, 0), true, Some(law)).await.unwrap().hold()
}

/// Plants, looks, and puts everything back; what went wrong, if anything.
pub(super) async fn breaks(ledger: &Ledger, plant: &Plant, until: u32) -> Option<&'static str> {
    for table in plant.tables {
        execute(ledger, &format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
    }
    if let Some((index, _)) = plant.index {
        execute(ledger, &format!("DROP INDEX {index}")).await;
    }
    let changed = execute(ledger, plant.sql).await;
    let held = holds(ledger, plant.law, until).await;
    for table in plant.tables {
        execute(ledger, &format!("DELETE FROM {table}")).await;
        execute(ledger, &format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
        assert_eq!(
            number(ledger, &format!("SELECT (SELECT count(*) FROM {table}) - (SELECT count(*) FROM kept_{table})"))
                .await,
            0
        );
        execute(ledger, &format!("DROP TABLE kept_{table}")).await;
    }
    if let Some((_, made_again)) = plant.index {
        execute(ledger, made_again).await;
    }
    match (changed, held) {
        (0, _) => Some("nothing was changed"),
        (_, true) => Some("it still holds"),
        (_, false) => None,
    }
}
