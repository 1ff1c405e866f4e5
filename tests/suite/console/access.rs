//! Who may ask what: every route for every role and scope, sessions, forms of others, floods.

use cardline::people::permits::check;
use cardline::store::Principal;
use cardline_console::routes::{ROUTES, Who};
use cardline_core::domain::staff::{Role, Scope};

use tokio::io::AsyncWriteExt;

use super::client::{Site, session_of};
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    every_route_for_every_role_and_scope,
    a_session_is_new_at_every_login_and_ends_with_its_user,
    a_form_of_others_does_nothing,
    what_is_huge_broken_or_stalls_is_bounded,
    the_first_link_makes_one_administrator,
);

fn part(path: &str) -> String {
    path.replace("{number}", "9")
        .replace("{id}", "9")
        .replace("{code}", "ABC")
        .replace("{token}", "x")
        .replace("{name}", "nobody-1")
}

/// What a route answers to somebody before it looks at anything: nothing yet, or a refusal.
fn refused(who: &Who, principal: &Principal) -> Option<u16> {
    let Who::Desk(permission, desks) = who else { return None };
    match check(principal, *permission) {
        _ if !desks.contains(&principal.role) => Some(403),
        Ok(()) => None,
        Err(cardline::people::permits::PermitRefusal::Role { .. }) => Some(403),
        Err(cardline::people::permits::PermitRefusal::Scope { .. }) => Some(404),
    }
}

async fn every_route_for_every_role_and_scope(database: Database) {
    let site = Site::open(&database).await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let ledger = ledger.seen_by(boss.clone());
    let mut people = vec![boss];
    for role in Role::ALL {
        for (bank, area) in [("", ""), ("ABC", ""), ("", "1101"), ("ABC", "1101")] {
            let name = format!("{}-{}{area}", role.code(), bank.to_ascii_lowercase());
            people.push(add(&ledger, name.trim_end_matches('-'), role, bank, area).await);
        }
    }
    // The first one has no name of a scope.
    for person in &people {
        let cookie = session_of(&ledger, person).await;
        for route in ROUTES.iter().filter(|route| matches!(route.who, Who::Desk(..) | Who::Session)) {
            let path = part(route.path);
            // To whom it is given, it does not end.
            if path.ends_with("/events") && refused(&route.who, person).is_none() {
                continue;
            }
            let status = match route.method.as_str() {
                "GET" => site.get(&path, &cookie).await.status,
                // Without the form's token nothing is done, whoever asks.
                _ => site.post(&path, &cookie, &[]).await.status,
            };
            let who = format!("{} {path} by {}", route.method, person.name);
            match refused(&route.who, person) {
                Some(refused) => assert_eq!(status, refused, "{who}"),
                None if route.method == "POST" => assert_eq!(status, 403, "{who}"),
                None => assert!([200, 303, 404].contains(&status), "{who}: {status}"),
            }
        }
    }
    // Nobody and a token that is none are sent to log in; programs are told.
    for route in ROUTES {
        let path = part(route.path);
        match route.who {
            Who::Everyone => {}
            Who::Token(_) => {
                for token in ["", "Bearer ", "Bearer x", "Basic eDp4"] {
                    let reply = site.ask(route.method.as_str(), &path, &[("Authorization", token)], "").await;
                    assert_eq!(reply.status, 401, "{path}");
                    assert_eq!(reply.header("content-type"), "application/problem+json");
                }
            }
            Who::Session | Who::Desk(..) if route.method == "GET" => {
                for cookie in ["", "cardline=", "cardline=0000", "cardline-operator=0000; other=x"] {
                    let reply = site.get(&path, cookie).await;
                    assert_eq!(reply.status, 303, "{path}");
                    assert!(reply.header("location").starts_with("/login?next="), "{path}");
                }
            }
            Who::Session | Who::Desk(..) => {}
        }
    }
    ledger.close().await;
    site.close().await;
}

