//! Photos in the ledger: which are due, what became of each, and the cards that one holds or frees.
//!
//! A photo is what an application declares of it (`application.photo`); `rendition` has one row for each
//! that was looked at. Cards whose photo has a fault are `held` with a reason that begins with its code.

use cardline_core::domain::policy::ByRegion;
use cardline_core::state_machines::CARD;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::cases::desk::{hold_cards, overtake_cases};
use crate::custody::account_waiting::wait_for_account;
use crate::store::leases::spend;
use crate::store::scope::in_scope;
use crate::store::transition::{Along, Subject, by_day, move_each};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::time::local_date;
use crate::{args, bulk_row, row, transition};

row! {
    /// A photo to be looked at, how often it was asked for in vain, and an encrypted application that names it.
    pub struct DuePhoto {
        token: String,
        tries: i64,
        message_id: Option<i64>,
        message: Option<Vec<u8>>,
    }
}

row! {
    /// Renditions that are there already, and a declaration they were made for.
    #[derive(Clone)]
    pub struct KnownRendition {
        digest: String,
        token: String,
        print: String,
        chip: String,
    }
}

/// A photo that was looked at.
pub struct LookedPhoto {
    pub token: String,
    /// SHA-256 of the upload, as declared.
    pub digest: Option<String>,
    /// How often it had been asked for in vain before.
    pub tries: i64,
    pub look: PhotoLook,
}

/// What became of a photo.
pub enum PhotoLook {
    /// The digests of its renditions.
    Usable { print: String, chip: String },
    /// It is not there, and is asked for again.
    AskAgain { fault: String, at: Timestamp },
    /// It cannot be used; a person decides about its cards.
    Faulty { fault: String },
}

row! {
    /// A card that waits for its photo, or is on hold for it.
    #[derive(serde::Serialize)]
    pub struct WaitingPhoto {
        application_id: String,
        region: String,
        place: String,
        fault: String,
        /// The encrypted application, which names the key in the object store.
        #[serde(skip)]
        message: Vec<u8>,
        #[serde(skip)]
        message_id: i64,
        /// When it is asked for again, microseconds since 1970 UTC.
        #[serde(skip)]
        again_at: Option<i64>,
        due_on: String,
        owner: String,
    }
}

bulk_row! {
    /// A photo, or a digest, and what became of it.
    #[derive(Default)]
    struct Looked in "looked" {
        source: Option<String>,
        digest: Option<String>,
        print: Option<String>,
        chip: Option<String>,
        fault: Option<String>,
        tries: i64,
        again_at: Option<i64>,
    }
}

impl Ledger {
    /// Photos to look at now, each once: those of waiting cards that were never looked at or had a
    /// fault when another card was on hold for them, and those whose time to be asked for again has come.
    pub async fn due_photos(&self, now: Timestamp, most: i64) -> Result<Vec<DuePhoto>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(
            "SELECT d.token, d.tries, m.id AS message_id, m.sealed AS message FROM (
                SELECT token, max(tries) AS tries, min(message) AS message FROM (
                    SELECT a.photo AS token, COALESCE(r.tries, 0) AS tries, a.message FROM account_waiting w JOIN application a ON a.id = w.application
                    LEFT JOIN rendition r ON r.source = a.photo
                    WHERE (r.source IS NULL OR (r.print IS NULL AND (r.again_at IS NULL OR r.again_at <= $1)))
                    UNION ALL SELECT r.source, r.tries, a.message FROM rendition r LEFT JOIN application a ON a.photo = r.source AND a.place = 'held'
                    WHERE r.again_at <= $1
                ) due GROUP BY token ORDER BY message LIMIT $2
             ) d LEFT JOIN message m ON m.id = d.message ORDER BY d.message",
            args![now, most],
        )
        .await
    }

    /// Renditions of uploads with one of these digests.
    pub async fn known_renditions(&self, digests: Vec<String>) -> Result<Vec<KnownRendition>, LedgerError> {
        let mut tx = self.read().await?;
        tx.stage(digests.into_iter().map(|digest| Looked { digest: Some(digest), ..Looked::default() }).collect())
            .await?;
        tx.rows(
            "SELECT r.digest, min(r.source) AS token, min(r.print) AS print, min(r.chip) AS chip FROM looked s
             JOIN rendition r ON r.digest = s.digest AND r.print IS NOT NULL GROUP BY r.digest",
            args![],
        )
        .await
    }

    /// Keeps what became of photos; holds the cards of those that cannot be used, each with a case that is
    /// due by the day of its region, and lets go on those that were on hold for a photo that is good now.
    pub async fn settle_photos(
        &self,
        lease: &Lease,
        looked: Vec<LookedPhoto>,
        case_on: &ByRegion<Date>,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.stage(looked.into_iter().map(staged).collect()).await?;
        tx.run(
            "INSERT INTO rendition (source, digest, print, chip, fault, tries, again_at)
             SELECT source, digest, print, chip, fault, tries, again_at FROM looked WHERE true
             ON CONFLICT (source) DO UPDATE SET print = excluded.print, chip = excluded.chip, fault = excluded.fault,
                tries = excluded.tries, again_at = excluded.again_at",
            args![],
        )
        .await?;
        let faulty = tx
            .rows::<(i64, String, String)>(
                "SELECT a.id, a.region, s.fault FROM looked s JOIN application a ON a.photo = s.source
                 JOIN account_waiting w ON w.application = a.id
                 WHERE s.fault IS NOT NULL AND s.again_at IS NULL ORDER BY a.id",
                args![],
            )
            .await?;
        for (id, region, fault) in faulty {
            hold_cards(&mut tx, &[(id, fault)], "waiting_account", *case_on.of(&region), why).await?;
            // The promise clock stands still while the holder must correct something (s3).
            tx.run("UPDATE application SET returned_on = $2 WHERE id = $1", args![id, local_date(why.at)]).await?;
        }
        free_cards(&mut tx, case_on, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// Print and chip rendition of every usable photo in a list.
    pub async fn renditions(&self, tokens: &[String]) -> Result<Vec<(String, String, String)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.stage(tokens.iter().map(|token| Looked { source: Some(token.clone()), ..Looked::default() }).collect())
            .await?;
        tx.rows::<(String, String, String)>(
            "SELECT DISTINCT r.source, r.print, r.chip FROM looked s JOIN rendition r ON r.source = s.source
             WHERE r.print IS NOT NULL AND r.chip IS NOT NULL ORDER BY r.source",
            args![],
        )
        .await
    }

    /// Cards within the viewer's scope that wait for their photo or are on hold for it, of one application or
    /// of all.
    pub async fn waiting_photos(&self, application_id: Option<&str>) -> Result<Vec<WaitingPhoto>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
                concat!(
                    "SELECT a.application_id, a.region, COALESCE(a.place, 'waiting_account') AS place, r.fault, m.id AS message_id, m.sealed AS message, r.again_at,
                        a.due_on, a.owner
                     FROM application a JOIN rendition r ON r.source = a.photo AND r.fault IS NOT NULL
                     JOIN message m ON m.id = a.message
                     LEFT JOIN account_waiting w ON w.application = a.id
                     WHERE (w.application IS NOT NULL OR (a.place = 'held' AND a.reason LIKE 'PHOTO-%'))
                        AND (a.application_id = $1 OR $1 IS NULL) AND ",
                    in_scope!("a.bank", "a.region"),
                    " ORDER BY a.application_id"
                ),
                args![application_id.map(str::to_owned)],
            )
            .await
    }

    /// Photos with a fault are asked for again at once, and as often as a new one: those of one
    /// application, or of all. Returns how many photos.
    pub async fn ask_photos_again(&self, application_id: Option<&str>, now: Timestamp) -> Result<u64, LedgerError> {
        let mut tx = self.begin().await?;
        tx.look().await?;
        let asked = tx
            .run(
                concat!(
                    "UPDATE rendition SET again_at = $1, tries = 0 WHERE fault IS NOT NULL AND source IN (SELECT a.photo FROM application a
                     LEFT JOIN account_waiting w ON w.application = a.id WHERE (w.application IS NOT NULL OR a.place = 'held') AND (a.application_id = $2 OR $2 IS NULL) AND ",
                    in_scope!("a.bank", "a.region"),
                    ")"
                ),
                args![now, application_id.map(str::to_owned)],
            )
            .await?;
        tx.commit().await?;
        Ok(asked)
    }
}

