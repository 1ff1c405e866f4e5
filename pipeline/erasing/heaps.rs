//! On PostgreSQL: whether dead rows may still hold what an erasure overwrote. They stay in their heap until it is
//! rewritten, and even then while a transaction runs that began before the erasure ended.

use crate::args;
use crate::row;
use crate::store::{Engine, Ledger, LedgerError, Tx};

/// The tables that hold records.
const HEAPS: &str =
    "SELECT CAST(relname AS TEXT) AS name, CAST(relfilenode AS TEXT) AS file, CAST(CAST(relfrozenxid AS TEXT) AS BIGINT) AS frozen
    FROM pg_class WHERE relname IN ('message', 'account', 'application', 'person_alias')
        AND relnamespace = current_schema()::regnamespace ORDER BY relname";

row! {
    /// A table as it is now. No row of it was deleted by a transaction before `frozen`.
    struct Heap { name: String, file: String, frozen: i64 }
}

impl Tx {
    /// What an erasure that this transaction makes remembers: its own number, and the file of each heap; nothing on SQLite, which overwrites.
    pub(super) async fn heaps(&mut self) -> Result<String, LedgerError> {
        if self.engine() == Engine::Sqlite {
            return Ok(String::new());
        }
        let transaction = self.number("SELECT txid_current()", args![]).await?;
        let heaps = self.rows::<Heap>(HEAPS, args![]).await?;
        let heaps: String = heaps.iter().map(|heap| format!(" {}={}", heap.name, heap.file)).collect();
        Ok(format!("transaction={transaction}{heaps}"))
    }
}

impl Ledger {
    /// Tables that may still hold what was overwritten since somebody was erased.
    pub(super) async fn heaps_not_rewritten(&self) -> Result<Option<String>, LedgerError> {
        if self.engine() == Engine::Sqlite {
            return Ok(None);
        }
        let mut tx = self.read().await?;
        let now = tx.rows::<Heap>(HEAPS, args![]).await?;
        let then = tx.rows::<(String,)>("SELECT heaps FROM erasure", args![]).await?;
        let is_left = |heap: &&Heap| then.iter().any(|(heaps,)| heap.may_hold(heaps));
        let tables: Vec<&str> = now.iter().filter(is_left).map(|heap| heap.name.as_str()).collect();
        Ok((!tables.is_empty()).then(|| tables.join(", ")))
    }
}

impl Heap {
    /// Whether dead rows of an erasure may be in it, by what the erasure remembers.
    fn may_hold(&self, heaps: &str) -> bool {
        let of = |name: &str| heaps.split(' ').filter_map(|part| part.split_once('=')).find(|part| part.0 == name);
        let is_same = of(&self.name).is_some_and(|(_, file)| file == self.file);
        let transaction = of("transaction").and_then(|(_, number)| number.parse::<i64>().ok());
        is_same || transaction.is_some_and(|erased| !follows(self.frozen, erased))
    }
}

/// Numbers of transactions that a heap keeps begin anew after four billion.
const NUMBERS: i64 = 1 << 32;

fn follows(frozen: i64, transaction: i64) -> bool {
    let ahead = (frozen - transaction).rem_euclid(NUMBERS);
    0 < ahead && ahead < NUMBERS / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_is_clean_when_it_was_rewritten_after_all_who_saw_the_rows() {
        let heap = |file: &str, frozen| Heap { name: "message".into(), file: file.into(), frozen };
        let heaps = "transaction=4294967300 account=7 message=8";
        assert!(heap("8", 5).may_hold(heaps), "the same file");
        assert!(heap("9", 4).may_hold(heaps), "rewritten while an older transaction ran");
        assert!(!heap("9", 5).may_hold(heaps), "4,294,967,300 is 4 in a heap");
        assert!(heap("9", 4_294_967_290).may_hold(heaps));
        assert!(!heap("9", 5).may_hold(""));
    }
}
