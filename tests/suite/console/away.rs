//! The database is gone: pages say so, nothing is done, and they come back with it.

use cardline_core::domain::staff::Role;

use super::client::{Site, session_of};
use crate::conformance::people::users::add;
use crate::databases::{Database, Engine};
use crate::proxy::Proxy;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_say_that_the_database_is_gone_and_come_back_with_it() {
    let mut database = Database::new(Engine::Postgres).await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let cookie = session_of(&ledger, &boss).await;
    let proxy = Proxy::to(&database.url).await;
    let direct = std::mem::replace(&mut database.url, proxy.url.clone());
    let site = Site::open(&database).await;
    assert_eq!(site.get("/ops", &cookie).await.status, 200);
    let token = site.get("/ops/plan?act=hold&stream=account/ABC", &cookie).await.form_token();
    let hold = [("token", token.as_str()), ("act", "hold"), ("stream", "account/ABC"), ("reason", "x")];

    proxy.cut_after_bytes(0);
    for path in ["/ops", "/cases", "/login"] {
        let reply = site.get(path, &cookie).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, "5"), "{path}: {}", reply.body);
        assert!(reply.body.contains("The database does not answer"), "{path}: {}", reply.body);
    }
    assert_eq!(site.post("/ops/plan", &cookie, &hold).await.status, 503);
    assert_eq!(site.get("/ready", "").await.status, 503);
    assert_eq!(site.get("/health", "").await.status, 200);
    let api = site.ask("GET", "/api/batches", &[("Authorization", "Bearer x")], "").await;
    assert_eq!((api.status, api.header("content-type")), (503, "application/problem+json"));
    assert!(ledger.streams_on_hold().await.unwrap().is_empty());

    proxy.heal();
    assert_eq!(site.get("/ops", &cookie).await.status, 200);
    assert_eq!(site.post("/ops/plan", &cookie, &hold).await.status, 303);
    assert_eq!(ledger.streams_on_hold().await.unwrap().len(), 1);
    site.close().await;
    database.url = direct;
    ledger.close().await;
}
