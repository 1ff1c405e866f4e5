//! A new bank's first day without us, in a browser: keys are exchanged, the connection is tested, the first file goes, the
//! answer is wrong and is told so, a good one follows, a lost file is sent again, our key changes. The bank has a real
//! SSH server and gpg, and nothing of ours.

use std::path::PathBuf;
use std::sync::Arc;

use cardline::config::Config;
use cardline::exchange::Partners;
use cardline::exchange::files::FileRecord;
use cardline::kafka::MockBroker;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::staff::{Role, Scope};
use cardline_core::file_formats::Profile;
use cardline_envelopes::Envelope;
use cardline_world::play::{FIRST_DAY, day};
use cardline_world::setting::Setting;
use cardline_world::{World, play_day, worker_with_broker};
use jiff::Timestamp;

use super::gateway::Gateway;
use super::pages::Pages;
use super::server::{Server, names, profiles};

const BANK: &str = "ICBC";
const ENVELOPE: &str = "\n[envelope]\nout = \"openpgp\"\nin = \"openpgp\"\n";
const DAYS_MAX: u32 = 12;

/// Our house, the bank's server, and the bank.
struct FirstDay {
    worker: Worker,
    world: World,
    server: Server,
    bank: Gateway,
    folder: tempfile::TempDir,
    /// The bank's own system.
    inside: tempfile::TempDir,
    /// The day that comes next.
    n: u32,
    _broker: MockBroker,
}

impl FirstDay {
    async fn dawns() -> FirstDay {
        let (folder, inside, server) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Server::of_tests());
        let here = folder.path().to_owned();
        let mut config = Config::in_folder(&here, None);
        config.partners.value = Some(profiles(&here, &[(BANK, server.transport(BANK) + ENVELOPE)]));
        std::fs::create_dir_all(here.join("partners")).unwrap();
        for code in ["ABC", "BUREAU", "CCB"] {
            let there = inside.path().join("partners").join(code);
            std::fs::create_dir_all(&there).unwrap();
            std::os::unix::fs::symlink(there, here.join("partners").join(code)).unwrap();
        }
        let (worker, broker) = worker_with_broker(config, FIRST_DAY).await.unwrap();
        let mut partners = worker.on(worker.ledger.clone());
        partners.partners = Arc::new(Partners::of(None, inside.path(), FIRST_DAY).unwrap());
        partners.partners.make_folders();
        let mut world = World::new(&partners, Setting::demo(5, 300, DAYS_MAX)).unwrap();
        world.prepare(&worker).await.unwrap();
        let path = here.join("profiles").join(format!("{BANK}.toml"));
        let profile = Profile::load(&std::fs::read_to_string(&path).unwrap(), BANK).unwrap();
        let folders = (server.partner_folder(BANK), inside.path().join("partners").join(BANK));
        let bank = Gateway::new(Envelope::OpenPgp, profile, folders, instant(day(0), 0, 0));
        FirstDay { worker, world, server, bank, folder, inside, n: 0, _broker: broker }
    }

    /// The console at an hour of the day that comes next.
    async fn pages(&self, hour: i8, role: Role) -> Pages {
        let scope =
            if role == Role::BankIt { Scope { bank: BANK.into(), area: String::new() } } else { Scope::everything() };
        Pages::open(self.worker.config.clone(), self.at(hour), role, scope).await
    }

    fn at(&self, hour: i8) -> Timestamp {
        instant(day(self.n), hour, 0)
    }

    async fn day(&mut self) {
        play_day(&mut self.world, &self.worker, self.n).await.unwrap();
        self.n += 1;
    }

    async fn files(&self, direction: &str, states: &[&str]) -> Vec<FileRecord> {
        let of_bank = |file: &FileRecord| {
            file.partner == BANK && file.direction == direction && states.contains(&file.state.as_str())
        };
        self.worker.ledger.files().await.unwrap().into_iter().filter(of_bank).collect()
    }

    /// Days until there is such a file.
    async fn days_until(&mut self, direction: &str, states: &[&str]) -> FileRecord {
        while self.n < DAYS_MAX {
            self.day().await;
            if let Some(file) = self.files(direction, states).await.into_iter().next() {
                return file;
            }
        }
        panic!("no file {direction} is {states:?}: {:?}", self.files(direction, &["refused", "held"]).await.len());
    }

    fn placed(&self, name: &str) -> PathBuf {
        self.server.partner_folder(BANK).join("to").join(name)
    }
}

