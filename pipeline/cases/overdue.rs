//! What is overdue, and what becomes of it: a new deadline, an owner, and a case where a person must
//! look.

use cardline_core::domain::policy::ByRegion;
use cardline_core::state_machines::{APPLICATION, CASE, SOCIAL};
use jiff::civil::Date;

use super::desk::{open_case, overtake_cases};
use crate::args;
use crate::custody::shipment_regions::regions_of;
use crate::people::approvals::lapse_approvals;
use crate::store::Tx;
use crate::store::Why;
use crate::store::leases::spend;
use crate::store::transition::{Along, Subject, Transition, by_day, lost, move_each};
use crate::store::{Lease, Ledger, LedgerError};

/// The dates that follow a missed deadline, by the region of what missed it.
pub struct CareDates {
    pub today: Date,
    /// A partner is asked again by this day.
    pub chase_on: ByRegion<Date>,
    /// A person decides by this day.
    pub case_on: ByRegion<Date>,
}

/// Things of one kind and partner that let their day pass.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Overdue {
    /// A name of [`OVERDUE`].
    pub kind: &'static str,
    /// Whose they are; empty: nobody's.
    pub partner: String,
}

/// The case about messages nobody looked at; one is enough, `cardline quarantine list` shows them.
pub(crate) const QUARANTINE_LIES: &str = "messages lie in the quarantine past their day";

/// What is overdue of a kind, where `$1` is today, to be narrowed to a partner.
macro_rules! overdue {
    ("batches") => {
        "(SELECT b.id, b.partner, b.region FROM batch b WHERE b.id IN
            (SELECT id FROM batch WHERE due_on < $1 AND state <> 'answered' AND state <> 'cancelled'
             UNION SELECT id FROM batch WHERE due_on < $1 AND to_produce > 0)) o"
    };
    ("shipments") => {
        "(SELECT s.id, b.bank AS partner, s.manifest FROM shipment s JOIN batch b ON b.id = s.batch
          WHERE s.due_on < $1 AND NOT s.done AND s.place <> 'on_shelf') o"
    };
    ("applications") => {
        "(SELECT id, bank AS partner, state FROM application WHERE state IN ('returned', 'rejected') AND due_on < $1) o"
    };
    ("cards") => {
        "(SELECT id, bank AS partner, region FROM application WHERE due_on < $1 AND queue IS NOT NULL
          UNION SELECT id, bank, region FROM application WHERE due_on < $1
            AND place IN ('held', 'missing', 'with_unit', 'awaiting_return', 'recalled', 'to_recycle')) o"
    };
    ("cases") => {
        "(SELECT k.id, COALESCE(a.bank, f.partner, '') AS partner, COALESCE(a.region, b.region, '') AS region, k.state
          FROM desk_case k LEFT JOIN application a ON a.id = k.application LEFT JOIN file f ON f.id = k.file
          LEFT JOIN batch b ON b.id = f.batch WHERE k.state IN ('open', 'escalated') AND k.due_on < $1) o"
    };
    ("messages") => {
        "(SELECT id, '' AS partner FROM message WHERE due_on < $1 AND act = 0) o"
    };
    ("approvals") => {
        "(SELECT id, '' AS partner FROM approval WHERE state IN ('asked', 'given') AND due_on < $1) o"
    };
}

macro_rules! partners_of {
    ($kind:tt) => {
        ($kind, concat!("SELECT DISTINCT o.partner FROM ", overdue!($kind), " ORDER BY o.partner"))
    };
}

/// Kinds of deadlines, in their order, and whose of each are overdue.
pub(crate) const OVERDUE: &[(&str, &str)] = &[
    partners_of!("batches"),
    partners_of!("shipments"),
    partners_of!("applications"),
    partners_of!("cards"),
    partners_of!("cases"),
    partners_of!("messages"),
    partners_of!("approvals"),
];

impl Ledger {
    /// Whose deadlines of which kind have passed.
    pub async fn overdue(&self, today: Date) -> Result<Vec<Overdue>, LedgerError> {
        let mut tx = self.read().await?;
        let mut found = Vec::new();
        for (kind, partners) in OVERDUE {
            let partners = tx.rows::<(String,)>(partners, args![today]).await?;
            found.extend(partners.into_iter().map(|(partner,)| Overdue { kind, partner }));
        }
        Ok(found)
    }

