//! What was true at the preview and is not at the act: the session, the role, the person.

use cardline::store::Stamp;
use cardline_core::domain::staff::Role;

use super::client::{Site, session_of};
use crate::conformance::arrivals::execute;
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};

on_both_engines!(a_session_that_ends_in_an_act_loses_nothing, whoever_is_no_more_who_they_were_does_nothing);

const SHEET: &str = "/ops/plan?act=hold&stream=account/ABC";

fn hold(token: &str) -> [(&str, &str); 4] {
    [("token", token), ("act", "hold"), ("stream", "account/ABC"), ("reason", "the bank <moves>")]
}

/// The fields a page's form brings along.
fn hidden(body: &str) -> Vec<(String, String)> {
    let fields = body.split("<input type=\"hidden\" name=\"").skip(1);
    let part = |text: &str| text.split('"').next().unwrap().replace("&#60;", "<").replace("&#62;", ">");
    fields.map(|field| (part(field), part(field.split_once("value=\"").unwrap().1))).collect()
}

async fn a_session_that_ends_in_an_act_loses_nothing(database: Database) {
    let site = Site::open(&database).await;
    let ledger = database.ledger().await;
    let link = site.console.links().await.remove(0).1;
    let (name, password) = ("boss", "correct horse battery");
    let first = [("name", name), ("password", password), ("again", password)];
    let made = site.post(&format!("/first/{link}"), "", &first).await;
    let cookie = made.header("set-cookie").split(';').next().unwrap().to_owned();
    let token = site.get(SHEET, &cookie).await.form_token();
    ledger.end_sessions().await.unwrap();
    // Nothing is done; the page says so, and nothing of it stands in a URL.
    let ended = site.post("/ops/plan", &cookie, &hold(&token)).await;
    assert_eq!((ended.status, ended.header("location")), (401, ""));
    assert!(ended.body.contains("your last act was not done") && ended.header("cache-control") == "no-store");
    assert!(ledger.streams_on_hold().await.unwrap().is_empty());
    // A wrong password keeps it.
    let mut fields = hidden(&ended.body);
    assert!(fields.contains(&("typed-reason".into(), "the bank <moves>".into())), "{fields:?}");
    assert!(!fields.iter().any(|(_, value)| *value == token));
    let login = |password: &str, fields: &[(String, String)]| {
        let own = [("name".to_owned(), name.to_owned()), ("password".to_owned(), password.to_owned())];
        [fields, &own].concat()
    };
    let sent = async |path: &str, cookie: &str, fields: &[(String, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        site.post(path, cookie, &fields).await
    };
    let wrong = sent("/login", "", &login("wrong", &fields)).await;
    assert_eq!((wrong.status, hidden(&wrong.body)), (422, fields.clone()));
    // After the login it stands there again, and is done by a click, not by the login.
    let again = sent("/login", "", &login(password, &fields)).await;
    assert!(again.status == 200 && again.body.contains("Your last act was not done"), "{}", again.body);
    assert!(
        again.body.contains("<textarea id=\"reason\" name=\"reason\" required>the bank &#60;moves&#62;</textarea>")
    );
    assert!(ledger.streams_on_hold().await.unwrap().is_empty());
    let fresh = again.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_ne!(fresh, cookie);
    let (_, form) = again.body.split_once("<main").unwrap();
    let mut act = hidden(form);
    act.push(("reason".into(), "the bank <moves>".into()));
    assert_eq!(sent("/ops/plan", &fresh, &act).await.header("location"), "/ops/plan?done=done");
    assert_eq!(ledger.streams_on_hold().await.unwrap().len(), 1);
    // What names a person or proves one is not kept; to another host nobody is sent.
    let person = [("token", token.as_str()), ("person", "a-number"), ("password", "a-word"), ("reason", "asks")];
    let ended = site.post("/cards", &cookie, &person).await;
    assert!(ended.status == 401 && !ended.body.contains("a-number") && !ended.body.contains("a-word"));
    fields.iter_mut().filter(|(name, _)| name == "then").for_each(|(_, path)| *path = "//evil.example/".into());
    let away = sent("/login", "", &login(password, &fields)).await;
    assert_eq!((away.status, away.header("location")), (303, "/ops/plan"));
    // Whoever only looks is sent to log in as before, and comes back.
    assert_eq!(site.get("/ops/plan", &cookie).await.header("location"), "/login?next=%2Fops%2Fplan");
    ledger.close().await;
    site.close().await;
}

async fn whoever_is_no_more_who_they_were_does_nothing(database: Database) {
    let site = Site::open(&database).await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let seen = ledger.seen_by(boss);
    for (name, change) in [
        ("demoted", Some("UPDATE users SET role = 'auditor' WHERE name = 'demoted'")),
        ("raised", Some("UPDATE users SET role = 'administrator' WHERE name = 'raised'")),
        ("narrowed", Some("UPDATE users SET area = '33' WHERE name = 'narrowed'")),
        ("widened", Some("UPDATE users SET area = '' WHERE name = 'widened'")),
        ("left", None),
    ] {
        let area = if name == "widened" { "1101" } else { "" };
        let user = add(&seen, name, Role::Operator, "", area).await;
        let cookie = session_of(&ledger, &user).await;
        let token = site.get(SHEET, &cookie).await.form_token();
        match change {
            Some(sql) => {
                execute(&ledger, sql).await;
            }
            None => {
                let why = Stamp { at: ledger.clock().await.unwrap(), actor: "boss", reason: "left" };
                seen.move_user(name, "disabled", why).await.unwrap();
            }
        }
        let reply = site.post("/ops/plan", &cookie, &hold(&token)).await;
        assert!(![200, 303].contains(&reply.status), "{name}: {}", reply.status);
        assert!(ledger.streams_on_hold().await.unwrap().is_empty(), "{name}");
    }
    ledger.close().await;
    site.close().await;
}
