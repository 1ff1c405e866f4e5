//! A console that listens, and somebody who asks it.

use std::sync::Arc;
use std::time::Duration;

use cardline::config::Config;
use cardline::people::sessions::{self, Token};
use cardline::store::{Ledger, Principal};
use cardline_console::{Clock, Console, Guest, Listening, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::databases::Database;

/// A console on a database.
pub struct Site {
    pub console: Arc<Console>,
    pub listening: Listening,
}

/// What was answered.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The hidden field of a page's forms.
    pub fn form_token(&self) -> String {
        let (_, after) = self.body.split_once("name=\"token\" value=\"").expect("a form with a token");
        after.split_once('"').unwrap().0.to_owned()
    }
}

impl Site {
    /// A console of users' sessions.
    pub async fn open(database: &Database) -> Site {
        Site::with(database, Clock::Database, Vec::new()).await
    }

    pub async fn with(database: &Database, clock: Clock, guests: Vec<Guest>) -> Site {
        let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
        let console = Arc::new(Console::new(config, clock, guests));
        let listening = listen("127.0.0.1:0", console.clone()).await.unwrap();
        Site { console, listening }
    }

    pub async fn close(self) {
        self.listening.stop();
        self.console.close().await;
    }

    /// Sends bytes and reads what comes back until the connection ends.
    pub async fn raw(&self, said: &[u8]) -> String {
        let mut connection = TcpStream::connect(self.listening.address).await.unwrap();
        let _ = connection.write_all(said).await;
        let mut heard = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(90), connection.read_to_end(&mut heard)).await.unwrap();
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// Sends bytes and reads until a text was heard; then hangs up.
    pub async fn first(&self, said: &[u8], text: &str) -> String {
        let mut connection = TcpStream::connect(self.listening.address).await.unwrap();
        connection.write_all(said).await.unwrap();
        let (mut heard, mut piece) = (String::new(), [0; 4096]);
        while !heard.contains(text) {
            let read = tokio::time::timeout(Duration::from_secs(20), connection.read(&mut piece)).await;
            let read = read.unwrap_or_else(|_| panic!("never: {text} in {heard}")).unwrap();
            assert!(read > 0, "it ended: {heard}");
            heard.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        heard
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut said = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.listening.address);
        for (name, value) in headers {
            said.push_str(&format!("{name}: {value}\r\n"));
        }
        if method == "POST" {
            said.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        said.push_str("\r\n");
        said.push_str(body);
        let heard = self.raw(said.as_bytes()).await;
        let (head, body) = heard.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: {heard:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()));
        Reply { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
    }

    /// A page, as somebody with this cookie gets it.
    pub async fn get(&self, path: &str, cookie: &str) -> Reply {
        self.ask("GET", path, &[("Cookie", cookie), ("Accept-Language", "en")], "").await
    }

    /// A form of ours, sent by somebody with this cookie.
    pub async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [
            ("Cookie", cookie),
            ("Accept-Language", "en"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.ask("POST", path, &headers, &form).await
    }

    /// A form of ours with a file.
    pub async fn upload(&self, path: &str, cookie: &str, fields: &[(&str, &str)], file: &str) -> Reply {
        let mut form = String::new();
        for (name, value) in fields {
            form.push_str(&format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        let named = "Content-Disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\nContent-Type: text/csv";
        form.push_str(&format!("--part\r\n{named}\r\n\r\n{file}\r\n--part--\r\n"));
        let headers = [
            ("Cookie", cookie),
            ("Accept-Language", "en"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "multipart/form-data; boundary=part"),
        ];
        self.ask("POST", path, &headers, &form).await
    }

    /// A form that a page of ours carries the token for.
    pub async fn act(&self, page: &str, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.get(page, cookie).await.form_token();
        self.post(path, cookie, &[&[("token", token.as_str())], fields].concat()).await
    }
}

/// The cookie of a session of a user.
pub async fn session_of(ledger: &Ledger, user: &Principal) -> String {
    let token = Token::random();
    sessions::begin(ledger, user, &token, ledger.clock().await.unwrap()).await.unwrap();
    format!("cardline={}", token.text())
}
