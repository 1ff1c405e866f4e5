//! Every page over a ledger in which much has happened, and over an empty one.

use cardline::time::instant;
use cardline_console::routes::{ROUTES, Route, Who};
use cardline_console::{Clock, Guest};
use cardline_core::domain::staff::{Role, Scope};
use cardline_world::play::day;

use super::client::{Reply, Site};
use crate::conformance::arrivals::texts;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(every_page_of_a_full_ledger, every_page_of_an_empty_ledger);

const DAYS: u32 = 26;

/// A demo's guests who see everything, and their cookies.
async fn guests(database: &Database, n: u32) -> (Site, Vec<(Role, String)>) {
    let roles = [Role::Operator, Role::BankIt, Role::Administrator, Role::Auditor];
    let guests = roles.map(|role| Guest { role, scope: Scope::everything() }).to_vec();
    let clock = Clock::Demo { ended: instant(day(n), 18, 0), at: std::time::Instant::now() };
    let site = Site::with(database, clock, guests).await;
    let mut cookies = Vec::new();
    for (role, link) in site.console.links().await {
        let reply = site.get(&format!("/first/{link}"), "").await;
        assert_eq!((reply.status, reply.header("location")), (303, format!("/?as={role}").as_str()));
        let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
        cookies.push((Role::of(&role).unwrap(), cookie));
    }
    (site, cookies)
}

/// Every page; what follows events never ends by itself.
fn pages() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.method == "GET" && !route.path.ends_with("/events"))
}

/// What every page is held to.
fn is_a_page(path: &str, reply: &Reply) {
    assert!(reply.header("content-type").starts_with("text/html"), "{path}");
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
    for (name, value) in
        [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff")]
    {
        assert_eq!(reply.header(name), value, "{path}");
    }
    for forbidden in [" style=", " onclick=", "<script>", "http://", "https://", "javascript:", "{{", "{%"] {
        assert!(!reply.body.contains(forbidden), "{path} has {forbidden}");
    }
    assert!(reply.body.contains("<h1>") && reply.body.trim_end().ends_with("</html>"), "{path}");
    for (place, _) in reply.body.match_indices("href=\"") {
        let link = reply.body[place + 6..].split('"').next().unwrap();
        assert!(link.starts_with('/') || link.starts_with('#'), "{path}: {link}");
    }
}

/// The paths of a route, with something of the ledger in the place of each part.
pub async fn paths(path: &str, database: &Database) -> Vec<String> {
    let ledger = database.ledger().await;
    let sql = match path {
        "/ops/batches/{number}" => "SELECT min(number) FROM batch GROUP BY kind, state",
        "/ops/quarantine/{id}" => {
            "SELECT CAST(min(id) AS TEXT) FROM message WHERE outcome IN ('quarantined', 'conflict', 'rejected') GROUP BY outcome"
        }
        "/cases/{number}" => "SELECT CAST(min(id) AS TEXT) FROM desk_case GROUP BY state, reason",
        "/files/{id}" | "/files/{id}/errors" => "SELECT CAST(min(id) AS TEXT) FROM file GROUP BY partner, kind, state",
        "/cards/{id}" => "SELECT min(application_id) FROM application GROUP BY state, place",
        "/admin/points/{code}" => "SELECT DISTINCT point FROM shipment WHERE NOT done",
        "/banks/{code}/keys/{id}" => return vec!["/banks/ABC/keys/none".into()],
        "/banks/{code}" => return vec!["/banks/ABC".into(), "/banks/ICBC".into()],
        "/bureaus/{code}" => "SELECT DISTINCT partner FROM batch WHERE kind = 'production'",
        _ => return vec![path.to_owned()],
    };
    let found = texts(&ledger, sql).await;
    ledger.close().await;
    found
        .into_iter()
        .map(|name| format!("{}{name}{}", &path[..path.find('{').unwrap()], &path[path.find('}').unwrap() + 1..]))
        .collect()
}

async fn every_page_of_a_full_ledger(database: Database) {
    let play = Play::played(database, 3, 160, DAYS).await;
    play.worker.ledger.count_figures(instant(day(DAYS), 18, 0)).await.unwrap();
    let database = play.into_database().await;
    let (site, cookies) = guests(&database, DAYS).await;
    let mut seen = 0;
    for route in pages() {
        let Who::Desk(_, desks) = route.who else { continue };
        // Users are none of a demo's: see `users.rs`.
        if route.path == "/users/{name}" {
            continue;
        }
        let paths = paths(route.path, &database).await;
        assert!(!paths.is_empty(), "the play has nothing for {}", route.path);
        for path in paths {
            for (role, cookie) in &cookies {
                let reply = site.get(&format!("{path}?as={}", role.code()), cookie).await;
                // Whether the permission is theirs is asked in the matrix.
                if !desks.contains(role) || matches!(reply.status, 403) {
                    assert_eq!(reply.status, 403, "{path} as {}", role.code());
                    continue;
                }
                // A file that was refused has no content to report on, and nobody here has a key.
                let may_be_absent = route.path.ends_with("/errors") || route.path.contains("/keys/");
                if may_be_absent && reply.status == 404 {
                    continue;
                }
                if reply.header("content-type").starts_with("text/csv") {
                    assert!(reply.header("content-disposition").starts_with("attachment; filename="), "{path}");
                    continue;
                }
                assert_eq!(reply.status, 200, "{path} as {}: {}", role.code(), reply.body);
                is_a_page(&path, &reply);
                let is_drawn = reply.body.matches("<rect").count() > 40;
                assert!(route.path != "/figures" || is_drawn, "nothing is drawn for {}", role.code());
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "{seen} pages");
    site.close().await;
}

async fn every_page_of_an_empty_ledger(database: Database) {
    let (site, cookies) = guests(&database, 0).await;
    for route in pages().filter(|route| !route.path.contains('{') && !route.path.ends_with(".csv")) {
        let Who::Desk(_, desks) = route.who else { continue };
        for (role, cookie) in cookies.iter().filter(|(role, _)| desks.contains(role)) {
            for lang in ["zh-CN", "en"] {
                let reply = site.get(&format!("{}?as={}&lang={lang}", route.path, role.code()), cookie).await;
                if reply.status == 403 {
                    continue;
                }
                assert_eq!(reply.status, 200, "{} as {}: {}", route.path, role.code(), reply.body);
                is_a_page(route.path, &reply);
                assert!(reply.body.contains(&format!("<html lang=\"{lang}\">")));
            }
        }
    }
    // Unknown filters, ids and paths are answered and never fail.
    let (_, cookie) = &cookies[0];
    for (path, status) in [
        ("/ops/batches?kind=none&state=%F0%9F%92%A9&before=x&region=%27%3B--", 200),
        ("/ops/batches?before=-1", 200),
        ("/cases?kind=nothing&bank=&area=x", 200),
        ("/ops/plan?act=hold&stream=%3Cscript%3Ealert(1)%3C/script%3E", 200),
        ("/cards?key=%00%FF", 200),
        ("/cards?key=%3Cb%3E%E2%80%AEx", 200),
        ("/cases/0", 404),
        ("/cases/99999999999999999999", 404),
        ("/cases/x", 404),
        ("/files/1", 404),
        ("/ops/batches/P%2F..%2F", 404),
        ("/nothing", 404),
        ("/ops/", 404),
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        let reply = site.get(&format!("{path}{joint}as=operator"), cookie).await;
        assert_eq!(reply.status, status, "{path}");
        is_a_page(path, &reply);
        assert!(!reply.body.contains("<script>alert"), "{path}");
    }
    site.close().await;
}
