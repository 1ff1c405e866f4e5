//! The main tasks of the three people, on a demo's ledger, in both languages, on a desk and on a phone.

use fantoccini::Locator;
use fantoccini::key::Key;

use super::browser::{Browser, Screen};
use super::demo::{Demo, demo};

const VIEWS: [(Screen, &str, &str); 3] =
    [(Screen::Desk, "zh-CN", "desk-zh"), (Screen::Desk, "en", "desk-en"), (Screen::Phone, "zh-CN", "phone-zh")];

/// What reaches beyond the right edge of a page that is wider than its screen; tables scroll in a box of their own.
const BEYOND: &str = "const edge = document.documentElement.clientWidth + 1;
    if (document.documentElement.scrollWidth <= edge) return [];
    return [...document.querySelectorAll('body *')]
        .filter(element => element.getBoundingClientRect().right > edge && !element.closest('.wide > *, .hex'))
        .map(element => `${element.tagName} ${element.className} ${element.textContent.trim().slice(0, 30)}`);";

/// A page is in order: nothing that axe finds, no error, nobody else asked, not wider than the screen, and a picture.
async fn looks_well(browser: &Browser, name: &str) {
    browser.is_accessible().await;
    browser.is_content().await;
    let beyond = browser.run(BEYOND).await;
    assert!(beyond.as_array().unwrap().is_empty(), "{name} is wider than the screen: {beyond}");
    browser.picture(name).await;
}

async fn title(browser: &Browser) -> String {
    browser.client.find(Locator::Css("h1")).await.unwrap().text().await.unwrap()
}

/// Every page of a role's navigation, and what lies one click below.
async fn walk(link: fn(&'static Demo) -> &'static str, role: &str, more: &[&str]) {
    let demo = demo();
    for (screen, language, view) in VIEWS {
        let browser = Browser::open(screen, language).await;
        browser.goto(link(demo)).await;
        let links = browser.run("return [...document.querySelectorAll('nav a')].map(a => a.href)").await;
        let mut pages: Vec<String> =
            links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()).collect();
        assert!(pages.len() >= 4, "{role}: {pages:?}");
        pages.extend(
            more.iter()
                .map(|path| demo.page(&format!("{path}{}as={role}", if path.contains('?') { '&' } else { '?' }))),
        );
        for (number, page) in pages.iter().enumerate() {
            browser.goto(page).await;
            let picture = format!("{role}-{view}-{number}");
            assert!(!title(&browser).await.is_empty(), "{page}");
            looks_well(&browser, &picture).await;
        }
        browser.close().await;
    }
}

#[tokio::test]
async fn the_operator_walks() {
    walk(
        |demo| &demo.operator,
        "operator",
        &[
            "/ops/batches?state=answered&kind=account",
            "/ops/plan?act=hold&stream=account/ABC",
            "/cases?all=1",
            "/bureaus/BUREAU",
        ],
    )
    .await;
}

#[tokio::test]
async fn bank_it_walks() {
    walk(|demo| &demo.bank_it, "bank-it", &["/banks/ABC?direction=in"]).await;
    let browser = Browser::open(Screen::Desk, "zh-CN").await;
    browser.goto(&demo().bank_it).await;
    browser.client.find(Locator::Css("td.mono a")).await.unwrap().click().await.unwrap();
    browser.client.wait().for_element(Locator::Css("pre.hex")).await.unwrap();
    looks_well(&browser, "bank-it-file-desk-zh").await;
    browser.close().await;
}

#[tokio::test]
async fn the_administrator_walks() {
    walk(
        |demo| &demo.administrator,
        "administrator",
        &["/admin?area=110101", "/admin?area=110101&act=extend&days=5", "/admin/lists", "/ops/batches"],
    )
    .await;
}

#[tokio::test]
async fn a_stream_is_held_and_released_by_keyboard_alone() {
    let demo = demo();
    let browser = Browser::open(Screen::Desk, "en").await;
    browser.goto(&demo.operator).await;
    browser.goto(&demo.page("/ops/plan?act=hold&stream=recycling/CCB&as=operator")).await;
    let stops = browser.walk().await;
    assert!(stops.iter().all(|stop| stop.seen), "{stops:?}");
    assert_eq!(stops[0].name, "Skip to the page");
    browser.tab_to("Reason (kept encrypted, recorded under your name)").await;
    browser.type_in("the bank moves its system").await;
    browser.tab_to("Hold").await;
    browser.press(Key::Enter).await;
    browser.client.wait().for_element(Locator::Css(".done")).await.unwrap();
    let page = browser.run("return document.body.innerText").await;
    assert!(page.as_str().unwrap().contains("the bank moves its system"), "{page}");
    browser.goto(&demo.page("/ops/plan?act=release&stream=recycling/CCB&as=operator")).await;
    browser.tab_to("Reason (kept encrypted, recorded under your name)").await;
    browser.type_in("it is back").await;
    browser.tab_to("Release").await;
    browser.press(Key::Enter).await;
    browser.client.wait().for_element(Locator::Css(".done")).await.unwrap();
    browser.is_content().await;
    browser.close().await;
}

#[tokio::test]
async fn a_card_is_found_by_its_application() {
    let demo = demo();
    let browser = Browser::open(Screen::Phone, "en").await;
    browser.goto(&demo.administrator).await;
    browser.goto(&demo.page("/cards?as=administrator")).await;
    browser.tab_to("Card number or application id").await;
    browser.type_in("110101-20260105-000000000").await;
    browser.press(Key::Enter).await;
    browser.client.wait().for_element(Locator::Css("ol.way")).await.unwrap();
    assert!(title(&browser).await.starts_with("This card: "));
    looks_well(&browser, "card-phone-en").await;
    browser.close().await;
}
