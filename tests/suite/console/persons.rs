//! Persons on the pages: looked up by number, and opened from the quarantine; with a reason, recorded, within a scope.

use cardline::args;
use cardline::crypto::keys::RecordOf;
use cardline::step::Worker;
use cardline_core::domain::staff::Role;

use super::client::{Reply, Site, session_of};
use crate::conformance::arrivals::{number, texts};
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(a_person_is_looked_up_and_a_message_opened);

/// A citizen of an application: their number and the application's id.
async fn somebody(worker: &Worker) -> (String, String) {
    let sql = "SELECT m.id, m.sealed, a.application_id FROM application a JOIN message m ON m.id = a.message
               WHERE a.region LIKE '1101%' AND a.state <> 'rejected' ORDER BY a.id";
    let rows = worker.ledger.read().await.unwrap().rows::<(i64, Vec<u8>, String)>(sql, args![]).await.unwrap();
    for (id, sealed, application) in rows {
        let plain = worker.keys.decrypt_of(RecordOf::Message(id), &sealed).unwrap();
        let message: serde_json::Value = serde_json::from_slice(&plain).unwrap();
        if message["holder"]["id_type"] == "resident_id" {
            return (message["holder"]["id_number"].as_str().unwrap().to_owned(), application);
        }
    }
    panic!("the play has no citizen there")
}

/// An answer without the token of its session.
fn blank(reply: &Reply) -> String {
    let token = reply.form_token();
    reply.body.replace(&token, "")
}

async fn a_person_is_looked_up_and_a_message_opened(database: Database) {
    let play = Play::played(database, 3, 120, 4).await;
    let (person, application) = somebody(&play.worker).await;
    let database = play.into_database().await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let seen = ledger.seen_by(boss);
    let lin = add(&seen, "lin", Role::Operator, "", "1101").await;
    let far = add(&seen, "far", Role::Operator, "", "33").await;
    let bank = add(&seen, "abc-1", Role::BankIt, "NONE", "").await;
    let auditor = add(&seen, "auditor-1", Role::Auditor, "", "33").await;
    let mut cookies = Vec::new();
    for user in [&lin, &far, &bank] {
        cookies.push(session_of(&ledger, user).await);
    }
    let [lin, far, bank] = &cookies[..] else { unreachable!() };
    let site = Site::open(&database).await;
    let look = async |cookie: &str, person: &str, reason: &str| {
        site.act("/cards", "/cards", cookie, &[("person", person), ("reason", reason)]).await
    };
    let recorded = "SELECT count(*) FROM act WHERE request = 'person'";

    // Found within the scope, with links to the way, and without the number; recorded with its message.
    let found = look(lin, &person.to_lowercase(), "asks at the window").await;
    assert!(found.status == 200 && found.body.contains(&format!("href=\"/cards/{application}\"")), "{}", found.body);
    assert!(!found.body.contains(&person));
    assert_eq!(found.header("cache-control"), "no-store");
    // Outside is as nobody, to the sign.
    // In two parts: no source holds what could be a person's number.
    let nobody = &["1101011900", "01010014"].concat();
    let absent = look(far, nobody, "asks at the window").await;
    assert!(absent.status == 200 && absent.body.contains("or they lie outside what you see"), "{}", absent.body);
    for cookie in [far, bank] {
        let outside = look(cookie, &person, "asks at the window").await;
        let absent = look(cookie, nobody, "asks at the window").await;
        assert_eq!((outside.status, blank(&outside)), (absent.status, blank(&absent)));
    }
    assert_eq!(number(&ledger, recorded).await, 6);
    assert_eq!(number(&ledger, "SELECT count(*) FROM act WHERE request = 'person' AND count = 1").await, 1);
    // Without a reason, without a valid number and without the token nothing is looked up.
    assert_eq!(look(lin, &person, " ").await.status, 422);
    let typed = look(lin, "110101190013010000", "typed <wrongly>").await;
    assert!(typed.status == 422 && typed.body.contains("typed &#60;wrongly&#62;"), "{}", typed.body);
    assert!(!typed.body.contains("110101190013010000"));
    assert_eq!(site.post("/cards", lin, &[("person", &person), ("reason", "x")]).await.status, 403);
    assert_eq!(number(&ledger, recorded).await, 6);
    // Whoever oversees another area hears of none of them; the audit tells them apart.
    assert!(ledger.seen_by(auditor).disclosures("", jiff::Timestamp::UNIX_EPOCH).await.unwrap().is_empty());
    assert_eq!(seen.disclosures("", jiff::Timestamp::UNIX_EPOCH).await.unwrap().len(), 6);

    // A message is opened with a reason, by who sees it; together with look-ups so many times a day.
    let message = texts(&ledger, "SELECT CAST(m.id AS TEXT) FROM held m JOIN application a ON a.application_id = m.application_id WHERE a.region LIKE '1101%' ORDER BY m.id LIMIT 1").await;
    let path = format!("/ops/quarantine/{}", message.first().expect("a message in the quarantine"));
    let open = async |cookie: &str, page: &str, reason: &str| {
        site.act(page, &path, cookie, &[("act", "reveal"), ("reason", reason)]).await
    };
    assert!(!site.get(&path, lin).await.body.contains("In plain text"));
    assert_eq!(open(lin, &path, "").await.status, 422);
    assert_eq!(open(far, "/cards", "x").await.status, 404);
    assert_eq!(open(bank, "/cards", "x").await.status, 403);
    let opened = open(lin, &path, "the holder is on the telephone").await;
    assert!(opened.status == 200 && opened.body.contains("In plain text"), "{}", opened.body);
    assert!(opened.body.contains("the holder is on the telephone") && opened.header("cache-control") == "no-store");
    assert!(!site.get(&path, lin).await.body.contains("In plain text"), "once");
    for _ in 0..18 {
        assert_eq!(look(lin, nobody, "asks again").await.status, 200);
    }
    let enough = look(lin, nobody, "asks again").await;
    assert!(enough.status == 409 && enough.body.contains("20 persons or messages"), "{}", enough.body);
    let enough = open(lin, &path, "asks again").await;
    assert!(enough.status == 409 && enough.body.contains("second person"), "{}", enough.body);
    for law in [2, 13, 14, 15] {
        let report = ledger.books(ledger.clock().await.unwrap(), true, Some(law)).await.unwrap();
        assert_eq!(crate::plays::broken(&report), Vec::<String>::new());
    }
    ledger.close().await;
    site.close().await;
}
