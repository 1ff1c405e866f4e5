//! What people do from the pages: the same as by a command, once, and told when somebody else was first.

use cardline::actions::batches::plan::plan;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_world::play::day;

use super::client::{Site, session_of};
use crate::conformance::arrivals::{number, texts};
use crate::conformance::people::users::add;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

/// How many cards wait for their account and not in the urgent lane.
const WAITING: &str = "SELECT count(*) FROM account_waiting WHERE lane = 'normal'";

on_both_engines!(what_is_done_from_pages_is_done_once, a_cut_is_asked_of_a_worker_and_followed);

async fn what_is_done_from_pages_is_done_once(database: Database) {
    let play = Play::played(database, 3, 160, 9).await;
    let database = play.into_database().await;
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let seen = ledger.seen_by(boss.clone());
    let lin = add(&seen, "lin", Role::Operator, "", "").await;
    let wang = add(&seen, "wang", Role::Operator, "", "").await;
    let narrow = add(&seen, "narrow", Role::Operator, "ABC", "1101").await;
    let auditor = add(&seen, "auditor-1", Role::Auditor, "", "").await;
    let mut cookies = Vec::new();
    for user in [&lin, &wang, &boss, &narrow, &auditor] {
        cookies.push(session_of(&ledger, user).await);
    }
    let [lin, wang, boss, narrow, auditor] = &cookies[..] else { unreachable!() };
    let site = Site::open(&database).await;

    // A stream is put on hold with its reason, and the second one is told that it is so already.
    let sheet = site.get("/ops/plan?act=hold&stream=account/ABC", lin).await;
    assert!(sheet.body.contains("a preview; nothing is changed yet"), "{}", sheet.body);
    let hold = [("act", "hold"), ("stream", "account/ABC"), ("reason", "the bank moves <its> system")];
    let plan = "/ops/plan?act=hold&stream=account/ABC";
    assert_eq!(site.act(plan, "/ops/plan", lin, &hold).await.header("location"), "/ops/plan?done=done");
    assert_eq!(site.act(plan, "/ops/plan", wang, &hold).await.header("location"), "/ops/plan?done=before");
    let page = site.get("/ops/plan", wang).await;
    assert!(page.body.contains("the bank moves &#60;its&#62; system"), "{}", page.body);
    // Who sees part of it may not, who only reads has no button and no act, and no reason is no act.
    assert_eq!(site.act(plan, "/ops/plan", narrow, &hold).await.status, 409);
    let release = [("act", "release"), ("stream", "account/ABC"), ("reason", "back")];
    assert!(!site.get("/ops/plan", auditor).await.body.contains("act=hold"));
    assert_eq!(site.post("/ops/plan", auditor, &release).await.status, 403);
    let silent = [("act", "release"), ("stream", "account/ABC"), ("reason", " ")];
    assert_eq!(site.act(plan, "/ops/plan", lin, &silent).await.status, 422);
    assert_eq!(site.act(plan, "/ops/plan", lin, &release).await.header("location"), "/ops/plan?done=done");

    // A batch that is not sent yet is cancelled by two people, and asked for by its number.
    let batch = texts(&ledger, "SELECT number FROM batch WHERE state = 'cut' ORDER BY id LIMIT 1").await;
    if let Some(batch) = batch.first() {
        let path = format!("/ops/batches/{batch}");
        let sheet = format!("{path}?act=cancel");
        let cancel = |confirm: &'static str| [("act", "cancel"), ("confirm", confirm), ("reason", "wrong points")];
        assert_eq!(site.act(&sheet, &path, lin, &cancel("another")).await.status, 422);
        let confirmed = [("act", "cancel"), ("confirm", batch.as_str()), ("reason", "wrong points")];
        let asked = site.act(&sheet, &path, lin, &confirmed).await;
        assert_eq!(asked.header("location"), format!("{path}?done=asked"));
        let id = texts(&ledger, "SELECT CAST(max(id) AS TEXT) FROM approval").await.remove(0);
        let give = [("act", "give"), ("id", id.as_str())];
        // Not by whoever asked, not by who only reads; once; and not again.
        assert_eq!(site.act("/ops/plan?act=hold&stream=account", "/approvals", lin, &give).await.status, 409);
        assert_eq!(site.post("/approvals", auditor, &give).await.status, 403);
        assert_eq!(site.act("/approvals", "/approvals", wang, &give).await.header("location"), "/approvals?done=out");
        assert_eq!(site.act("/ops/plan?act=hold&stream=account", "/approvals", boss, &give).await.status, 409);
        // The very form that gave it, sent again, gives nothing; nor does it refuse what was carried out.
        for act in ["give", "refuse"] {
            let again = [("act", act), ("id", id.as_str())];
            assert_eq!(site.act("/ops/plan?act=hold&stream=account", "/approvals", wang, &again).await.status, 409);
        }
        assert_eq!(texts(&ledger, "SELECT state FROM approval").await, ["used"]);
        assert_eq!(number(&ledger, "SELECT count(*) FROM batch WHERE state = 'cancelled'").await, 1);
        let late = site.act("/ops/plan?act=hold&stream=account", &path, wang, &confirmed).await;
        assert!(late.status == 409 || late.header("location").ends_with("before"), "{}", late.status);
        assert_eq!(number(&ledger, "SELECT count(*) FROM batch_act WHERE what = 'cancel'").await, 1, "used once");
        // The second one sees who was first, and why.
        let page = site.get(&path, wang).await;
        assert!(page.body.contains("lin") && page.body.contains("wrong points"), "{}", page.body);
    }

    // A case is decided with a preview and a reason; the second person to decide is told who was first.
    let case = texts(
        &ledger,
        "SELECT CAST(c.id AS TEXT) FROM desk_case c WHERE c.state = 'open' AND c.application IS NULL AND c.file IS NULL ORDER BY c.id LIMIT 1",
    )
    .await;
    if let Some(case) = case.first() {
        let path = format!("/cases/{case}");
        let sheet = format!("{path}?word=noted");
        assert!(site.get(&sheet, lin).await.body.contains("a preview; nothing is changed yet"));
        let noted = [("word", "noted"), ("reason", "seen to by telephone")];
        assert_eq!(site.act(&sheet, &path, lin, &noted).await.header("location"), format!("{path}?done=done"));
        let second = site.act("/ops/plan?act=hold&stream=account", &path, wang, &noted).await;
        assert!(second.status == 409 && second.body.contains("lin decided it"), "{}", second.body);
    }

    // Messages of one reason are taken in again, exactly those that were previewed.
    let code = texts(&ledger, "SELECT rule FROM finding WHERE severity = 'error' ORDER BY rule LIMIT 1").await;
    if let Some(code) = code.first() {
        let sheet = site.get(&format!("/ops/quarantine?act=retry&code={code}"), lin).await;
        if sheet.status == 200 && sheet.body.contains("name=\"confirm\"") {
            let (_, after) = sheet.body.split_once("name=\"confirm\" value=\"").unwrap();
            let operation = after.split_once('"').unwrap().0;
            let retry = [("act", "retry"), ("code", code.as_str()), ("confirm", operation), ("reason", "looked at")];
            let token = sheet.form_token();
            for _ in 0..2 {
                let done =
                    site.post("/ops/quarantine", lin, &[&[("token", token.as_str())], &retry[..]].concat()).await;
                assert_eq!(
                    (done.status, done.header("location")),
                    (303, "/ops/quarantine?done=retry"),
                    "{}",
                    done.body
                );
            }
        }
    }
    ledger.close().await;
    site.close().await;
}

