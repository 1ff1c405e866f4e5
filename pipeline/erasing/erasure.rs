//! The erasure of one person: one transaction, and then what it has still to remove.

use jiff::Timestamp;

use super::destroy::destroy;
use super::person::Person;
use crate::crypto::keys::{DESTROYED, Keys, RecordOf};
use crate::hex::hex;
use crate::people::approvals::use_approval;
use crate::step::{StageError, Worker};
use crate::store::row_macs::{catalog, counts};
use crate::store::transition::write_move;
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, transition};
use cardline_core::state_machines::ERASURE;

/// What is written about an erasure.
pub struct NewErasure<'a> {
    pub application_id: &'a str,
    pub ground: &'a str,
    /// Encrypted.
    pub reason: Vec<u8>,
    pub approval: Option<i64>,
    /// Messages found by opening what no application names.
    pub unnamed: Vec<i64>,
}

/// How an erasure ended.
pub enum Erased {
    Done {
        id: i64,
    },
    /// What stands against it now.
    Against(Person),
    Unknown,
}

bulk_row! {
    struct Doomed in "new_doomed" { no: i64, file: Option<i64>, object: Option<Vec<u8>> }
}

/// Messages opened at a time in search of a person.
const SEARCHED_PER_PAGE: i64 = 1_000;

impl Ledger {
    /// What there is of the person of an application within the viewer's scope.
    pub async fn person(&self, application_id: &str, keys: &Keys) -> Result<Option<Person>, LedgerError> {
        self.read().await?.person(application_id, keys).await
    }

    /// When a person's application was erased, and on which ground.
    pub async fn erased(&self, application_id: &str) -> Result<Option<(i64, String)>, LedgerError> {
        let sql = "SELECT e.at, e.ground FROM application a JOIN erased_card c ON c.application = a.id
                   JOIN erasure e ON e.id = c.erasure WHERE a.application_id = $1";
        self.read().await?.row(sql, args![application_id]).await
    }

    /// Messages of nobody known that are about the person, with those that still wait in the quarantine.
    pub async fn unnamed_messages(&self, person: &Person, keys: &Keys) -> Result<Vec<(i64, bool)>, LedgerError> {
        let (mut after, mut found) = (0, Vec::new());
        loop {
            let page = self.read().await?.rows::<(i64, Vec<u8>, i64)>(UNNAMED, args![after, SEARCHED_PER_PAGE]).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.0;
            for (id, sealed, act) in &page {
                let plain = keys.decrypt_of(RecordOf::Message(*id), sealed).unwrap_or_default();
                if person.is_holder(&plain) {
                    found.push((*id, *act == 0));
                }
            }
        }
    }

