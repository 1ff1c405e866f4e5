//! Law 15, written row: a row that says who somebody is, what was decided or what was sent stands as it was written.

use crate::args;
use crate::books::law::Scene::{Middle, Scopes, TwoPersons};
use crate::books::law::{Found, Law, Look, planted};
use crate::store::LedgerError;
use crate::store::row_macs::older::begun_mac;
use crate::store::row_macs::there_again::THERE_AGAIN;

pub const LAW: Law = Law {
    number: 15,
    name: "written row",
    sentence: "rows of people, decisions, acts, batches, files, accounts and applications stand as they were written",
    cases: "SELECT CAST(0 AS BIGINT)",
    offending: &[],
    is_beside: true,
    computed: Some(|look| Box::pin(changed_rows(look))),
    planted: &[
        planted(
            Middle,
            &["application"],
            "UPDATE application SET region = region || '0' WHERE id = (SELECT max(id) FROM application)",
        ),
        planted(Middle, &["file"], "UPDATE file SET mac = NULL WHERE id = (SELECT max(id) FROM file)"),
        planted(Middle, &["batch"], "UPDATE batch SET bank = 'BANK0' WHERE id = (SELECT max(id) FROM batch)"),
        planted(TwoPersons, &["act"], "UPDATE act SET count = count + 1 WHERE id = (SELECT max(id) FROM act)"),
        planted(Scopes, &["users"], "UPDATE users SET area = '' WHERE area <> ''"),
        planted(Middle, &["seal"], "DELETE FROM seal WHERE no = (SELECT max(no) FROM seal)"),
        planted(TwoPersons, &["act", "act_member"], "DELETE FROM act WHERE id = (SELECT max(id) FROM act)"),
    ],
};

/// Compares every covered row with what the key says about it.
async fn changed_rows(look: &mut Look) -> Result<Found, LedgerError> {
    let mut found = Found { cases: 0, offending: Vec::new() };
    let Some(key) = look.tx.row_key() else {
        if look.tx.number("SELECT count(*) FROM key_check", args![]).await? > 0 {
            found.offending.push("the keys of this ledger are not at hand, so no row can be compared".into());
        }
        return Ok(found);
    };
    let begun = look.tx.rows::<(i64, i64, i64)>("SELECT at, rows, mac FROM rows_covered", args![]).await?;
    if !matches!(begun[..], [(at, rows, mac)] if mac == begun_mac(&key, at, rows)) {
        found.offending.push("rows_covered: is not as it was written".into());
    }
    found.offending.extend(look.tx.all_miscounted(&key).await?);
    found.offending.extend(look.tx.rows::<(String,)>(THERE_AGAIN, args![]).await?.into_iter().map(|(again,)| again));
    let stored = look.stored().await?;
    found.cases = stored.compared;
    found.offending.extend(stored.changed.iter().cloned());
    Ok(found)
}
