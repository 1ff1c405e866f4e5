//! A browser of a test's own: a window of a size and language, what it complained of, and whom it asked.

mod accessible;
mod driver;
mod keyboard;
mod log;

use std::path::Path;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use driver::Driver;

/// Pictures that README.md shows.
const SHOWN: [&str; 3] = ["operator-desk-zh-0", "bank-it-desk-zh-0", "administrator-desk-en-0"];

/// What somebody looks at.
#[derive(Clone, Copy)]
pub enum Screen {
    Desk,
    Phone,
}

impl Screen {
    fn size(self) -> (u32, u32) {
        match self {
            Screen::Desk => (1366, 768),
            Screen::Phone => (390, 844),
        }
    }
}

/// A session of Chromium. It ends with [`Browser::close`], or with its driver when a test fails.
pub struct Browser {
    pub client: Client,
    driver: Driver,
}

impl Browser {
    /// Opens a window whose user reads a language, such as `zh-CN`.
    pub async fn open(screen: Screen, language: &str) -> Browser {
        let driver = Driver::start();
        let (width, height) = screen.size();
        // No name outside this machine is resolved: a page that asks for one is found out, and asks nobody.
        let arguments = json!([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            format!("--user-data-dir={}", driver.profile().display()),
            format!("--lang={language}"),
        ]);
        let mut chromium = json!({ "args": arguments, "prefs": { "intl.accept_languages": language } });
        if let Screen::Phone = screen {
            // No window is as narrow as a phone.
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 2.0, "touch": true });
            chromium["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let Value::Object(capabilities) = json!({
            "browserName": "chrome",
            "goog:chromeOptions": chromium,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        }) else {
            unreachable!("an object is written above")
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&driver.url()).await.expect("Chromium opens a window");
        let browser = Browser { client, driver };
        if let Screen::Desk = screen {
            browser.show(width, height).await;
        }
        browser
    }

    /// Makes the window so large that the page in it has this size.
    async fn show(&self, width: u32, height: u32) {
        let around = self.run("return [outerWidth - innerWidth, outerHeight - innerHeight]").await;
        let more = |at: usize| around[at].as_u64().unwrap() as u32;
        self.client.set_window_size(width + more(0), height + more(1)).await.unwrap();
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// What a script returns.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Keeps a picture of the page in `target/screenshots`, for people; those that README.md shows also beside it, when
    /// they are asked for.
    pub async fn picture(&self, name: &str) {
        let house = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = house.join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        if SHOWN.contains(&name) && std::env::var("CARDLINE_PICTURES").as_deref() == Ok("write") {
            std::fs::write(house.join("ops/pictures").join(format!("{name}.png")), &picture).unwrap();
        }
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    pub async fn close(self) {
        self.client.close().await.unwrap();
        drop(self.driver);
    }
}