/// What a link of the page gives, as the browser fetches it.
async fn fetched(pages: &Pages, link: &str) -> String {
    let script = format!(
        "const request = new XMLHttpRequest(); request.open('GET', document.querySelector('{link}').href, false);
         request.send(); return request.responseText;"
    );
    pages.browser.run(&script).await.as_str().unwrap().to_owned()
}

/// The id of the newest key of ours, as the page shows it, and the key.
async fn our_key(pages: &Pages, row: usize) -> (String, String) {
    let link = format!("section:has(form[aria-label=\"Our key\"]) tbody tr:nth-child({row}) a");
    let id = format!("return document.querySelector('{link}').closest('tr').querySelector('.mono').textContent");
    let id = pages.browser.run(&id).await.as_str().unwrap().to_owned();
    (id, fetched(pages, &link).await)
}

/// The part of the path that comes next; nothing once the path is over.
async fn next(pages: &Pages) -> String {
    let script =
        "const next = document.querySelector('#first .wait'); return next ? next.closest('li').innerText : '';";
    pages.browser.run(script).await.as_str().unwrap().to_owned()
}

const PAGE: &str = "/banks/ICBC";
const OURS: &str = "form[aria-label='Our key']";
const THEIRS: &str = "form[aria-label='Enter their key']";

async fn keys_are_exchanged(first: &mut FirstDay) {
    let pages = first.pages(8, Role::Administrator).await;
    pages.goto(PAGE).await;
    assert!(next(&pages).await.contains("We have a key"), "{}", next(&pages).await);
    pages.browser.picture("first-day-begins").await;
    pages.send(OURS, ".done").await;
    let (id, public) = our_key(&pages, 1).await;
    // The page's clock runs: to the bank a key of 8:00:05 does not exist at 8:00.
    first.bank.trust(&id, &public, first.at(9));
    assert!(next(&pages).await.contains("The partner's public key"), "{}", next(&pages).await);
    let file = first.folder.path().join("bank.asc");
    std::fs::write(&file, "no key").unwrap();
    pages.fill(THEIRS, "file", file.to_str().unwrap()).await;
    pages.leave(THEIRS).await;
    assert!(pages.text().await.contains("It was not done"), "{}", pages.text().await);
    std::fs::write(&file, first.bank.public(first.at(8))).unwrap();
    pages.goto(&format!("{PAGE}?direction=")).await;
    pages.fill(THEIRS, "file", file.to_str().unwrap()).await;
    pages.send(THEIRS, ".done").await;
    assert!(pages.text().await.contains(&first.bank.key_id));
    pages.browser.is_accessible().await;
    pages.browser.close().await;
}

