//! A demo that serves: the program as a newcomer starts it, and its three links.

use std::io::{BufRead, BufReader};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

/// A demo's console, served as long as the test binary lives.
pub struct Demo {
    pub address: String,
    pub operator: String,
    pub bank_it: String,
    pub administrator: String,
    _held: ChildStdin,
    _folder: tempfile::TempDir,
}

static DEMO: OnceLock<Demo> = OnceLock::new();

/// One demo for all walks; none of them changes what another one looks at.
pub fn demo() -> &'static Demo {
    DEMO.get_or_init(Demo::start)
}

impl Demo {
    fn start() -> Demo {
        let folder = tempfile::tempdir().unwrap();
        // A static is never dropped: the shell ends the demo when this process is gone and its pipe with it.
        let mut command = Command::new("sh");
        command.args(["-c", "\"$@\" & served=$!; cat > /dev/null; kill $served", "sh", env!("CARGO_BIN_EXE_cardline")]);
        command.args(["demo", "--cards", "400", "--days", "36", "--dir"]).arg(folder.path().join("demo"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARDLINE_")) {
            command.env_remove(name);
        }
        command.env("CARDLINE_CONSOLE", "127.0.0.1:0");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut link = |role: &str| {
            let found = lines.find_map(|line| line.unwrap().strip_prefix(&format!("{role} http")).map(str::to_owned));
            format!("http{}", found.unwrap_or_else(|| panic!("the demo prints no link of {role}")))
        };
        let address = link("console").trim_end_matches('/').to_owned();
        let (operator, bank_it, administrator) = (link("operator"), link("bank-it"), link("administrator"));
        // Nobody reads on, and the program must not wait for it.
        let held = process.stdin.take().unwrap();
        std::thread::spawn(move || {
            lines.last();
            process.wait()
        });
        Demo { address, operator, bank_it, administrator, _held: held, _folder: folder }
    }

    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}
