//! The bench itself: it passes a page that is in order, and finds each fault planted in one that is not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use fantoccini::key::Key;

use super::browser::{Browser, Screen};

const GOOD: &str = r#"<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>制卡</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head><body><main><h1>制卡批次</h1>
<form action="/asked"><label>区划 <input name="area"></label> <button>查询</button></form><a href="/good">全部批次</a>
</main></body></html>"#;

const BAD: &str = r#"<!doctype html><html><head><meta charset="utf-8"><title>x</title><link rel="icon" href="data:,"></head>
<body><img src="http://fonts.example/a.png"><input style="outline: none"><script>undefined_function()</script></body></html>"#;

/// Serves both pages as long as the test binary lives; says where.
fn served() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let Some(asked) = lines.next() else { return };
                while lines.next().is_some_and(|line| !line.is_empty()) {}
                let (page, policy) =
                    if asked.starts_with("GET /bad") { (BAD, "") } else { (GOOD, "default-src 'none'; img-src data:") };
                let length = page.len();
                let _ = write!(
                    &stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Security-Policy: {policy}\r\n\
                     Content-Length: {length}\r\nConnection: close\r\n\r\n{page}"
                );
            });
        }
    });
    address
}

#[tokio::test]
async fn a_page_in_order_passes() {
    let address = served();
    for (screen, size, picture) in
        [(Screen::Desk, [1366, 768], "bench-desk"), (Screen::Phone, [390, 844], "bench-phone")]
    {
        let browser = Browser::open(screen, "zh-CN").await;
        browser.goto(&format!("{address}/good")).await;
        browser.is_accessible().await;
        assert_eq!(browser.run("return [innerWidth, innerHeight]").await, serde_json::json!(size));
        assert_eq!(browser.run("return navigator.language").await, "zh-CN");
        let stops = browser.walk().await;
        assert!(stops.iter().all(|stop| stop.seen), "{stops:?}");
        assert_eq!(stops.iter().map(|stop| stop.name.as_str()).collect::<Vec<_>>(), ["区划", "查询", "全部批次"]);
        browser.picture(picture).await;
        browser.tab_to("区划").await;
        browser.type_in("1101").await;
        browser.press(Key::Enter).await;
        browser.client.wait().for_url(&format!("{address}/asked?area=1101").parse().unwrap()).await.unwrap();
        browser.is_content().await;
        browser.close().await;
    }
}

#[tokio::test]
async fn every_planted_fault_is_found() {
    let address = served();
    let browser = Browser::open(Screen::Desk, "en").await;
    browser.goto(&format!("{address}/bad")).await;
    let violations = browser.violations().await;
    for rule in ["html-has-lang: ", "image-alt: ", "label: "] {
        assert!(violations.iter().any(|line| line.starts_with(rule)), "{rule}{violations:#?}");
    }
    let stops = browser.walk().await;
    assert!(stops.len() == 1 && !stops[0].seen, "{stops:?}");
    let complaints = browser.complaints().await;
    assert!(complaints.errors.iter().any(|line| line.contains("undefined_function")), "{complaints:?}");
    assert_eq!(complaints.foreign, ["http://fonts.example/a.png"]);
    browser.is_content().await;
    browser.close().await;
}