    /// Gives what is overdue of a kind and partner its next deadline.
    pub async fn settle_overdue(
        &self,
        lease: &Lease,
        Overdue { kind, partner }: &Overdue,
        dates: &CareDates,
        why: Why<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        match *kind {
            "batches" => chase_batches(&mut tx, partner, dates, why).await?,
            "shipments" => chase_shipments(&mut tx, partner, dates, why).await?,
            "applications" => lapse(&mut tx, partner, dates, why).await?,
            "cards" => look_at_cards(&mut tx, partner, dates, why).await?,
            "cases" => escalate(&mut tx, partner, dates, why).await?,
            "messages" => look_at_quarantine(&mut tx, dates, why).await?,
            _ => lapse_approvals(&mut tx, dates.today, why).await?,
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// A partner that does not answer is chased, and a held batch is pointed out; it keeps one live deadline.
async fn chase_batches(tx: &mut Tx, partner: &str, dates: &CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, Option<i64>, String, String)>(
            concat!(
                "SELECT b.id, f.id, b.state, b.region FROM ",
                overdue!("batches"),
                " JOIN batch b ON b.id = o.id LEFT JOIN file f ON f.batch = b.id AND f.direction = 'out'
                 WHERE o.partner = $2 ORDER BY b.id"
            ),
            args![dates.today, partner],
        )
        .await?;
    for (batch, file, state, region) in late {
        tx.run("UPDATE batch SET due_on = $2 WHERE id = $1", args![batch, *dates.chase_on.of(&region)]).await?;
        let reason = if state == "held" {
            "a held batch waits to be released or cancelled"
        } else {
            "an answer is overdue; the partner is chased"
        };
        chase(tx, None, file, reason, *dates.case_on.of(&region), why).await?;
    }
    Ok(())
}

/// A shipment may hold cards of several regions: the first of their days is early enough for all.
async fn chase_shipments(tx: &mut Tx, partner: &str, dates: &CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, i64)>(
            concat!("SELECT o.id, o.manifest FROM ", overdue!("shipments"), " WHERE o.partner = $2 ORDER BY o.id"),
            args![dates.today, partner],
        )
        .await?;
    for (shipment, manifest) in late {
        let regions = regions_of(tx, shipment).await?;
        let (chase_on, case_on) = (dates.chase_on.least(&regions), dates.case_on.least(&regions));
        tx.run("UPDATE shipment SET due_on = $2 WHERE id = $1", args![shipment, chase_on]).await?;
        chase(tx, None, Some(manifest), "a shipment is overdue; the carrier is chased", case_on, why).await?;
    }
    Ok(())
}

/// One open case per thing is enough.
async fn chase(
    tx: &mut Tx,
    application: Option<i64>,
    file: Option<i64>,
    reason: &str,
    case_on: Date,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    let open = tx
        .number(
            "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated')
                AND (application = $1 OR (application IS NULL AND $1 IS NULL AND reason = $3)) AND (file = $2 OR $2 IS NULL)",
            args![application, file, reason],
        )
        .await?;
    if open == 0 {
        open_case(tx, application, file, reason, case_on, "bureau operator", why).await?;
    }
    Ok(())
}

/// Not corrected in time: a returned application had a card under way, a rejected one never had.
async fn lapse(tx: &mut Tx, partner: &str, dates: &CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let returned = [
        Transition { machine: &APPLICATION, from: "returned", to: "lapsed" },
        Transition { machine: &SOCIAL, from: "sealed", to: "cancelled" },
    ];
    let rejected = [Transition { machine: &APPLICATION, from: "rejected", to: "lapsed" }];
    for transitions in [&returned[..], &rejected[..]] {
        let late = tx
            .rows::<(i64,)>(
                concat!(
                    "SELECT o.id FROM ",
                    overdue!("applications"),
                    " WHERE o.partner = $2 AND o.state = $3 ORDER BY o.id"
                ),
                args![dates.today, partner, transitions[0].from],
            )
            .await?;
        let all = late.len() as i64;
        tx.stage(late.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
        let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
        let moved = move_each(tx, transitions, along, Why { reason: "not corrected in time", ..why }).await?;
        // What stays as it is would be overdue for ever.
        if moved != all {
            return Err(lost(&transitions[0], all, moved));
        }
    }
    Ok(())
}

/// A correction that came after the lapse was refused by its rule; here the applicant is told.
pub(crate) async fn answer_late(tx: &mut Tx, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64,)>(
            "SELECT DISTINCT a.id FROM arriving r JOIN application a ON a.id = r.present
             WHERE r.verdict = 'rejected' AND a.state = 'lapsed' ORDER BY a.id",
            args![],
        )
        .await?;
    tx.stage(late.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
    let reason = "a correction came after the lapse; apply anew under another application_id";
    let refused = [Transition { machine: &APPLICATION, from: "lapsed", to: "lapsed" }];
    move_each(tx, &refused, Along::default(), Why { reason, ..why }).await?;
    Ok(())
}

/// What waited in vain is a person's now; what a person left lying is somebody's case. What was not taken in
/// has no region that could be believed.
async fn look_at_quarantine(tx: &mut Tx, dates: &CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let case_on = *dates.case_on.of("");
    tx.run(
        "UPDATE message SET outcome = 'quarantined', due_on = $2,
            reason = CASE WHEN revision IS NULL THEN 'WITHDRAWAL-LAPSED' ELSE 'REVISION-GAP-LAPSED' END
         WHERE outcome = 'waiting' AND act = 0 AND due_on < $1",
        args![dates.today, case_on],
    )
    .await?;
    let late =
        tx.run("UPDATE message SET due_on = $2 WHERE due_on < $1 AND act = 0", args![dates.today, case_on]).await?;
    let told = tx
        .number(
            "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1",
            args![QUARANTINE_LIES],
        )
        .await?;
    if late > 0 && told == 0 {
        open_case(tx, None, None, QUARANTINE_LIES, case_on, "bureau operator", why).await?;
    }
    Ok(())
}

/// Nobody needs to look any more once no message lies in the quarantine for a person.
pub(crate) async fn quarantine_looked_at(tx: &mut Tx, why: Why<'_>) -> Result<(), LedgerError> {
    let open = tx
        .rows::<(i64,)>(
            "SELECT id FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1
                AND NOT EXISTS (SELECT 1 FROM message WHERE due_on IS NOT NULL AND act = 0 AND outcome <> 'waiting')
             ORDER BY id",
            args![QUARANTINE_LIES],
        )
        .await?;
    overtake_cases(tx, &open, Why { reason: "the quarantine was looked through", ..why }).await
}

async fn look_at_cards(tx: &mut Tx, partner: &str, dates: &CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, String)>(
            concat!("SELECT o.id, o.region FROM ", overdue!("cards"), " WHERE o.partner = $2 ORDER BY o.id"),
            args![dates.today, partner],
        )
        .await?;
    for (case_on, ids) in by_day(late, |region| *dates.case_on.of(region)) {
        tx.stage(ids.iter().copied().map(Subject::of).collect()).await?;
        tx.run("UPDATE application SET due_on = $1 WHERE id IN (SELECT id FROM subject)", args![case_on]).await?;
        for id in ids {
            chase(tx, Some(id), None, "a card waits longer than it may", case_on, why).await?;
        }
    }
    Ok(())
}

async fn escalate(tx: &mut Tx, partner: &str, dates: &CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, String, String)>(
            concat!("SELECT o.id, o.region, o.state FROM ", overdue!("cases"), " WHERE o.partner = $2 ORDER BY o.id"),
            args![dates.today, partner],
        )
        .await?;
    let (open, escalated): (Vec<_>, Vec<_>) = late.into_iter().partition(|(_, _, state)| state == "open");
    let of_region = |late: Vec<(i64, String, String)>| late.into_iter().map(|(id, region, _)| (id, region));
    let day = |region: &str| *dates.case_on.of(region);
    for (case_on, ids) in by_day(of_region(open), day) {
        tx.stage(ids.into_iter().map(Subject::of).collect()).await?;
        let along = Along { due_on: Some(case_on), owner: Some("administrator"), ..Along::default() };
        let reason = "not decided by its deadline";
        move_each(tx, &[Transition { machine: &CASE, from: "open", to: "escalated" }], along, Why { reason, ..why })
            .await?;
    }
    for (case_on, ids) in by_day(of_region(escalated), day) {
        tx.stage(ids.into_iter().map(Subject::of).collect()).await?;
        tx.run("UPDATE desk_case SET due_on = $1 WHERE id IN (SELECT id FROM subject)", args![case_on]).await?;
    }
    Ok(())
}
