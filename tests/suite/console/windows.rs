//! Pickup windows moved from the pages of an area and of a point, and by a program: previewed, once, within the scope.

use cardline::people::tokens;
use cardline::store::Stamp;
use cardline::time::local_date;
use cardline_core::domain::staff::Role;
use serde_json::json;

use super::client::{Site, session_of};
use crate::conformance::arrivals::{number, texts};
use crate::conformance::batching::batches::played;
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};

on_both_engines!(windows_are_moved_from_pages_as_shown);

/// The value of a hidden field of a form.
fn hidden(page: &str, name: &str) -> String {
    let (_, after) =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    after.split_once('"').unwrap().0.to_owned()
}

async fn windows_are_moved_from_pages_as_shown(database: Database) {
    let database = played(database).await.into_database().await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let seen = ledger.seen_by(boss.clone());
    let far = add(&seen, "far", Role::Administrator, "", "99").await;
    let auditor = add(&seen, "auditor-1", Role::Auditor, "", "").await;
    let operator = add(&seen, "lin", Role::Operator, "", "").await;
    let mut cookies = Vec::new();
    for user in [&boss, &far, &auditor, &operator] {
        cookies.push(session_of(&ledger, user).await);
    }
    let [boss, far, auditor, operator] = &cookies[..] else { unreachable!() };
    let site = Site::open(&database).await;
    let point = "SELECT s.point FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL GROUP BY s.point ORDER BY count(*) DESC, s.point";
    let point = texts(&ledger, point).await.remove(0);
    let path = format!("/admin/points/{point}");

    let sheet = format!("{path}?act=extend&days=5");
    let shown = site.get(&sheet, boss).await;
    assert!(
        shown.body.contains("a preview; nothing is changed yet") && shown.body.contains("1 points"),
        "{}",
        shown.body
    );
    let operation = hidden(&shown.body, "confirm");
    let extend = |confirm| {
        [
            ("act", "extend"),
            ("place", &point),
            ("days", "5"),
            ("until", ""),
            ("confirm", confirm),
            ("reason", "road <closed>"),
        ]
    };
    assert_eq!(site.act(&sheet, &path, boss, &extend("0123")).await.status, 409);
    assert_eq!(site.act(&sheet, &path, boss, &extend("")).await.status, 422);
    assert_eq!(
        site.act(&sheet, &path, boss, &extend(&operation)).await.header("location"),
        format!("{path}?done=done")
    );
    assert_eq!(
        site.act(&sheet, &path, boss, &extend(&operation)).await.header("location"),
        format!("{path}?done=before")
    );
    assert_eq!(number(&ledger, "SELECT count(*) FROM pickup_act").await, 1);
    let page = site.get(&path, boss).await.body;
    assert!(page.contains("road &#60;closed&#62;") && page.contains("extend windows"), "{page}");
    assert!(page.contains("Opening hours") && page.contains("unknown"), "{page}");
    assert!(site.get("/admin/forecast", boss).await.body.contains("Capacity"));

    // Who only reads has no form and no act; an operator has no such page; an area elsewhere does not exist.
    assert!(!site.get(&path, auditor).await.body.contains("act\" value=\"extend"));
    assert_eq!(site.post(&path, auditor, &extend(&operation)).await.status, 403);
    assert_eq!(site.get(&path, operator).await.status, 403);
    assert_eq!(site.get(&sheet, far).await.status, 404);

    // An area by a notice; what cannot be is said on the page.
    let area = &point[..2];
    let open = format!("/admin?area={area}&act=open&until=2099-07-31");
    assert!(site.get(&open, boss).await.body.contains("more than a year ahead"));
    assert!(
        site.get(&format!("/admin?area={area}&act=open&until=soon"), boss).await.body.contains("Name the last day")
    );
    assert!(
        site.get(&format!("/admin?area={area}&act=extend&days=0"), boss).await.body.contains("1 to 250 working days")
    );

    // A program confirms what was previewed, in the name of its token's user; the same again does nothing.
    add(&seen, "wang", Role::Administrator, "", "").await;
    let why = Stamp { at: ledger.clock().await.unwrap(), actor: "boss", reason: "" };
    let Ok(made) = tokens::make(&seen, "wang", 1, why).await.unwrap() else { panic!("no token") };
    let bearer = format!("Bearer {}", made.token.text());
    let again = site.get(&sheet, boss).await;
    let operation = hidden(&again.body, "confirm");
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "k0"), ("Content-Type", "application/json")];
    let shown = site
        .ask("POST", "/api/pickup/extend", &headers, &json!({ "place": point, "days": "5", "reason": "r" }).to_string())
        .await;
    assert!(shown.json()["operation"] == operation.as_str() && shown.json()["dry_run"] == true, "{}", shown.body);
    let body = json!({ "place": point, "days": "5", "confirm": operation, "reason": "road closed" }).to_string();
    for expected in [json!({ "done": true }), json!({ "before": true, "done": true })] {
        let headers =
            [("Authorization", bearer.as_str()), ("Idempotency-Key", "k1"), ("Content-Type", "application/json")];
        assert_eq!(site.ask("POST", "/api/pickup/extend", &headers, &body).await.json(), expected);
    }
    // A list for a day without network: made, previewed, recorded, and recorded again.
    let lists = format!("/admin/lists?point={point}");
    let make = [("act", "list"), ("kind", "csv"), ("point", point.as_str()), ("reason", "no network")];
    let made = site.act(&lists, "/admin/lists", boss, &make).await;
    assert!(made.status == 200 && made.header("content-disposition").contains(".csv"), "{}", made.body);
    assert_eq!(site.act(&lists, "/admin/lists", far, &make).await.status, 404);
    assert_eq!(site.get(&lists, operator).await.status, 403);
    let filled = made.body.replacen(",,,,", ",2026-06-01,holder,id_front,", 1);
    for (preview, said) in
        [("1", "1 lines would be recorded"), ("", "1 lines are recorded"), ("", "0 lines are recorded")]
    {
        let token = site.get(&lists, boss).await.form_token();
        let fields = [("token", token.as_str()), ("act", "record"), ("reason", "back"), ("preview", preview)];
        let reply = site.upload("/admin/lists", boss, &fields, &filled).await;
        assert!(reply.status == 200 && reply.body.contains(said), "{said}: {}", reply.body);
    }
    // As a workbook, and as a sheet to print with codes and receipts: each is a list of its own, and recorded.
    let mut make =
        [("act", "list"), ("kind", ""), ("point", point.as_str()), ("reason", "no network"), ("receipts", "1")];
    let made = site.act(&lists, "/admin/lists", boss, &make).await;
    assert!(made.body.starts_with("PK") && made.header("content-disposition").contains(".xlsx"), "{}", made.body);
    make[1].1 = "sheet";
    let sheet = site.act(&lists, "/admin/lists", boss, &make).await.body;
    let cards = sheet.matches("<svg class=\"qr\"").count();
    assert!(
        cards > 2 && cards == 2 * sheet.matches("<td class=\"r\">").count() && sheet.contains("**</td>"),
        "{sheet}"
    );
    assert!(site.get("/assets/sheet.css", "").await.body.contains("break-inside: avoid"));
    assert_eq!(number(&ledger, "SELECT count(*) FROM pickup_act WHERE what = 'list'").await, 3);
    // What came back is told by its content, whatever it is called.
    let token = site.get(&lists, boss).await.form_token();
    let fields = [("token", token.as_str()), ("act", "record"), ("reason", ""), ("preview", "1")];
    let odd = site.upload("/admin/lists", boss, &fields, "PK\u{3}\u{4} no workbook").await;
    assert!(odd.status == 422 && odd.body.contains("no workbook of Excel"), "{} {}", odd.status, odd.body);
    // What takes from people what they were told waits for a second person: windows that close, a point handed on.
    let wang = &session_of(&ledger, &ledger.enabled_user("wang").await.unwrap().unwrap()).await;
    let tomorrow = local_date(jiff::Timestamp::now()).tomorrow().unwrap().to_string();
    let of_points = "SELECT a.point || ' ' || min(n.point) FROM card c JOIN application a ON a.id = c.id
         JOIN application n ON n.region = a.region AND n.method = a.method AND n.point <> a.point
         WHERE a.method IN ('village', 'community', 'service_centre') AND c.place IN ('on_shelf', 'in_production', 'waiting_production')
         GROUP BY a.point ORDER BY count(*) DESC, a.point";
    let pair = texts(&ledger, of_points).await.remove(0);
    let (from, to) = pair.split_once(' ').unwrap();
    for (place, query, last, to) in [
        (point.as_str(), format!("act=close&last={tomorrow}"), tomorrow.as_str(), ""),
        (from, format!("act=reassign&to={to}"), "", to),
    ] {
        let path = format!("/admin/points/{place}");
        let sheet = format!("{path}?{query}");
        let shown = site.get(&sheet, boss).await.body;
        assert!(shown.contains("another person must approve it"), "{shown}");
        let (act, confirm) = (query[4..].split_once('&').unwrap().0, hidden(&shown, "confirm"));
        let form =
            [("act", act), ("place", place), ("last", last), ("to", to), ("confirm", &confirm), ("reason", "closes")];
        assert_eq!(site.act(&sheet, &path, boss, &form).await.header("location"), format!("{path}?done=asked"));
        let approval = number(&ledger, "SELECT max(id) FROM approval").await.to_string();
        // Who gives it sees what it does: the place, the days or the other point, and how much it touches.
        let seen = site.get("/approvals", wang).await.body;
        let does = if to.is_empty() { format!(" {last}; 1 points") } else { format!("all goes on to {to}") };
        assert!(seen.contains(&format!("<td>{place} ")) && seen.contains(&does) && !seen.contains(&confirm), "{seen}");
        let give = [("act", "give"), ("id", approval.as_str())];
        let page = "/ops/plan?act=hold&stream=account";
        assert_eq!(site.act(page, "/approvals", wang, &give).await.header("location"), "/approvals?done=out");
        let then = if to.is_empty() { path.clone() } else { format!("/admin/points/{to}") };
        assert_eq!(site.act(&sheet, &path, boss, &form).await.header("location"), format!("{then}?done=before"));
    }
    let nothing = site.get(&format!("/admin/points/{from}?act=reassign&to={to}"), boss).await.body;
    assert!(nothing.contains("No card is at this point, or comes there"), "{nothing}");
    ledger.close().await;
    site.close().await;
}