async fn a_cut_is_asked_of_a_worker_and_followed(database: Database) {
    let mut play = Play::new(database, 3, 160, 20).await;
    let mut streams = Vec::new();
    for n in 0..20 {
        play.day(n).await;
        let plan = plan(&play.worker, instant(day(n), 20, 0)).await.unwrap();
        streams = plan.streams.into_iter().filter(|planned| planned.cards > 0).map(|planned| planned.stream).collect();
        if !streams.is_empty() && number(&play.worker.ledger, WAITING).await > 1 {
            break;
        }
    }
    let database = play.into_database().await;
    let Some(stream) = streams.first() else { panic!("nothing waits in the play") };
    let ledger = database.ledger().await;
    let boss = add(&ledger, "boss", Role::Administrator, "", "").await;
    let lin = add(&ledger.seen_by(boss), "lin", Role::Operator, "", "").await;
    let lin = session_of(&ledger, &lin).await;
    let site = Site::open(&database).await;

    // A card that waits for its account goes into the urgent lane from its own page.
    let sql = "SELECT application_id FROM account_waiting WHERE lane = 'normal' ORDER BY application LIMIT 1";
    let card = texts(&ledger, sql).await.remove(0);
    let link = format!("/ops/plan?act=urgent&#38;application={card}#sheet");
    let way = format!("/cards/{card}");
    assert!(site.get(&way, &lin).await.body.contains(&link), "{}", site.get(&way, &lin).await.body);
    let sheet = format!("/ops/plan?act=urgent&application={card}");
    let page = site.get(&sheet, &lin).await;
    assert!(
        page.body.contains("1 card goes from") && page.body.contains("a preview; nothing is changed yet"),
        "{}",
        page.body
    );
    let sheet_again = format!("/ops/plan?act=hold&stream={stream}");
    let urgent = [("act", "urgent"), ("application", card.as_str()), ("reason", "in hospital")];
    assert_eq!(site.act(&sheet, "/ops/plan", &lin, &urgent).await.header("location"), "/ops/plan?done=done");
    assert_eq!(site.act(&sheet_again, "/ops/plan", &lin, &urgent).await.header("location"), "/ops/plan?done=before");
    assert!(!site.get(&way, &lin).await.body.contains("act=urgent"));
    let nobody = [("act", "urgent"), ("application", "none"), ("reason", "x")];
    assert_eq!(site.act(&sheet_again, "/ops/plan", &lin, &nobody).await.status, 409);

    let plan = format!("/ops/plan?act=cut&stream={stream}");
    let sheet = site.get(&plan, &lin).await;
    let hidden = |name: &str| {
        let (_, after) = sheet.body.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
        after.split_once('"').unwrap().0.to_owned()
    };
    let (_, after) = sheet.body.split_once("<span class=\"mono\">").expect("the number to be typed");
    let number = after.split_once('<').unwrap().0.to_owned();
    let (token, key) = (hidden("token"), hidden("key"));
    let form = |number: &str| {
        let fields = [("token", &*token), ("key", &*key), ("act", "cut"), ("stream", stream), ("reason", "holiday")];
        [&fields[..], &[("confirm", number)]]
            .concat()
            .into_iter()
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect::<Vec<_>>()
    };
    // A second click is the same request.
    for _ in 0..2 {
        let fields = form(&number);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = site.post("/ops/plan", &lin, &fields).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/work?done=asked"), "{}", reply.body);
    }
    assert_eq!(errands(&ledger).await, 1);
    let page = site.get("/work", &lin).await;
    assert!(page.body.contains("No worker runs now") && page.body.contains("waits for a worker"), "{}", page.body);
    // Whoever follows hears how it stands, in one event, without asking again.
    let head = format!("GET /work/events HTTP/1.1\r\nHost: x\r\nCookie: {lin}\r\nAccept-Language: en\r\n\r\n");
    let heard = site.first(head.as_bytes(), "waits for a worker").await;
    assert!(heard.contains("text/event-stream") && heard.contains("data: <section>"), "{heard}");
    ledger.close().await;
    site.close().await;
}

async fn errands(ledger: &cardline::store::Ledger) -> i64 {
    number(ledger, "SELECT count(*) FROM errand").await
}
