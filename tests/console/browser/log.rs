//! What the browser wrote down: errors of the page, and requests to other machines.

use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};

use super::Browser;

/// What is wrong with the pages seen since the last look.
#[derive(Debug, Default)]
pub struct Complaints {
    pub errors: Vec<String>,
    /// Addresses that are not of this machine.
    pub foreign: Vec<String>,
}

/// The driver's own command: lines of a log since the last time.
#[derive(Debug)]
struct Log(&'static str);

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": self.0 }).to_string()))
    }
}

impl Browser {
    async fn log(&self, of: &'static str) -> Vec<Value> {
        let lines = self.client.issue_cmd(Log(of)).await.unwrap();
        lines.as_array().unwrap().clone()
    }

    /// What is wrong with the pages seen since the last time.
    pub async fn complaints(&self) -> Complaints {
        let browser = self.log("browser").await;
        let errors = browser.iter().filter(|line| matches!(line["level"].as_str(), Some("SEVERE" | "WARNING")));
        let errors = errors.map(|line| line["message"].as_str().unwrap().to_owned()).collect();
        let mut foreign = Vec::new();
        for line in self.log("performance").await {
            let event: Value = serde_json::from_str(line["message"].as_str().unwrap()).unwrap();
            let asked = &event["message"]["params"];
            let address = match event["message"]["method"].as_str() {
                Some("Network.requestWillBeSent") => &asked["request"]["url"],
                Some("Network.webSocketCreated") => &asked["url"],
                _ => continue,
            };
            let address = url::Url::parse(address.as_str().unwrap()).unwrap();
            // Chromium's own pages are chrome:.
            let over_a_network = matches!(address.scheme(), "http" | "https" | "ws" | "wss");
            if over_a_network && address.host_str() != Some("127.0.0.1") {
                foreign.push(address.into());
            }
        }
        Complaints { errors, foreign }
    }

    /// # Panics
    /// When the pages seen since the last time had an error or asked another machine.
    pub async fn is_content(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.errors.is_empty() && complaints.foreign.is_empty(), "{complaints:#?}");
    }
}
