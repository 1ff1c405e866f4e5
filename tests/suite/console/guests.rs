//! The three people of a demo beside each other in one browser.

use std::time::Instant;

use cardline::time::instant;
use cardline_console::{Clock, Guest};
use cardline_core::domain::staff::{Role, Scope};
use cardline_world::play::day;

use super::client::Site;
use crate::databases::{Database, on_both_engines};

on_both_engines!(guests_stand_beside_each_other);

async fn guests_stand_beside_each_other(database: Database) {
    let guests = vec![
        Guest { role: Role::Operator, scope: Scope::everything() },
        Guest { role: Role::BankIt, scope: Scope { bank: "ABC".into(), area: String::new() } },
        Guest { role: Role::Administrator, scope: Scope { bank: String::new(), area: "1101".into() } },
    ];
    let clock = Clock::Demo { ended: instant(day(0), 18, 0), at: Instant::now() };
    let site = Site::with(&database, clock, guests).await;
    let links = site.console.links().await;
    assert_eq!(
        links.iter().map(|(role, _)| role.as_str()).collect::<Vec<_>>(),
        ["operator", "bank-it", "administrator"]
    );
    let mut jar = Vec::new();
    for (role, link) in &links {
        // As often as wanted.
        for _ in 0..2 {
            let reply = site.get(&format!("/first/{link}"), &jar.join("; ")).await;
            assert_eq!((reply.status, reply.header("location")), (303, format!("/?as={role}").as_str()));
            let cookie = reply.header("set-cookie");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
            jar.push(cookie.split(';').next().unwrap().to_owned());
        }
    }
    let jar = jar.join("; ");
    for (role, home) in [("operator", "/ops"), ("bank-it", "/banks/ABC"), ("administrator", "/admin")] {
        let reply = site.get(&format!("/?as={role}"), &jar).await;
        assert_eq!(reply.header("location"), format!("{home}?as={role}"));
        let page = site.get(&format!("{home}?as={role}"), &jar).await;
        assert_eq!(page.status, 200, "{home}");
        // Every link of the page stays with the guest.
        for (place, _) in page.body.match_indices("href=\"/") {
            let link = page.body[place + 6..].split('"').next().unwrap();
            assert!(link.starts_with("/assets/") || link.contains(&format!("as={role}")), "{home}: {link}");
        }
    }
    // A cookie of one is none of another, and a link is no cookie.
    let operator = jar.split("; ").find(|cookie| cookie.starts_with("cardline-operator=")).unwrap();
    let forged = operator.replace("operator", "administrator");
    assert_eq!(site.get("/admin?as=administrator", &forged).await.status, 303);
    let link = format!("cardline-operator={}", links[0].1);
    assert_eq!(site.get("/ops?as=operator", &link).await.status, 303);
    // No user of the ledger: the demo's command line stays open.
    let ledger = database.ledger().await;
    assert!(!ledger.has_users().await.unwrap());
    ledger.close().await;
    assert_eq!(site.get("/first/0000", "").await.status, 404);
    site.close().await;
}