async fn a_session_is_new_at_every_login_and_ends_with_its_user(database: Database) {
    let site = Site::open(&database).await;
    let (name, password) = ("boss", "correct horse battery");
    let link = site.console.links().await.remove(0).1;
    let made =
        site.post(&format!("/first/{link}"), "", &[("name", name), ("password", password), ("again", password)]).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let login = [("name", name), ("password", password), ("next", "/users")];
    let planted = "cardline=00000000000000000000000000000000";
    let first = site.post("/login", planted, &login).await;
    assert_eq!((first.status, first.header("location")), (303, "/users"));
    let second = site.post("/login", planted, &login).await;
    let cookies = [&first, &second].map(|reply| reply.header("set-cookie").split(';').next().unwrap().to_owned());
    assert!(cookies[0] != cookies[1] && !cookies.iter().any(|cookie| cookie == planted));
    assert!(first.header("set-cookie").contains("HttpOnly") && first.header("set-cookie").contains("SameSite=Strict"));
    assert_eq!(site.get("/users", planted).await.status, 303);
    assert_eq!(site.get("/users", &cookies[0]).await.status, 200);
    // Logged out is out, and the other session stays.
    assert_eq!(site.act("/users", "/logout", &cookies[0], &[]).await.status, 303);
    assert_eq!(site.get("/users", &cookies[0]).await.status, 303);
    assert_eq!(site.get("/users", &cookies[1]).await.status, 200);
    // Whoever is disabled is out at the next click.
    let ledger = database.ledger().await;
    let boss = ledger.enabled_user(name).await.unwrap().unwrap();
    let seen = ledger.seen_by(boss);
    let lin = add(&seen, "lin", Role::Operator, "", "").await;
    let cookie = session_of(&ledger, &lin).await;
    assert_eq!(site.get("/ops", &cookie).await.status, 200);
    let why = cardline::store::Stamp { at: ledger.clock().await.unwrap(), actor: name, reason: "left" };
    seen.move_user("lin", "disabled", why).await.unwrap();
    assert_eq!(site.get("/ops", &cookie).await.status, 303);
    // A wrong password is told as such, and many of them make the name wait, also after a restart of the console.
    for _ in 0..5 {
        let reply = site.post("/login", "", &[("name", "boss"), ("password", "wrong")]).await;
        assert_eq!(reply.status, 422);
    }
    site.close().await;
    let site = Site::open(&database).await;
    let reply = site.post("/login", "", &[("name", "boss"), ("password", "wrong")]).await;
    assert!(reply.body.contains("try again after"), "{}", reply.body);
    ledger.close().await;
    site.close().await;
}

async fn a_form_of_others_does_nothing(database: Database) {
    let site = Site::open(&database).await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let lin = add(&ledger.seen_by(boss), "lin", Role::Operator, "", "").await;
    let (cookie, other) = (session_of(&ledger, &lin).await, session_of(&ledger, &lin).await);
    let token = site.get("/ops/plan", &cookie).await.form_token();
    let foreign = site.get("/ops/plan", &other).await.form_token();
    assert_ne!(token, foreign);
    let form = |token: &str| format!("token={token}&act=hold&stream=account/ABC&reason=x");
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let own = ("Sec-Fetch-Site", "same-origin");
    for (said, headers) in [
        (form(""), vec![("Cookie", cookie.as_str()), kind, own]),
        (form(&foreign), vec![("Cookie", cookie.as_str()), kind, own]),
        (form(&token), vec![("Cookie", cookie.as_str()), kind, ("Sec-Fetch-Site", "cross-site")]),
        (form(&token), vec![("Cookie", cookie.as_str()), kind, ("Origin", "http://evil.example")]),
        (form(&token), vec![("Cookie", cookie.as_str()), ("Content-Type", "text/plain"), own]),
    ] {
        let reply = site.ask("POST", "/ops/plan", &headers, &said).await;
        assert_eq!(reply.status, 403, "{said} {headers:?}");
    }
    assert!(ledger.streams_on_hold().await.unwrap().is_empty());
    let headers = [("Cookie", cookie.as_str()), kind, own];
    assert_eq!(site.ask("POST", "/ops/plan", &headers, &form(&token)).await.status, 303);
    assert_eq!(ledger.streams_on_hold().await.unwrap().len(), 1);
    ledger.close().await;
    site.close().await;
}

