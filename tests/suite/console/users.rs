//! Users on the pages: added with a link, disabled, unlocked; tokens made and revoked.

use cardline::store::Stamp;
use cardline_core::domain::staff::Role;
use jiff::SignedDuration;

use super::client::{Reply, Site, session_of};
use crate::conformance::arrivals::{number, texts};
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};
use crate::plays::broken;

on_both_engines!(a_user_is_added_by_a_link_and_gone_by_an_act, tokens_are_made_and_revoked_by_who_may);

const PASSWORD: &str = "correct horse battery";

/// The link a page shows.
fn link(reply: &Reply) -> String {
    let (_, after) = reply.body.split_once("href=\"/first/").unwrap_or_else(|| panic!("no link: {}", reply.body));
    format!("/first/{}", after.split_once('"').unwrap().0)
}

async fn a_user_is_added_by_a_link_and_gone_by_an_act(database: Database) {
    let site = Site::open(&database).await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let seen = ledger.seen_by(boss.clone());
    let district = add(&seen, "district", Role::Administrator, "", "1101").await;
    let lin = add(&seen, "lin", Role::Operator, "", "").await;
    let mut cookies = Vec::new();
    for user in [&boss, &district, &lin] {
        cookies.push(session_of(&ledger, user).await);
    }
    let [boss, district, lin] = &cookies[..] else { unreachable!() };
    let new = |name: &'static str, role: &'static str, bank: &'static str, area: &'static str| {
        [("name", name), ("role", role), ("bank", bank), ("area", area)]
    };
    // Only who sees everything adds: to a district the list is not there, an operator has no such desk.
    assert_eq!(site.get("/users", district).await.status, 404);
    let wang = new("wang", "operator", "ABC", "1101");
    assert_eq!(site.act("/cards", "/users", district, &wang).await.status, 404);
    assert_eq!(site.act("/cards", "/users", lin, &wang).await.status, 403);
    for wrong in [
        new("Wang", "operator", "", ""),
        new("worker-1", "operator", "", ""),
        new("wang", "service", "", ""),
        new("wang", "", "", ""),
        new("wang", "operator", "NONE", ""),
        new("wang", "operator", "", "110"),
    ] {
        let reply = site.act("/users", "/users", boss, &wrong).await;
        assert!(reply.status == 422 && reply.body.contains("role=\"alert\""), "{wrong:?}");
    }
    assert_eq!(number(&ledger, "SELECT count(*) FROM users").await, 3);
    let made = site.act("/users", "/users", boss, &wang).await;
    assert_eq!((made.status, made.header("cache-control")), (200, "no-store"));
    let path = link(&made);
    assert_eq!(site.act("/users", "/users", boss, &wang).await.status, 409, "the name is taken");
    assert!(site.get("/users", boss).await.body.contains("no password yet"));
    let token = path.rsplit('~').next().unwrap().to_owned();
    assert!(!texts(&ledger, "SELECT verifier FROM users").await.concat().contains(&token), "a digest alone is stored");
    assert_eq!(site.post("/login", "", &[("name", "wang"), ("password", &token)]).await.status, 422);

    // Whoever has it chooses the password; once, and of two who try at once one.
    let chosen = [("password", PASSWORD), ("again", PASSWORD)];
    assert!(site.get(&path, "").await.body.contains("Choose your password"));
    for wrong in [[("password", PASSWORD), ("again", "another")], [("password", "short"), ("again", "short")]] {
        assert_eq!(site.post(&path, "", &wrong).await.status, 422);
    }
    for other in [path.replace("wang", "lin"), format!("{path}0"), "/first/wang~".into(), "/first/nobody~x".into()] {
        assert_eq!(site.get(&other, "").await.status, 404, "{other}");
        assert_eq!(site.post(&other, "", &chosen).await.status, 404, "{other}");
    }
    let both = tokio::join!(site.post(&path, "", &chosen), site.post(&path, "", &chosen));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    let winner = if both.0.status == 303 { &both.0 } else { &both.1 };
    let wang = winner.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(site.get(&path, "").await.status, 404);
    assert_eq!(site.post("/login", "", &[("name", "wang"), ("password", PASSWORD)]).await.status, 303);
    let own = site.get("/me", &wang).await;
    assert_eq!(own.header("location"), "/users/wang");
    let own = site.get("/users/wang", &wang).await;
    assert!(own.status == 200 && own.body.contains("1101") && !own.body.contains("act=disable"), "{}", own.body);
    assert_eq!(site.get("/users/lin", &wang).await.status, 404);

    // One whose time is over is not there, however right it is.
    let late = site.act("/users", "/users", boss, &new("late", "auditor", "", "")).await;
    let late = link(&late);
    let hour = ledger.clock().await.unwrap() + SignedDuration::from_mins(31);
    let text = late.trim_start_matches("/first/");
    assert_eq!(ledger.user_of_link(text, hour).await.unwrap(), None);
    let place = cardline::people::tries::Place::of("desk");
    assert!(ledger.spend_link(text, "v", &place, hour).await.unwrap().is_none());

    // Acts: a preview first; what ends a user ends their sessions; nobody disables the last administrator.
    let act = async |cookie: &str, name: &str, fields: &[(&str, &str)]| {
        site.act("/cards", &format!("/users/{name}"), cookie, fields).await
    };
    let sheet = site.get("/users/wang?act=disable", boss).await;
    assert!(sheet.body.contains("a preview; nothing is changed yet") && sheet.body.contains("suspected misuse"));
    let disable = [("act", "disable"), ("reason", "suspected misuse")];
    assert_eq!(act(lin, "wang", &disable).await.status, 404);
    assert_eq!(act(&wang, "wang", &disable).await.status, 403);
    assert_eq!(act(boss, "wang", &[("act", "disable"), ("reason", "my own words")]).await.status, 422);
    assert_eq!(act(boss, "nobody-1", &disable).await.status, 404);
    assert_eq!(act(boss, "wang", &disable).await.header("location"), "/users/wang?done=done");
    assert_eq!(act(boss, "wang", &disable).await.header("location"), "/users/wang?done=before");
    assert_eq!(site.get("/cards", &wang).await.status, 303);
    assert_eq!(act(boss, "boss", &disable).await.status, 409);
    assert_eq!(act(boss, "wang", &[("act", "link")]).await.status, 409, "disabled");
    assert_eq!(act(boss, "wang", &[("act", "enable")]).await.status, 303);
    // A new link ends the password, the sessions and the link before it; nobody makes their own.
    let lost = link(&act(boss, "wang", &[("act", "link")]).await);
    assert_eq!(site.post("/login", "", &[("name", "wang"), ("password", PASSWORD)]).await.status, 422);
    let newer = link(&act(boss, "wang", &[("act", "link")]).await);
    assert_eq!(site.get(&lost, "").await.status, 404);
    assert_eq!(act(boss, "boss", &[("act", "link")]).await.status, 409);
    for _ in 0..6 {
        site.post("/login", "", &[("name", "wang"), ("password", "wrong")]).await;
    }
    assert!(site.get("/users/wang", boss).await.body.contains("act=unlock"));
    assert_eq!(act(boss, "wang", &[("act", "unlock")]).await.status, 303);
    assert_eq!(site.post(&newer, "", &chosen).await.status, 303);
    assert_eq!(
        texts(&ledger, "SELECT m.reason FROM move m JOIN users u ON u.id = m.subject WHERE m.scope = 'user' AND u.name = 'wang' ORDER BY m.seq").await,
        ["added", "suspected misuse", "came back", "a first link was made", "a first link was made", "unlocked"]
    );
    let report = ledger.books(ledger.clock().await.unwrap(), true, None).await.unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
    ledger.close().await;
    site.close().await;
}