async fn the_connection_is_tested(first: &FirstDay) {
    let pages = first.pages(9, Role::BankIt).await;
    pages.goto(PAGE).await;
    assert!(next(&pages).await.contains("Test the connection"), "{}", next(&pages).await);
    // The bank has not made its folders yet.
    pages.send("section form[method=post]:not([enctype])", "section .state.bad").await;
    assert!(pages.text().await.contains("something was wrong"), "{}", pages.text().await);
    let there = first.server.partner_folder(BANK);
    std::fs::create_dir_all(there.join("to")).unwrap();
    std::fs::create_dir_all(there.join("from/archive")).unwrap();
    pages.goto(&format!("{PAGE}?direction=")).await;
    pages.send("section form[method=post]:not([enctype])", "section .state.good").await;
    let text = pages.text().await;
    assert!(text.contains("all well") && !text.contains("wrong"), "{text}");
    pages.browser.picture("first-day-tested").await;
    assert!(next(&pages).await.contains("The first file lies"), "{}", next(&pages).await);
    assert!(!text.contains("Enter the partner's key"), "keys are the administrator's");
    pages.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banks_first_day_is_done_without_us() {
    let mut first = FirstDay::dawns().await;
    keys_are_exchanged(&mut first).await;
    the_connection_is_tested(&first).await;

    // The first file goes, and the bank opens it with gpg.
    let sent = first.days_until("out", &["placed"]).await;
    let at = first.at(8);
    assert!(first.bank.take_in(at) > 0);
    let pages = first.pages(9, Role::BankIt).await;
    pages.goto(PAGE).await;
    assert!(next(&pages).await.contains("The first answer"), "{}", next(&pages).await);
    pages.browser.close().await;

    // The bank's system answers, and its first answer is cut off on the way.
    let from = first.inside.path().join("partners").join(BANK).join("from");
    while names(&from).iter().all(|name| name.ends_with(".ok")) {
        first.day().await;
        let at = first.at(8);
        first.bank.take_in(at);
    }
    let answer = names(&from).into_iter().find(|name| !name.ends_with(".ok")).unwrap();
    let good = std::fs::read(from.join(&answer)).unwrap();
    let at = first.at(8);
    first.bank.send(&answer, &good[..good.len() - 9], at, |_| ());
    let refused = first.days_until("in", &["refused"]).await;
    let pages = first.pages(9, Role::BankIt).await;
    pages.goto(PAGE).await;
    assert!(next(&pages).await.contains("the error report lies"), "{}", next(&pages).await);
    pages.browser.picture("first-day-refused").await;
    pages.goto(&format!("/files/{}", refused.id)).await;
    let text = pages.text().await;
    assert!(text.contains("What is wrong"), "{text}");
    let report = fetched(&pages, "section a[href*=\"/errors\"]").await;
    assert!(report.lines().count() > 1, "{report}");
    pages.browser.is_accessible().await;
    pages.browser.close().await;
    let reports: Vec<String> =
        names(&first.placed("")).into_iter().filter(|name| name.contains("error") && name.ends_with(".pgp")).collect();
    assert_eq!(reports.len(), 1, "{:?}", names(&first.placed("")));

    // A good one follows; the path is over.
    let at = first.at(8);
    first.bank.take_in(at);
    first.bank.answer(at);
    first.days_until("in", &["applied"]).await;
    let pages = first.pages(9, Role::BankIt).await;
    pages.goto(PAGE).await;
    assert_eq!(next(&pages).await, "");

    // The bank lost our first file.
    let name = format!("{}.pgp", sent.name);
    let before = std::fs::read(first.placed(&name)).unwrap();
    for lost in [name.clone(), format!("{name}.ok")] {
        std::fs::remove_file(first.placed(&lost)).unwrap();
    }
    pages.goto(&format!("/files/{}?act=again", sent.id)).await;
    assert!(pages.text().await.contains("It does not lie there"), "{}", pages.text().await);
    pages.browser.picture("first-day-again").await;
    pages.send("form.act", ".done").await;
    assert_eq!(std::fs::read(first.placed(&name)).unwrap(), before, "the same bytes");
    pages.goto(&format!("/files/{}?act=again", sent.id)).await;
    pages.send("form.act", ".done").await;
    assert!(pages.text().await.contains("nothing was changed"), "{}", pages.text().await);
    pages.browser.close().await;

    // Our key changes, and files go on.
    let pages = first.pages(9, Role::Administrator).await;
    pages.goto(PAGE).await;
    let from = first.at(9) + jiff::SignedDuration::from_mins(30);
    pages.fill(OURS, "from", &from.to_string()).await;
    pages.send(OURS, ".done").await;
    pages.browser.picture("first-day-rotated").await;
    let (id, public) = our_key(&pages, 2).await;
    pages.browser.close().await;
    let at = first.at(10);
    first.bank.answer(at);
    first.bank.trust(&id, &public, at);
    let applied = first.files("in", &["applied"]).await.len();
    while first.n < DAYS_MAX {
        first.day().await;
        let at = first.at(8);
        first.bank.take_in(at);
        first.bank.answer(at);
    }
    assert!(first.files("in", &["applied"]).await.len() > applied, "nothing came under the new key");
    let evening = instant(day(first.n - 1), 18, 0);
    let books = first.worker.ledger.books(evening, true, None).await.unwrap();
    let broken: Vec<_> = books.books.iter().filter(|law| !law.holds).map(|law| (law.law, &law.offending)).collect();
    assert!(broken.is_empty(), "{broken:?}");
    first.worker.ledger.close().await;
}