async fn what_is_huge_broken_or_stalls_is_bounded(database: Database) {
    let site = Site::open(&database).await;
    let huge = format!(
        "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n{}",
        "a".repeat(300_000)
    );
    assert!(site.raw(huge.as_bytes()).await.starts_with("HTTP/1.1 413"));
    // One that says how much it will send and stops is given up; meanwhile others are answered.
    let stalled = tokio::net::TcpStream::connect(site.listening.address).await.unwrap();
    assert_eq!(site.get("/login", "").await.status, 200);
    drop(stalled);
    // Nor do many at once: heads and bodies that never end, and a bite now and then.
    let mut slow = Vec::new();
    for begun in [
        "",
        "GET /lo",
        "GET /login HTTP/1.1\r\nHost: x\r\nX-",
        "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\nname=b",
    ] {
        for _ in 0..50 {
            let mut connection = tokio::net::TcpStream::connect(site.listening.address).await.unwrap();
            connection.write_all(begun.as_bytes()).await.unwrap();
            slow.push(connection);
        }
    }
    let asked = std::time::Instant::now();
    for _ in 0..5 {
        assert_eq!(site.get("/login", "").await.status, 200);
    }
    assert!(asked.elapsed() < std::time::Duration::from_secs(5), "{:?} beside slow ones", asked.elapsed());
    drop(slow);
    // A body in pieces that says no length is read no further than one that does; a head has its bounds, too.
    let piece = format!("8000\r\n{}\r\n", "a".repeat(0x8000));
    let pieces = format!(
        "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        piece.repeat(9)
    );
    assert!(site.raw(pieces.as_bytes()).await.starts_with("HTTP/1.1 413"));
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(600_000));
    let answer = site.raw(long.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{}", &answer[..answer.len().min(200)]);
    assert_eq!(site.get("/login", "").await.status, 200);
    for head in [
        "GET / HTTP/9.9\r\n\r\n",
        "\r\n\r\n\0\0\0",
        "GET /\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
    ] {
        let answer = site.raw(head.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    site.close().await;
}

async fn the_first_link_makes_one_administrator(database: Database) {
    let site = Site::open(&database).await;
    let links = site.console.links().await;
    assert_eq!(links.len(), 1);
    let path = format!("/first/{}", links[0].1);
    assert_eq!(site.get("/ops", "").await.status, 303);
    assert!(site.get("/login", "").await.body.contains("one-time link"));
    assert_eq!(site.get(&path, "").await.status, 200);
    let make = |name: &'static str, again: &'static str| {
        [("name", name), ("password", "correct horse battery"), ("again", again)]
    };
    for wrong in
        [make("Boss", "correct horse battery"), make("boss", "another"), make("operator", "correct horse battery")]
    {
        assert_eq!(site.post(&path, "", &wrong).await.status, 422, "{wrong:?}");
    }
    let made = site.post(&path, "", &make("boss", "correct horse battery")).await;
    let cookie = made.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!((made.status, site.get("/", &cookie).await.header("location").to_owned()), (303, "/admin".to_owned()));
    // Once, and never while there are users.
    assert_eq!(site.get(&path, "").await.status, 404);
    assert_eq!(site.post(&path, "", &make("other", "correct horse battery")).await.status, 404);
    assert!(site.console.links().await.is_empty());
    let ledger = database.ledger().await;
    let boss = ledger.enabled_user("boss").await.unwrap().unwrap();
    assert_eq!((boss.role, boss.scope), (Role::Administrator, Scope::everything()));
    ledger.close().await;
    site.close().await;
}