async fn tokens_are_made_and_revoked_by_who_may(database: Database) {
    let site = Site::open(&database).await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let seen = ledger.seen_by(boss.clone());
    let lin = add(&seen, "lin", Role::Operator, "", "1101").await;
    let auditor = add(&seen, "auditor-1", Role::Auditor, "", "").await;
    let (boss, lin) = (session_of(&ledger, &boss).await, session_of(&ledger, &lin).await);
    let auditor = session_of(&ledger, &auditor).await;
    let act = async |cookie: &str, name: &str, fields: &[(&str, &str)]| {
        site.act("/cards", &format!("/users/{name}"), cookie, fields).await
    };
    // One's own, or as an administrator who sees everything; an auditor sees whose there are.
    let made = act(&lin, "lin", &[("act", "token"), ("days", "30")]).await;
    let (_, after) = made.body.split_once("<p class=\"mono\">").unwrap_or_else(|| panic!("{}", made.body));
    let token = after.split_once('<').unwrap().0.to_owned();
    let bearer = format!("Bearer {token}");
    let api = async || site.ask("GET", "/api/batches", &[("Authorization", &bearer)], "").await.status;
    assert_eq!((made.header("cache-control"), api().await), ("no-store", 200));
    assert!(!site.get("/users/lin", &lin).await.body.contains(&token), "shown once");
    for days in ["0", "367", "x", ""] {
        assert_eq!(act(&lin, "lin", &[("act", "token"), ("days", days)]).await.status, 422, "{days}");
    }
    assert_eq!(act(&lin, "boss", &[("act", "token"), ("days", "1")]).await.status, 404);
    let listed = site.get("/users/lin", &auditor).await;
    assert!(listed.body.contains("works") && !listed.body.contains("act=revoke"), "{}", listed.body);
    let id = texts(&ledger, "SELECT CAST(id AS TEXT) FROM api_token").await.remove(0);
    let revoke = [("act", "revoke"), ("id", id.as_str())];
    assert_eq!(act(&auditor, "lin", &revoke).await.status, 403);
    // Not by the page of another user.
    assert_eq!(act(&boss, "boss", &revoke).await.header("location"), "/users/boss?done=before");
    assert_eq!(api().await, 200);
    let sheet = site.get(&format!("/users/lin?act=revoke&token={id}"), &boss).await;
    assert!(sheet.body.contains("gets no answer from now on"), "{}", sheet.body);
    assert_eq!(act(&boss, "lin", &revoke).await.header("location"), "/users/lin?done=done");
    assert_eq!(api().await, 401);
    // The last look may have been before the user left: refused where it is written, too.
    let why = Stamp { at: ledger.clock().await.unwrap(), actor: "boss", reason: "left" };
    seen.move_user("lin", "disabled", why).await.unwrap();
    assert_eq!(act(&boss, "lin", &[("act", "token"), ("days", "1")]).await.status, 409);
    ledger.close().await;
    site.close().await;
}
