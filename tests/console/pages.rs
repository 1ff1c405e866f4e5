//! A console served for one person, and what the person does on its pages.

use std::sync::Arc;
use std::time::Instant;

use cardline::config::Config;
use cardline_console::{Clock, Console, Guest, Listening, listen};
use cardline_core::domain::staff::{Role, Scope};
use fantoccini::Locator;
use jiff::Timestamp;

use super::browser::{Browser, Screen};

/// One person's browser, and the console it looks at.
pub struct Pages {
    pub browser: Browser,
    address: String,
    role: Role,
    _listening: Listening,
}

impl Pages {
    /// A console of a ledger whose time begins at an instant, for a guest of that role and scope.
    pub async fn open(config: Config, now: Timestamp, role: Role, scope: Scope) -> Pages {
        let clock = Clock::Demo { ended: now, at: Instant::now() };
        let guests = vec![Guest { role, scope }];
        let console = Arc::new(Console::new(config, clock, guests));
        let listening = listen("127.0.0.1:0", console.clone()).await.unwrap();
        let address = format!("http://{}", listening.address);
        let browser = Browser::open(Screen::Desk, "en").await;
        let (_, link) = console.links().await.remove(0);
        browser.goto(&format!("{address}/first/{link}")).await;
        Pages { browser, address, role, _listening: listening }
    }

    pub async fn goto(&self, path: &str) {
        let with = if path.contains('?') { '&' } else { '?' };
        let (path, mark) = path.split_once('#').unwrap_or((path, ""));
        self.browser.goto(&format!("{}{path}{with}as={}#{mark}", self.address, self.role.code())).await;
    }

    /// Fills a field of a form in, or chooses a file.
    pub async fn fill(&self, form: &str, field: &str, text: &str) {
        let found = self.browser.client.find(Locator::Css(&format!("{form} [name={field}]"))).await;
        let Ok(found) = found else { panic!("no {field} in {form}: {}", self.text().await) };
        found.send_keys(text).await.unwrap();
    }

    /// Sends a form, and waits for the page that says what was done.
    pub async fn send(&self, form: &str, then: &str) {
        self.browser.client.find(Locator::Css(&format!("{form} button"))).await.unwrap().click().await.unwrap();
        let shown = self.browser.client.wait().for_element(Locator::Css(then)).await;
        assert!(shown.is_ok(), "{form} shows no {then}: {}", self.text().await);
        self.browser.is_content().await;
    }

    /// Sends a form that is refused, and waits for the page that says why.
    pub async fn leave(&self, form: &str) {
        self.browser.client.find(Locator::Css(&format!("{form} button"))).await.unwrap().click().await.unwrap();
        let gone = format!("return document.querySelector(\"{form}\") === null");
        while self.browser.run(&gone).await != true {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let told = self.browser.complaints().await;
        assert!(told.errors.iter().all(|error| error.contains("409")), "{told:?}");
    }

    pub async fn text(&self) -> String {
        self.browser.run("return document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// Asks for a preview with the form of that name, gives the reason, and does it.
    pub async fn act(&self, form: &str, picture: &str) {
        self.send(form, "form.act").await;
        self.browser.is_accessible().await;
        self.browser.picture(picture).await;
        self.fill("form.act", "reason", "the week").await;
        self.send("form.act", ".done").await;
    }
}
