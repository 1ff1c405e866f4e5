//! The API: each endpoint answers what the command of its name prints, to whoever's token it is.

use cardline::people::tokens;
use cardline::store::Stamp;
use cardline_console::routes::{ROUTES, Who};
use cardline_core::domain::staff::Role;
use serde_json::Value;

use super::client::{Reply, Site};
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};
use crate::operation::worker::{ended, program};
use crate::plays::Play;

on_both_engines!(an_endpoint_answers_what_the_command_prints);

async fn an_endpoint_answers_what_the_command_prints(database: Database) {
    let play = Play::played(database, 3, 60, 16).await;
    let database = play.into_database().await;
    let ledger = database.ledger().await;
    let number = crate::conformance::arrivals::texts(&ledger, "SELECT min(number) FROM batch").await.remove(0);
    let card =
        crate::conformance::arrivals::texts(&ledger, "SELECT min(application_id) FROM application").await.remove(0);
    let commands: Vec<(String, Vec<&str>)> = vec![
        ("/api/batches".into(), vec!["batch", "list"]),
        (
            "/api/batches?kind=account&state=answered".into(),
            vec!["batch", "list", "--kind", "account", "--state", "answered"],
        ),
        (format!("/api/batches/{number}"), vec!["batch", "show", &number]),
        ("/api/files?partner=ABC&limit=3".into(), vec!["exchange", "list", "--partner", "ABC", "--limit", "3"]),
        (format!("/api/cards/{card}"), vec!["trace", &card]),
        ("/api/quarantine".into(), vec!["quarantine", "list"]),
        ("/api/cases?all=true".into(), vec!["cases", "list", "--all"]),
        ("/api/pickup/due?within=3".into(), vec!["pickup", "due", "--within", "3"]),
        ("/api/pickup/overdue".into(), vec!["pickup", "overdue"]),
        (
            "/api/pickup/silent?within=3&by=district".into(),
            vec!["pickup", "silent", "--within", "3", "--by", "district"],
        ),
        ("/api/approvals?all=true".into(), vec!["approvals", "list", "--all"]),
    ];
    // Before there are users, since the command line then asks for a login.
    let printed = commands.iter().map(|(_, command)| {
        let mut program = program(&database.url, database.folder.path());
        let output = ended(program.args(command).args(["--output", "json"]), &[0]);
        String::from_utf8(output.stdout).unwrap()
    });
    let printed: Vec<String> = printed.collect();
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let now = ledger.clock().await.unwrap();
    let seen = ledger.seen_by(boss);
    let why = Stamp { at: now, actor: "boss", reason: "a token" };
    let Ok(made) = tokens::make(&seen, "boss", 1, why).await.unwrap() else { panic!("no token") };
    let bearer = format!("Bearer {}", made.token.text());
    let site = Site::open(&database).await;
    let ask = async |path: &str| -> Reply { site.ask("GET", path, &[("Authorization", &bearer)], "").await };
    for ((path, _), printed) in commands.iter().zip(&printed) {
        let reply = ask(path).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"), "{path}: {}", reply.body);
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(&reply.body, printed, "{path}");
    }
    for path in ["/api/plan", "/api/books"] {
        assert_eq!(ask(path).await.status, 200, "{path}");
    }
    for (path, status, code) in [
        ("/api/batches/none", 404, "not-found"),
        ("/api/cards/none", 404, "not-found"),
        ("/api/nothing", 404, "not-found"),
        ("/api/files?limit=0", 422, "wrong"),
        ("/api/files?day=tomorrow", 422, "wrong"),
        ("/api/pickup/due?within=-1", 422, "wrong"),
        ("/api/pickup/silent?within=0", 422, "wrong"),
        ("/api/pickup/silent?by=county", 422, "wrong"),
        ("/api/plan?stream=nothing", 422, "wrong"),
    ] {
        let reply = ask(path).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, "application/problem+json"), "{path}");
        let problem: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(problem["code"], code, "{path}");
        assert!(["title", "detail"].iter().all(|member| problem[*member].is_string()), "{path}");
    }
    // What the document lists is what is served, and the other way round.
    let document: Value = serde_json::from_str(&ask("/api/openapi.json").await.body).unwrap();
    let mut listed: Vec<String> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        listed.extend(methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let machine = ROUTES.iter().filter(|route| matches!(route.who, Who::Token(_)));
    let mut served: Vec<String> = machine.map(|route| format!("{} {}", route.method, route.path)).collect();
    listed.sort();
    served.sort();
    assert_eq!(listed, served);
    // Acts take a key, a reason and JSON; the same again does nothing, and what needs two people says under which number.
    add(&seen, "lin", Role::Operator, "", "").await;
    let Ok(of_lin) = tokens::make(&seen, "lin", 1, why).await.unwrap() else { panic!("no token") };
    let hold = r#"{"stream": "account/ABC", "reason": "the bank moves"}"#;
    let bearer = format!("Bearer {}", of_lin.token.text());
    let post = async |path: &str, key: &str, body: &str| -> Reply {
        let headers =
            [("Authorization", bearer.as_str()), ("Idempotency-Key", key), ("Content-Type", "application/json")];
        site.ask("POST", path, &headers, body).await
    };
    assert_eq!(post("/api/plan/hold", "", hold).await.status, 422);
    assert_eq!(post("/api/plan/hold", "k1", "[1]").await.status, 422);
    assert_eq!(post("/api/plan/hold", "k1", r#"{"stream": "account/ABC"}"#).await.status, 422);
    assert_eq!(post("/api/plan/nothing", "k1", hold).await.status, 422);
    assert_eq!(post("/api/plan/hold", "k1", hold).await.json(), serde_json::json!({ "done": true }));
    assert_eq!(post("/api/plan/hold", "k1", hold).await.json(), serde_json::json!({ "before": true, "done": true }));
    let cut =
        crate::conformance::arrivals::texts(&ledger, "SELECT number FROM batch WHERE state = 'cut' LIMIT 1").await;
    if let Some(number) = cut.first() {
        let body = format!(r#"{{"reason": "wrong points", "confirm": "{number}"}}"#);
        let reply = post(&format!("/api/batches/{number}/cancel"), "k2", &body).await;
        assert_eq!(reply.status, 202, "{}", reply.body);
        assert!(reply.body.contains("\"approval\":"), "{}", reply.body);
    }
    // A cookie opens no endpoint, and a token that was revoked opens none either.
    let cookie = super::client::session_of(&ledger, seen.viewer().unwrap()).await;
    assert_eq!(site.get("/api/batches", &cookie).await.status, 401);
    seen.move_user("boss", "disabled", why).await.unwrap_err();
    let endpoints = ROUTES.iter().filter(|route| matches!(route.who, Who::Token(_))).count();
    assert!(endpoints >= 11);
    ledger.close().await;
    site.close().await;
}
