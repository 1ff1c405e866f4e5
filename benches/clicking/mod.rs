//! People at their browsers: each asks for the pages of their role in turn, one click every few seconds.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Seconds between two clicks of one person.
const EVERY: Duration = Duration::from_secs(3);

/// Milliseconds of every answer, by role and page.
pub type Answers = BTreeMap<(&'static str, String), Vec<f64>>;

/// Somebody who may come in: a role, the cookie that proves it, and its pages.
#[derive(Clone)]
pub struct Person {
    pub role: &'static str,
    pub cookie: String,
    pub pages: Vec<String>,
}

impl Person {
    /// Comes in by a link, and keeps of the pages those that answer.
    pub fn by_link(address: &str, role: &'static str, link: &str, pages: Vec<String>) -> Person {
        let answer = get(address, &format!("/first/{link}"), "");
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let mut person = Person { role, cookie, pages: Vec::new() };
        for page in pages {
            let first = person.ask(address, &page);
            let line = first.lines().next().unwrap_or_default();
            // What a role or a scope does not show is refused or absent.
            assert!([" 200 ", " 403 ", " 404 "].iter().any(|known| line.contains(known)), "{role} {page}: {line}");
            if line.contains(" 200 ") {
                person.pages.push(page);
            }
        }
        person
    }

    /// The answer to one click, with its head.
    pub fn ask(&self, address: &str, page: &str) -> String {
        get(address, &format!("{page}?as={}", self.role), &self.cookie)
    }
}

/// So many people click while they go on; each begins at another page and another instant.
pub fn clicked(address: &str, people: &[Person], count: u32, go_on: impl Fn(Instant) -> bool + Sync) -> Answers {
    let answers = Mutex::new(Answers::new());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for n in 0..count {
            let (person, answers, go_on) = (&people[n as usize % people.len()], &answers, &go_on);
            scope.spawn(move || {
                let mut at = started + EVERY * n / count;
                for page in person.pages.iter().cycle().skip(n as usize / people.len()) {
                    std::thread::sleep(at.saturating_duration_since(Instant::now()));
                    if !go_on(at) {
                        return;
                    }
                    let clicked = Instant::now();
                    let answer = person.ask(address, page);
                    let took = clicked.elapsed().as_secs_f64() * 1e3;
                    // Who is told to come again later has waited in vain.
                    let took = if answer.starts_with("HTTP/1.1 200") { took } else { f64::INFINITY };
                    answers.lock().expect("answers").entry((person.role, page.clone())).or_default().push(took);
                    at += EVERY;
                }
            });
        }
    });
    answers.into_inner().expect("answers")
}

/// The figure below which such a part of the figures lies.
pub fn percentile(figures: &[f64], part: f64) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    let place = (figures.len() as f64 * part).ceil() as usize;
    figures.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn get(address: &str, path: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the console");
    let asked = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    String::from_utf8_lossy(&answer).into_owned()
}
