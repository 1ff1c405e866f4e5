//! What a bank's answer may not do: give one account to two cards.

use std::sync::atomic::{AtomicBool, Ordering};

use cardline::crypto::objects::sha256;
use cardline::exchange::files::ReceivedFile;
use cardline::exchange::inbox;
use cardline::route::accounts::Answers;
use cardline::route::accounts::answer_rows::{AnswerCounts, AnswerDates, AnsweredRow, MatchedAnswer, OpenedAccount};
use cardline::route::accounts::asked::AskedCard;
use cardline::store::Stamp;
use cardline::time::instant;
use cardline_core::domain::outcomes::AnswerOutcome;
use cardline_core::file_formats::FileKind;
use cardline_world::play::day;
use sha2::{Digest, Sha256};

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::drain;

on_both_engines!(
    accounts_that_come_twice_open_nothing,
    a_card_that_went_elsewhere_gets_no_account,
    two_workers_leave_no_file_of_a_bank,
);

/// How often two workers meet at one bank's files, and how many lie there.
const ROUNDS: u32 = 6;
const UNREADABLE: u32 = 12;

/// An account request waits for its answer on the evening of this day.
const ASKED: u32 = 4;

async fn accounts_that_come_twice_open_nothing(database: Database) {
    let mut play = Play::new(database, 5, 400, 60).await;
    for n in 0..ASKED {
        play.day(n).await;
    }
    let (batch, asked) = largest_request(&play).await;
    assert!(asked.len() >= 6, "{}", asked.len());
    let taken = taken_number(&play).await;
    // Two share a number, two a PAN, one has a number that is somebody's already, and the others are well.
    let rows: Vec<AnsweredRow> = asked
        .iter()
        .enumerate()
        .map(|(n, card)| match n {
            0 | 1 => opened(card, key("number", 0), key("pan", n)),
            2 | 3 => opened(card, key("number", n), key("pan", 2)),
            4 if taken.is_some() => opened(card, taken.clone().unwrap(), key("pan", n)),
            _ => opened(card, key("number", n), key("pan", n)),
        })
        .collect();
    let wrong = 4 + i64::from(taken.is_some());
    let count = rows.len() as i64;
    let counts = planted(&play, ("ICBC", batch), rows).await;
    assert_eq!((counts.opened, counts.on_hold), (count - wrong, wrong));
}

/// A card that is held meanwhile gets no account, and keeps the others from none.
async fn a_card_that_went_elsewhere_gets_no_account(database: Database) {
    let mut play = Play::new(database, 5, 400, 60).await;
    for n in 0..ASKED {
        play.day(n).await;
    }
    let (batch, asked) = largest_request(&play).await;
    let held = asked[1].id;
    execute(&play.worker.ledger, &format!("UPDATE application SET place = 'held' WHERE id = {held}")).await;
    let rows: Vec<_> =
        asked.iter().enumerate().map(|(n, card)| opened(card, key("number", n), key("pan", n))).collect();
    let count = rows.len() as i64;
    let counts = planted(&play, ("ICBC", batch), rows).await;
    assert_eq!((counts.opened, counts.on_hold), (count - 1, 0));
    let accounts = format!("SELECT count(*) FROM account WHERE application = {held}");
    assert_eq!(number(&play.worker.ledger, &accounts).await, 0);
    play.end().await;
}

/// Settles an answer of these rows to a batch, as if the bank had sent it.
pub async fn planted(play: &Play, (partner, batch): (&str, i64), rows: Vec<AnsweredRow>) -> AnswerCounts {
    let count = rows.len() as i64;
    let ledger = &play.worker.ledger;
    let sequence = ledger.next_sequence(partner, "account-result", "in").await.unwrap();
    let name = format!("planted-{sequence}");
    let now = instant(day(ASKED), 8, 0);
    let lease = ledger.take_lease("test/answer", "test", now, 60).await.unwrap().unwrap();
    let file = ReceivedFile {
        partner,
        kind: "account-result",
        sequence: Some(sequence),
        name: &name,
        state: "applied",
        rows: count,
        bytes: 1,
        sha256: &sha256(name.as_bytes()),
        batch: Some(batch),
        due_on: day(ASKED),
        reason: None,
        untold: None,
    };
    let dates = AnswerDates {
        today: day(ASKED),
        correction_on: day(30),
        case_on: day(ASKED + 2),
        production_on: day(ASKED + 5),
    };
    let why = Stamp { at: now, actor: "test", reason: "planted" };
    let answer = MatchedAnswer { rows, ..MatchedAnswer::default() };
    ledger.settle_account_answer(&lease, &file, batch, answer, dates, why).await.unwrap()
}

/// A tick has nobody who comes again: who meets the other's lease may go home, but then the other must not.
async fn two_workers_leave_no_file_of_a_bank(database: Database) {
    let play = Play::new(database, 6, 10, 10).await;
    let other = play.another("worker-2", day(1)).await;
    let bank = play.worker.partners.get("ICBC").unwrap();
    let from = bank.from();
    let now = instant(day(1), 9, 0);
    for round in 0..ROUNDS {
        for n in 0..UNREADABLE {
            let name = format!("ICBC_431126_{}_000001_KHHP.txt", 20_260_101 + 100 * round + n);
            std::fs::write(from.join(&name), "unreadable").unwrap();
            std::fs::write(from.join(format!("{name}.ok")), "unreadable").unwrap();
        }
        let (runtime, ended) = (tokio::runtime::Handle::current(), AtomicBool::new(false));
        let drained = |worker| runtime.block_on(drain(&Answers::STEP, worker, now)).unwrap();
        tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                // Comes again and again, so that they meet often; its last tick began before the end.
                scope.spawn(|| {
                    while !ended.load(Ordering::SeqCst) {
                        drained(&other);
                    }
                });
                drained(&play.worker);
                ended.store(true, Ordering::SeqCst);
            });
        });
        let left = inbox::waiting(bank, FileKind::AccountResult).unwrap();
        assert!(left.is_empty(), "in round {round}: {left:?}");
    }
    other.ledger.close().await;
    play.end().await;
}

/// The unanswered account batch with the most cards, and what was asked in it.
async fn largest_request(play: &Play) -> (i64, Vec<AskedCard>) {
    let mut tx = play.worker.ledger.read().await.unwrap();
    let sql = "SELECT id FROM batch WHERE kind = 'account' AND state <> 'answered' ORDER BY cards DESC, id LIMIT 1";
    let batch = tx.number(sql, Vec::new()).await.unwrap();
    (batch, play.worker.ledger.asked_batch(batch).await.unwrap().cards)
}

/// The keyed number of an account there is, if there is one yet.
async fn taken_number(play: &Play) -> Option<Vec<u8>> {
    let mut tx = play.worker.ledger.read().await.unwrap();
    let sql = "SELECT number_key FROM account ORDER BY application LIMIT 1";
    tx.row::<(Vec<u8>,)>(sql, Vec::new()).await.unwrap().map(|(key,)| key)
}

pub fn key(purpose: &str, n: usize) -> Vec<u8> {
    Sha256::digest(format!("{purpose}/{n}")).to_vec()
}

pub fn opened(card: &AskedCard, number_key: Vec<u8>, pan_key: Vec<u8>) -> AnsweredRow {
    let account = OpenedAccount { number_key, pan_key, opened_on: day(ASKED).to_string(), encrypted: vec![0] };
    AnsweredRow {
        row: card.row,
        application: card.id,
        outcome: AnswerOutcome::Opened,
        reason: String::new(),
        account: Some(account),
    }
}