fn staged(looked: LookedPhoto) -> Looked {
    let LookedPhoto { token, digest, tries, look } = looked;
    let named = Looked { source: Some(token), digest, ..Looked::default() };
    match look {
        PhotoLook::Usable { print, chip } => Looked { print: Some(print), chip: Some(chip), ..named },
        PhotoLook::AskAgain { fault, at } => {
            Looked { fault: Some(fault), tries: tries + 1, again_at: Some(at.as_microsecond()), ..named }
        }
        PhotoLook::Faulty { fault } => Looked { fault: Some(fault), ..named },
    }
}

/// Cards on hold for a photo that is good now go back to the queue; their cases are settled by it.
async fn free_cards(tx: &mut Tx, case_on: &ByRegion<Date>, why: Stamp<'_>) -> Result<(), LedgerError> {
    let mut on_hold = tx
        .rows::<(i64, String)>(
            "SELECT a.id, a.region FROM application a JOIN looked s ON s.source = a.photo AND s.print IS NOT NULL
             WHERE a.place = 'held' AND a.reason LIKE 'PHOTO-%' ORDER BY a.id",
            args![],
        )
        .await?;
    if on_hold.is_empty() {
        return Ok(());
    }
    let why = Stamp { reason: "its photo is there now", ..why };
    tx.stage(on_hold.iter().map(|(id, _)| Subject::of(*id)).collect()).await?;
    let transition = transition!(CARD, "held" => "waiting_account");
    move_each(tx, &[transition], Along { owner: Some("bureau operator"), ..Along::default() }, why).await?;
    let freed = tx.rows::<(i64,)>("SELECT id FROM subject ORDER BY id", args![]).await?;
    // The upload was at fault, not the holder: the promise clock did not stand still.
    on_hold.retain(|(id, _)| freed.binary_search(&(*id,)).is_ok());
    for (day, ids) in by_day(on_hold, |region| *case_on.of(region)) {
        tx.stage(ids.into_iter().map(Subject::of).collect()).await?;
        tx.run(
            "UPDATE application SET reason = NULL, returned_on = NULL,
                due_on = CASE WHEN promise_on > $1 THEN promise_on ELSE $1 END WHERE id IN (SELECT id FROM subject)",
            args![day],
        )
        .await?;
        wait_for_account(tx).await?;
    }
    overtake_photo_cases(tx, &freed, why).await
}

/// Cases about the photos of these cards are settled by later facts.
pub(crate) async fn overtake_photo_cases(tx: &mut Tx, cards: &[(i64,)], why: Stamp<'_>) -> Result<(), LedgerError> {
    let mut cases = Vec::new();
    for (card,) in cards {
        let sql = "SELECT id FROM desk_case
                   WHERE application = $1 AND state IN ('open', 'escalated') AND reason LIKE 'PHOTO-%' ORDER BY id";
        cases.extend(tx.rows::<(i64,)>(sql, args![*card]).await?);
    }
    overtake_cases(tx, &cases, why).await
}
