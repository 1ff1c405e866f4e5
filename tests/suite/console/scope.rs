//! What lies outside a viewer's scope is answered like what is absent, byte for byte but for what was asked.

use cardline_core::domain::staff::Role;

use super::client::{Reply, Site, session_of};
use crate::conformance::arrivals::texts;
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(what_lies_outside_is_absent);

const DAYS: u32 = 20;

/// Everything of an answer but what follows from the path itself.
fn alike(reply: &Reply, asked: &str) -> (u16, Vec<(String, String)>, String) {
    let headers = reply.headers.iter().filter(|(name, _)| !["date", "content-length"].contains(&name.as_str()));
    (reply.status, headers.cloned().collect(), reply.body.replace(asked, "ASKED"))
}

async fn what_lies_outside_is_absent(database: Database) {
    let play = Play::played(database, 3, 120, DAYS).await;
    let database = play.into_database().await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let seen = ledger.seen_by(boss);
    let abc = add(&seen, "abc-1", Role::BankIt, "ABC", "").await;
    let area = add(&seen, "area-1", Role::Administrator, "", "1101").await;
    let (abc, area) = (session_of(&ledger, &abc).await, session_of(&ledger, &area).await);
    let site = Site::open(&database).await;

    let foreign_file = texts(&ledger, "SELECT CAST(min(id) AS TEXT) FROM file WHERE partner NOT IN ('ABC') AND partner IN (SELECT DISTINCT bank FROM application)").await.remove(0);
    let foreign_card =
        texts(&ledger, "SELECT min(application_id) FROM application WHERE bank <> 'ABC'").await.remove(0);
    let outside_card =
        texts(&ledger, "SELECT min(application_id) FROM application WHERE region NOT LIKE '1101%'").await.remove(0);
    let outside_batch =
        texts(&ledger, "SELECT min(number) FROM batch WHERE kind = 'account' AND region NOT LIKE '1101%'")
            .await
            .remove(0);
    let outside_case = texts(&ledger, "SELECT CAST(c.id AS TEXT) FROM desk_case c JOIN application a ON a.id = c.application WHERE a.region NOT LIKE '1101%' LIMIT 1").await;
    let outside_point =
        texts(&ledger, "SELECT point FROM shipment WHERE point LIKE '5%' AND length(point) = 12 LIMIT 1").await;
    let mut pairs = vec![
        (&abc, "/banks/CCB".to_owned(), "/banks/NONE".to_owned()),
        (&abc, "/bureaus/BUREAU".into(), "/bureaus/NONE".into()),
        (&abc, format!("/files/{foreign_file}"), "/files/99999999".into()),
        (&abc, format!("/cards/{foreign_card}"), "/cards/110101-20260105-999999999".into()),
        (&area, format!("/cards/{outside_card}"), "/cards/110101-20260105-999999999".into()),
        (&area, format!("/ops/batches/{outside_batch}"), "/ops/batches/A20260105-9999".into()),
        (&area, "/banks/ABC".into(), "/banks/NONE".into()),
        (&area, format!("/files/{foreign_file}"), "/files/99999999".into()),
        (&area, "/admin?area=33".into(), "/admin?area=99".into()),
    ];
    pairs.extend(outside_case.into_iter().map(|id| (&area, format!("/cases/{id}"), "/cases/99999999".into())));
    pairs.extend(
        outside_point
            .into_iter()
            .map(|code| (&area, format!("/admin/points/{code}"), "/admin/points/999999999999".into())),
    );
    for (cookie, outside, absent) in pairs {
        let (one, other) = (site.get(&outside, cookie).await, site.get(&absent, cookie).await);
        assert_eq!(one.status, 404, "{outside}");
        let path = |path: &str| path.split('?').next().unwrap().to_owned();
        let mut one = alike(&one, &path(&outside));
        let mut other = alike(&other, &path(&absent));
        // The filter stands in the link to the other language.
        for (body, asked) in [(&mut one.2, &outside), (&mut other.2, &absent)] {
            if let Some((_, query)) = asked.split_once('?') {
                *body = body.replace(query, "QUERY");
            }
        }
        assert_eq!(one, other, "{outside}");
    }
    // What is theirs is there.
    for (cookie, path) in
        [(&abc, "/banks/ABC"), (&abc, "/cases"), (&area, "/admin"), (&area, "/ops"), (&area, "/ops/plan")]
    {
        let reply = site.get(path, cookie).await;
        assert_eq!(reply.status, 200, "{path}");
    }
    ledger.close().await;
    site.close().await;
}