    /// Destroys the records of a person and what was derived of them.
    pub async fn erase_person(&self, new: NewErasure<'_>, keys: &Keys, why: Stamp<'_>) -> Result<Erased, LedgerError> {
        let mut tx = self.begin().await?;
        let Some(person) = tx.person(new.application_id, keys).await? else { return Ok(Erased::Unknown) };
        if person.beyond || !person.against.is_empty() {
            return Ok(Erased::Against(person));
        }
        if let Some(approval) = new.approval {
            use_approval(&mut tx, approval, new.application_id, why).await?;
        }
        let mut messages = person.messages.clone();
        messages.extend(&new.unnamed);
        messages.sort_unstable();
        messages.dedup();
        let heaps = tx.heaps().await?;
        let (cards, records, user) =
            (person.applications.len() as i64, messages.len() as i64 + person.accounts, tx.user());
        let id = tx
            .run_returning::<(i64,)>(
                "INSERT INTO erasure (at, actor, ground, reason, cards, records, heaps, approval, by_user)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
                args![why.at, why.actor, new.ground, new.reason, cards, records, heaps, new.approval, user],
            )
            .await?;
        let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("erasure id".into()))?;
        tx.cover_one(&catalog::ERASURE, id).await?;
        tx.count_one(&counts::ERASURES).await?;
        write_move(&mut tx, id, transition!(ERASURE, "" => "erased"), Stamp { reason: new.ground, ..why }).await?;
        tx.doom(id, &person, keys).await?;
        tx.overwrite(id, messages, why.at).await?;
        tx.commit().await?;
        Ok(Erased::Done { id })
    }

    /// What erasures have still to remove.
    pub async fn doomed(&self) -> Result<Vec<i64>, LedgerError> {
        let found =
            self.read().await?.rows::<(i64,)>("SELECT DISTINCT erasure FROM doomed ORDER BY erasure", args![]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    async fn doomed_of(&self, erasure: i64) -> Result<Vec<(i64, Option<i64>, Option<Vec<u8>>)>, LedgerError> {
        let sql = "SELECT no, file, object FROM doomed WHERE erasure = $1 ORDER BY no";
        self.read().await?.rows(sql, args![erasure]).await
    }

    async fn was_removed(
        &self,
        (erasure, no): (i64, i64),
        file: Option<i64>,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        if let Some(file) = file {
            tx.mark_purged(file, at).await?;
        }
        tx.run("DELETE FROM doomed WHERE erasure = $1 AND no = $2", args![erasure, no]).await?;
        tx.commit().await
    }
}

/// Removes what an erasure has still to remove, one thing at a time. What fails is tried again; the rest goes on.
pub async fn finish(worker: &Worker, erasure: i64, at: Timestamp) -> Result<(), StageError> {
    let mut failed = None;
    for (no, file, object) in worker.ledger.doomed_of(erasure).await? {
        match remove(worker, file, object).await {
            Ok(()) => worker.ledger.was_removed((erasure, no), file, at).await?,
            Err(error) if error.is_outage() => return Err(error),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn remove(worker: &Worker, file: Option<i64>, object: Option<Vec<u8>>) -> Result<(), StageError> {
    if let Some(file) = file {
        return match worker.ledger.file_record(file).await? {
            Some(known) if known.purged_at.is_none() => destroy(worker, &known).await,
            _ => Ok(()),
        };
    }
    let Some(object) = object else { return Ok(worker.ledger.forget_overwritten().await?) };
    let key = worker.keys.decrypt(&object)?;
    Ok(worker.objects.remove_key(&String::from_utf8_lossy(&key)).await?)
}

impl Tx {
    /// Lists the files and objects that must go.
    async fn doom(&mut self, erasure: i64, person: &Person, keys: &Keys) -> Result<(), LedgerError> {
        let mut doomed: Vec<Doomed> = Vec::new();
        for file in &person.files {
            doomed.push(Doomed { no: doomed.len() as i64, file: Some(*file), object: None });
        }
        for object in &person.objects {
            if self.is_shared(&hex(&keys.hash("photo", object))).await? {
                continue;
            }
            let object =
                keys.encrypt(object.as_bytes()).map_err(|_| LedgerError::Shape("the key of an object".into()))?;
            doomed.push(Doomed { no: doomed.len() as i64, file: None, object: Some(object) });
        }
        // Last, by a row that names nothing: the log with the pages as they were before.
        doomed.push(Doomed { no: doomed.len() as i64, file: None, object: None });
        self.stage(doomed).await?;
        self.run(
            "INSERT INTO doomed (erasure, no, file, object) SELECT $1, no, file, object FROM new_doomed",
            args![erasure],
        )
        .await?;
        Ok(())
    }

    /// Overwrites every record of the person and what was derived of it. The rows stay, and are covered anew.
    async fn overwrite(&mut self, erasure: i64, messages: Vec<i64>, at: Timestamp) -> Result<(), LedgerError> {
        self.destroy_records(messages, erasure, at).await?;
        self.run("UPDATE message SET digest = $1 WHERE id IN (SELECT id FROM doomed_message)", args![DESTROYED])
            .await?;
        for sql in OVERWRITE {
            self.run(sql, args![]).await?;
        }
        for (account,) in self.rows::<(i64,)>(ACCOUNTS, args![]).await? {
            let (mut number, mut pan) = ([0; 17], [0; 17]);
            rand::fill(&mut number);
            rand::fill(&mut pan);
            let sql = "UPDATE account SET sealed = $1, number_key = $2, pan_key = $3 WHERE application = $4";
            self.run(sql, args![DESTROYED, &number[..], &pan[..], account]).await?;
        }
        self.run("UPDATE application SET person = $1 WHERE id IN (SELECT id FROM own_application)", args![DESTROYED])
            .await?;
        let cards = self
            .run("INSERT INTO erased_card (application, erasure) SELECT id, $1 FROM own_application", args![erasure])
            .await?;
        self.count_to(&counts::ERASED_CARDS, cards as i64, "").await?;
        self.cover(&catalog::MESSAGE, "id IN (SELECT id FROM doomed_message)", args![]).await?;
        self.cover(&catalog::APPLICATION, "id IN (SELECT id FROM own_application)", args![]).await?;
        for covered in [
            &catalog::ACCOUNT,
            &catalog::PRODUCTION_ROW,
            &catalog::FORMER_ROW,
            &catalog::MAILING,
            &catalog::ERASED_CARD,
        ] {
            self.cover(covered, "application IN (SELECT id FROM own_application)", args![]).await?;
        }
        Ok(())
    }
}

const UNNAMED: &str = "SELECT m.id, m.sealed, m.act FROM message m WHERE m.id > $1
    AND (m.outcome IN ('quarantined', 'conflicting') OR m.application_id IS NULL)
    AND NOT EXISTS (SELECT 1 FROM destroyed_record d WHERE d.message = m.id) ORDER BY m.id LIMIT $2";

const ACCOUNTS: &str = "SELECT application FROM account WHERE application IN (SELECT id FROM own_application)";

/// What names a person or a card, in the order in which one statement needs what the next destroys.
const OVERWRITE: &[&str] = &[
    "DELETE FROM notice WHERE application IN (SELECT id FROM own_application)",
    "DELETE FROM sent_before WHERE key IN (SELECT a.application_id FROM application a JOIN own_application o ON o.id = a.id
        UNION SELECT p.card_number FROM production_row p JOIN own_application o ON o.id = p.application)",
    "DELETE FROM rendition WHERE source IN (SELECT a.photo FROM application a JOIN own_application o ON o.id = a.id)
        AND digest IS NOT NULL AND source NOT IN (SELECT y.photo FROM application y WHERE y.photo IS NOT NULL AND y.id NOT IN (SELECT id FROM own_application))",
    "DELETE FROM person_alias WHERE person IN (SELECT a.person FROM application a JOIN own_application o ON o.id = a.id)
        OR key IN (SELECT a.person FROM application a JOIN own_application o ON o.id = a.id)",
    "UPDATE mailing SET tracking = 'erased-' || id WHERE application IN (SELECT id FROM own_application)",
    "UPDATE production_row SET card_number = 'erased-' || application WHERE application IN (SELECT id FROM own_application)",
    "UPDATE former_row SET card_number = NULL WHERE application IN (SELECT id FROM own_application)",
    "UPDATE made SET identifier = 'erased-' || application WHERE application IN (SELECT id FROM own_application)",
    "UPDATE message SET event_id = 'erased-' || id WHERE event_id LIKE 'stock/%' AND id IN (SELECT id FROM doomed_message)",
    "UPDATE application SET application_id = 'erased-' || id WHERE old_number IS NOT NULL AND id IN (SELECT id FROM own_application)",
    "UPDATE application SET photo = NULL, old_number = NULL, reason = NULL WHERE id IN (SELECT id FROM own_application)",
];
